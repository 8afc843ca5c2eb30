"""Documents as controllers without the capability `documents` speak of them. Pure.

One of version N-1 sends `want` after each hello and change, and `want_groups` to who said
`have_groups`; NetWatcher's answers `probe_get`. Their bodies are parts as they are: what else is in
them is passed over.
"""

from collections.abc import Collection
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from forepost.wire.base import Wire
from forepost.wire.uplink import groups
from forepost.wire.uplink.documents import (
    GROUPS,
    MOST_PARTS,
    PROBES,
    HaveDocument,
    Revision,
    WantDocument,
)
from forepost.wire.uplink.groups import MOST_PROBLEMS, HaveGroups
from forepost.wire.uplink.messages import FOREPOST, Have
from forepost.wire.uplink.neffos import Frame

Event = Literal["want_document", "want", "want_groups", "probe_get"]
"""By which event a document came: that says how it is answered."""
_CAPABILITIES: Final = {GROUPS: groups.GROUPS}
"""By which capability an agent says that it takes a document."""


class _Head(Wire, frozen=True, kw_only=True):
    revision: Revision
    part: Annotated[int, Meta(ge=1, le=MOST_PARTS)] = 1
    parts: Annotated[int, Meta(ge=1, le=MOST_PARTS)] = 1


_head = msgspec.json.Decoder(_Head)
_list = msgspec.json.Decoder(list[msgspec.Raw] | None)


def named_by(documents: Collection[str]) -> list[str]:
    """Return the capabilities by which an agent names the documents that it takes."""
    return [able for name, able in _CAPABILITIES.items() if name in documents]


def probes_of_want(body: str) -> WantDocument:
    """Raises msgspec.MsgspecError."""
    head = _head.decode(body)
    return WantDocument(document=PROBES, revision=head.revision, body=_raw(body))


def groups_of_want(body: str) -> WantDocument:
    """Raises msgspec.MsgspecError."""
    head = _head.decode(body)
    return WantDocument(
        document=GROUPS,
        revision=head.revision,
        part=head.part,
        parts=head.parts,
        body=_raw(body),
    )


def probes_of_list(body: str) -> WantDocument | None:
    """Return None for an empty list: NetWatcher's controller sends nothing where it failed.

    Raises msgspec.MsgspecError.
    """
    if not _list.decode(body):
        return None
    return WantDocument(document=PROBES, revision="", body=_raw(f'{{"probes":{body}}}'))


def answer(have: HaveDocument, event: Event) -> Frame | None:
    """Return what such a controller is told; None: it has no words for it."""
    if event == "want" and have.revision:
        told = Have(revision=have.revision, unsupported=have.problems)
        return _frame("have", told)
    if event == "want_groups":
        problems = have.problems[:MOST_PROBLEMS]
        return _frame("have_groups", HaveGroups(revision=have.revision, problems=problems))
    return None


def _frame(event: str, body: msgspec.Struct) -> Frame:
    return Frame(FOREPOST, event, msgspec.json.encode(body).decode())


def _raw(body: str) -> msgspec.Raw:
    return msgspec.Raw(body.encode())
