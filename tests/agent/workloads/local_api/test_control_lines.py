"""Control sockets on the wire: reconnects, restarts of the agent, who is newest, who is gone."""

from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from forepost.agent.workloads.control import NEWER
from tests.fakes.local_api import LocalApiSite

UUID = "own"


def opened(site: LocalApiSite, uuid: str = UUID, **more: Any) -> ClientConnection:
    url = f"ws://127.0.0.1:{site.port}/v2/control/socket/id/{uuid}"
    line: ClientConnection = connect(url, proxy=None, **more)
    return line


def nothing_is_told(line: ClientConnection) -> None:
    line.ping().wait(20)
    with pytest.raises(TimeoutError):
        line.recv(0.3)


def acknowledged(site: LocalApiSite, line: ClientConnection) -> None:
    assert line.recv(20) == b"\x0c"
    line.send(b"\x0b")
    line.ping().wait(20)


def test_what_was_acknowledged_is_not_told_again_and_what_changed_is(site: LocalApiSite) -> None:
    with opened(site) as line:
        acknowledged(site, line)
    with opened(site) as line:
        nothing_is_told(line)
        site.configure(UUID, '{"a":2}')
        acknowledged(site, line)
    site.configure(UUID, '{"a":3}')
    with opened(site) as line:
        assert line.recv(20) == b"\x0c"
    with opened(site) as line:
        acknowledged(site, line)


def test_also_over_a_restart_of_the_agent(tmp_path: Path) -> None:
    for number, (config, told) in enumerate([("{}", True), ("{}", False), ('{"a":1}', True)]):
        site = LocalApiSite(tmp_path)
        site.microservices.configs = {UUID: config}
        with site.running(), opened(site) as line:
            if told:
                acknowledged(site, line)
            else:
                nothing_is_told(line)
        assert (tmp_path / "control-acknowledged.json").exists(), number


def test_the_newest_of_an_id_is_the_one(site: LocalApiSite) -> None:
    with opened(site) as older:
        assert older.recv(20) == b"\x0c"
        with opened(site) as newer:
            assert newer.recv(20) == b"\x0c"
            with pytest.raises(ConnectionClosed):
                older.recv(20)
            assert older.close_code == NEWER
            newer.send(b"\x0b")
            newer.ping().wait(20)
            site.configure(UUID, '{"a":2}')
            assert newer.recv(20) == b"\x0c"


def test_edge_resources_are_told(site: LocalApiSite) -> None:
    with opened(site) as line:
        acknowledged(site, line)
        site.resources = '[{"id":1}]'
        site.portal.call(site.api.resources_changed)
        assert line.recv(20) == b"\x0f"
        line.send(b"\x0b")
        line.ping().wait(20)
        nothing_is_told(line)


def test_noise_is_borne(site: LocalApiSite) -> None:
    with opened(site) as line:
        assert line.recv(20) == b"\x0c"
        for noise in ("\x09", "text", b"", b"\x09", b"\x0c", b"\x0b\x0b", bytes(100_000)):
            line.send(noise)
        line.pong(b"\x0a")
        line.send(b"\x0b")
        line.ping(b"anything").wait(20)
        nothing_is_told(line)
