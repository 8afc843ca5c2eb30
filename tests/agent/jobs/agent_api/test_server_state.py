"""Whether this host has a network at all."""

import subprocess
import sys

from tests.lab.net import namespace

CODE = "from forepost.agent.jobs.agent_api.server_state import has_network; print(has_network())"


def told(*prefix: str) -> str:
    command = [*prefix, sys.executable, "-c", CODE]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_a_host_with_nothing_but_loopback_is_stopped() -> None:
    with namespace() as lone:
        prefix = ("ip", "netns", "exec", lone.name)
        assert told(*prefix) == "False"
        lone.run("ip", "link", "add", "lan", "type", "veth", "peer", "name", "far")
        lone.run("ip", "address", "add", "198.18.0.1/24", "dev", "lan")
        assert told(*prefix) == "True"
