"""What an agent says of its documents: to a controller that has the capability, and to others."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from websockets.asyncio.server import ServerConnection

from tests.agent.uplink import recorded
from tests.agent.uplink.test_hostile_controller import PROBE, happens, own, visited
from tests.fakes.documents import NotedDocument, documents_of

pytestmark = pytest.mark.anyio

HELLO = own("hello", {"version": "2", "capabilities": ["report", "groups", "documents"]})


def told(heard: list[str]) -> list[Any]:
    """Bodies of `have_document`, in order."""
    return [json.loads(one.split(";", 6)[6]) for one in heard if ";have_document;" in one]


def have(document: str, revision: str, state: str = "applied", *problems: str) -> Any:
    return {
        "document": document,
        "revision": revision,
        "state": state,
        "problems": list(problems),
    }


async def test_each_is_told_at_connect_and_after_every_change(tmp_path: Path) -> None:
    async def talk(socket: ServerConnection) -> None:
        await socket.send(HELLO)
        for revision, probes in (("r1", [PROBE]), ("r2", [PROBE] * 20_001)):
            said = {"document": "probes", "revision": revision, "body": {"probes": probes}}
            await socket.send(own("want_document", said))
        await socket.send(own("want_document", {"document": "other", "revision": "r", "body": 1}))

    async with visited(tmp_path, talk) as site:
        await happens(lambda: len(told(site.heard)) == 4)
        assert told(site.heard) == [
            have("probes", ""),
            have("groups", ""),
            have("probes", "r1"),
            have("probes", "r2", "failed", "20,001 probes; 20,000 are the most"),
        ]
        assert not any(";have;" in one or ";have_groups;" in one for one in site.heard)
        await happens(lambda: "takes no such document" in str(site.health.problems))
        assert "20,001 probes" in site.health.problems["document probes"]
        assert (site.lists, site.connects) == ([1], 1)


async def test_one_of_version_n_1_is_answered_in_its_words(tmp_path: Path) -> None:
    async def talk(socket: ServerConnection) -> None:
        for text in (recorded.HELLO, recorded.WANT, recorded.WANT_GROUPS):
            await socket.send(text)

    async with visited(tmp_path, talk) as site:
        await happens(lambda: recorded.HAVE_GROUPS in site.heard)
        words = [one for one in site.heard if ";have" in one]
        assert words == [recorded.HAVE_NO_GROUPS, recorded.HAVE, recorded.HAVE_GROUPS]
        assert site.lists == [2]
        assert site.groups.applied[0][0]["groups"] == json.loads(recorded.GROUPS)
    again = documents_of(tmp_path, site.health, NotedDocument("probes"), NotedDocument("groups"))
    await again.restore()
    assert [one.revision for one in again.have] == ["38d58bb6d5ee6878", "d6b5915c46057bcb"]


class Watchful(NotedDocument):
    """Notes whether the agent was still known by its key when nothing was wanted any more."""

    def __init__(self, identity: Path) -> None:
        super().__init__("watchful")
        self._identity = identity
        self.was_known: list[bool] = []

    async def apply(self, parts: Sequence[msgspec.Raw]) -> list[str]:
        self.was_known += [] if parts else [self._identity.exists()]
        return await super().apply(parts)


async def test_who_is_removed_forgets_its_documents_before_its_key(tmp_path: Path) -> None:
    """Killed in between it asks again; the other way round it measured on for nobody."""

    async def talk(socket: ServerConnection) -> None:
        await socket.send(HELLO)
        said = {"document": "watchful", "revision": "r1", "body": 1}
        await socket.send(own("want_document", said))
        await socket.send(';agent;;deactivate;0;0;{"reason":"deleted"}')

    document = Watchful(tmp_path / "identity.json")
    async with visited(tmp_path, talk, document) as site:
        await happens((tmp_path / "identity.json.retired").exists)
        assert document.applied == [[1], []]
        assert document.was_known == [True]
        assert "has removed this agent" in str(site.health.problems)
