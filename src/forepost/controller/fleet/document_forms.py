"""How a wanted document is spelled for an agent: as one, or as its older version reads it.

An agent without the capability `documents` reads `want` (the whole list of probes in one message)
and `want_groups` (a part of the groups), and no other document.
"""

from collections.abc import Sequence
from typing import Any, Final, Protocol

import msgspec

from forepost.wire.uplink import documents, neffos
from forepost.wire.uplink.documents import GROUPS, PROBES, ProbesPart, WantDocument
from forepost.wire.uplink.groups import GroupsPart, WantGroups
from forepost.wire.uplink.messages import FOREPOST, Want
from forepost.wire.uplink.neffos import Frame

_probes = msgspec.json.Decoder(ProbesPart)
_groups = msgspec.json.Decoder(GroupsPart)


class Form(Protocol):
    """The spelling of one document."""

    def cut(self, parts: Sequence[bytes]) -> Sequence[bytes]:
        """The same document in the parts of this spelling."""
        ...

    def frame(self, revision: str, part: int, parts: int, body: bytes) -> str:
        """One part as a text for the agent."""
        ...


class AsDocument(msgspec.Struct, frozen=True):
    """The spelling of agents with the capability `documents`."""

    name: str

    def cut(self, parts: Sequence[bytes]) -> Sequence[bytes]:
        return parts

    def frame(self, revision: str, part: int, parts: int, body: bytes) -> str:
        want = WantDocument(
            document=self.name, revision=revision, part=part, parts=parts, body=msgspec.Raw(body)
        )
        return _frame(documents.WANT, want)


class AsWant:
    """The list of probes in one message."""

    def cut(self, parts: Sequence[bytes]) -> Sequence[bytes]:
        if not parts:
            return ()
        read = [_probes.decode(part) for part in parts]
        whole = ProbesPart(
            probes=[probe for one in read for probe in one.probes],
            keys={agent_id: key for one in read for agent_id, key in one.keys.items()},
        )
        return [msgspec.json.encode(whole)]

    def frame(self, revision: str, part: int, parts: int, body: bytes) -> str:
        whole = _probes.decode(body)
        return _frame("want", Want(revision=revision, probes=whole.probes, keys=whole.keys))


class AsWantGroups:
    """The address groups, part by part."""

    def cut(self, parts: Sequence[bytes]) -> Sequence[bytes]:
        return parts

    def frame(self, revision: str, part: int, parts: int, body: bytes) -> str:
        groups = _groups.decode(body).groups
        want = WantGroups(revision=revision, part=part, parts=parts, groups=groups)
        return _frame("want_groups", want)


OLDER: Final[dict[str, Form]] = {PROBES: AsWant(), GROUPS: AsWantGroups()}
"""Of an agent of ours without the capability `documents`."""


def _frame(event: str, body: Any) -> str:
    return neffos.encode(Frame(FOREPOST, event, msgspec.json.encode(body).decode()))
