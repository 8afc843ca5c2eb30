"""Where a speed test connects to: what answers, and what the site allows."""

import socket
from typing import Any

import pytest

from forepost.agent.edges.speed.peer import NoSpeed, dial
from forepost.agent.edges.speed.process import SpeedPlan
from tests.lab.net import pair


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [
        (socket.AF_INET6, 1, 6, "", ("2001:db8::2", 8080, 0, 0)),
        (socket.AF_INET, 1, 6, "", ("198.18.0.2", 8080)),
    ]
    real = socket.getaddrinfo

    def answer(host: Any, *rest: Any, **more: Any) -> Any:
        return found if host == "speed.example" else real(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", answer)


@pytest.mark.usefixtures("both")
def test_a_black_hole_or_a_rule_for_one_family_leaves_the_other() -> None:
    with pair() as (near, far):
        far.run("nft", "add table inet t")
        far.run("nft", "add chain inet t c { type filter hook input priority 0 ; }")
        far.run("nft", "add rule inet t c ip6 daddr 2001:db8::2 tcp dport 8080 drop")
        with far.inside():
            listening = socket.create_server(("198.18.0.2", 8080))
        with listening, near.inside():
            for deny in ((), ("2001:db8::/32",)):
                with dial("speed.example", 8080, SpeedPlan(places=[], deny=deny)) as opened:
                    assert opened.getpeername()[0] == "198.18.0.2"
            for name, deny in (
                ("speed.example", ("port 8080",)),
                ("198.18.0.2", ("198.18.0.0/15",)),
            ):
                with pytest.raises(NoSpeed, match="this site does not allow it"):
                    dial(name, 8080, SpeedPlan(places=[], deny=deny))
