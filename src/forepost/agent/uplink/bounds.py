"""How much a controller may ask of its agent: it may be somebody else's by now. Pure.

Beyond this nothing is taken, nothing is kept, and what was there before goes on.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from forepost.wire.base import MOST_ID, IdOrZero
from forepost.wire.depth import MOST_DEEP, is_deep
from forepost.wire.probes.probe import Probe, ProbeTarget
from forepost.wire.uplink.clock import TimeIs
from forepost.wire.uplink.groups import MOST_IN_ALL, WantGroups

LARGEST_MESSAGE: Final = 16 << 20
MOST_VALUES: Final = 1_000_000
"""Of one message, by its commas and brackets: 10,000 targets have a tenth."""
MOST_PROBES: Final = 20_000
MOST_TARGETS: Final = 10_000
LARGEST_PROBE: Final = 1 << 20
MOST_KEYS: Final = 10_000
LONGEST_KEY: Final = 64
LONGEST_REVISION: Final = 64
LONGEST_TEXT: Final = 500
"""Of what a controller says in words, in logs and problems."""
MOST_GROUPS: Final = 10_000
LARGEST_GROUPS: Final = 64 << 20
"""Characters of all parts of one revision."""
LONGEST_NAME: Final = 200
LONGEST_SEC: Final = 366 * 86_400
EARLIEST, LATEST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)

Number = Annotated[int, Meta(ge=-MOST_ID, le=MOST_ID)]
Seconds = Annotated[int, Meta(ge=-MOST_ID, le=LONGEST_SEC)]


class TooMuch(ValueError):
    """It is more than an agent takes; the text says what."""


class BoundedTarget(ProbeTarget, frozen=True, kw_only=True):
    target: Annotated[str, Meta(max_length=2_000)] = ""
    agent_id: IdOrZero | None = None


class BoundedProbe(Probe, frozen=True, kw_only=True):
    id: IdOrZero
    agent_id: IdOrZero
    type: Annotated[str, Meta(max_length=32)]
    interval_sec: Seconds = 60
    timeout_sec: Annotated[int, Meta(ge=-MOST_ID, le=86_400)] = 10
    count: Number = 0
    duration_sec: Seconds = 0
    bind_interface: Annotated[str, Meta(max_length=64)] = ""
    targets: Annotated[list[BoundedTarget], Meta(max_length=MOST_TARGETS)] | None = None  # type: ignore[assignment] # narrower, and frozen


_probe = msgspec.json.Decoder(BoundedProbe)


def check_message(body: str) -> None:
    """Before it is decoded. Raises TooMuch."""
    values = body.count(",") + body.count("{") + body.count("[")
    if values > MOST_VALUES:
        raise TooMuch(f"a message of {values:,} values; {MOST_VALUES:,} are the most")


def check_list(revision: str, raws: Sequence[msgspec.Raw], keys: Mapping[int, bytes]) -> None:
    """Raises TooMuch."""
    if len(revision) > LONGEST_REVISION:
        raise TooMuch(f"a revision is {LONGEST_REVISION} characters at most")
    if len(raws) > MOST_PROBES:
        raise TooMuch(f"{len(raws):,} probes; {MOST_PROBES:,} are the most")
    if len(keys) > MOST_KEYS or any(len(key) > LONGEST_KEY for key in keys.values()):
        raise TooMuch(f"{MOST_KEYS:,} keys of {LONGEST_KEY} bytes are the most")


def probes_of(raws: Sequence[msgspec.Raw]) -> tuple[list[Probe], list[msgspec.Raw], list[str]]:
    """Probes, what is to be kept of the list, and why the rest is not taken.

    One by one: one that is wrong never costs the others.
    """
    probes: list[Probe] = []
    kept: list[msgspec.Raw] = []
    wrong: list[str] = []
    for raw in raws:
        data = bytes(raw)
        if len(data) > LARGEST_PROBE:
            wrong.append(f"a probe of {len(data):,} bytes: {LARGEST_PROBE:,} are the most")
        elif is_deep(data):
            wrong.append(f"a probe nested more than {MOST_DEEP} deep")
        else:
            try:
                probes.append(_probe.decode(data))
                kept.append(raw)
            except msgspec.ValidationError as error:
                wrong.append(f"a probe that is not understood: {str(error)[:LONGEST_TEXT]}")
    return probes, kept, wrong


class GroupParts:
    """The parts of one revision, as far as they have come."""

    def __init__(self) -> None:
        self._parts: list[WantGroups] = []
        self._entries = self._size = 0

    def take(self, part: WantGroups, size: int) -> dict[str, list[str]] | None:
        """`size`: of the message. Return all groups after the last part. Raises TooMuch, and
        forgets all of them.
        """
        if part.part == 1:
            self._forget()
        elif not self._parts or not self._follows(part):
            return None  # of a document whose beginning was not for us
        self._parts.append(part)
        self._entries += sum(len(group.entries) for group in part.groups)
        self._size += size
        if why := self._too_much(part):
            self._forget()
            raise TooMuch(why)
        if part.part < part.parts:
            return None
        entries: dict[str, list[str]] = {}
        for one in self._parts:
            for group in one.groups:
                entries.setdefault(group.name, []).extend(group.entries)
        self._forget()
        return entries

    def _follows(self, part: WantGroups) -> bool:
        first = self._parts[0]
        here = len(self._parts) + 1, first.revision, first.parts
        return here == (part.part, part.revision, part.parts)

    def _too_much(self, part: WantGroups) -> str:
        if self._entries > MOST_IN_ALL:
            return f"more than {MOST_IN_ALL:,} addresses in groups"
        if self._size > LARGEST_GROUPS:
            return f"more than {LARGEST_GROUPS >> 20} MiB of groups"
        if sum(len(one.groups) for one in self._parts) > MOST_GROUPS + len(self._parts):
            return f"more than {MOST_GROUPS:,} groups"
        if any(len(group.name) > LONGEST_NAME for group in part.groups):
            return f"the name of a group is {LONGEST_NAME} characters at most"
        return ""

    def _forget(self) -> None:
        self._parts = []
        self._entries = self._size = 0


def impossible(answer: TimeIs) -> str:
    """Why a controller's clock is not believed; "" where it may be right."""
    for ns in (answer.received_ns, answer.sent_ns):
        if not EARLIEST.timestamp() <= ns / 1e9 < LATEST.timestamp():
            said = datetime.fromtimestamp(ns / 1e9, UTC)
            return f"it says {said:%Y-%m-%d}: it is not believed"
    return ""
