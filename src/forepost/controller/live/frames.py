"""Frames for panels, each written at most once in each of the two ways. Pure."""

from collections.abc import Callable
from functools import cached_property
from typing import Final, Literal, Protocol

import msgspec
from msgspec import UNSET

from forepost.controller.series.port import Row
from forepost.wire.base import complaint
from forepost.wire.rest.bodies import ResultRow
from forepost.wire.rest.panel import (
    Envelope,
    Event,
    ProbeData,
    ProbeDataEvent,
    ProbeDataFields,
    Said,
)

Style = Literal["flat", "event"]

_envelope: Final = msgspec.json.Decoder(Envelope)
_fields: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_said: msgspec.json.Decoder[Said] = msgspec.json.Decoder(Said)


class Frame(Protocol):
    """One piece of news for panels, in the two ways of writing it."""

    @property
    def flat(self) -> bytes: ...

    @property
    def event(self) -> bytes: ...


class Flat:
    """A frame that is written flat already."""

    def __init__(self, flat: bytes) -> None:
        self.flat = flat

    @classmethod
    def of(cls, said: msgspec.Struct) -> "Flat":
        return cls(msgspec.json.encode(said))

    @cached_property
    def event(self) -> bytes:
        """The same fields in an envelope."""
        fields = _fields.decode(self.flat)
        name = msgspec.json.decode(fields.pop("type"), type=str)
        return msgspec.json.encode(Event(event=name, data=fields or UNSET))


class Result:
    """A row that was committed."""

    def __init__(self, workspace_id: int, row: Row, shown: Callable[[Row], ResultRow]) -> None:
        self._workspace_id, self._row, self._shown = workspace_id, row, shown

    @cached_property
    def flat(self) -> bytes:
        row = self._row
        return msgspec.json.encode(
            ProbeData(
                workspace_id=self._workspace_id,
                probe_id=row.probe_id,
                agent_id=row.agent_id,
                probe_type=row.type,
                data=msgspec.Raw(msgspec.json.encode(self._shown(row))),
            )
        )

    @cached_property
    def event(self) -> bytes:
        row = self._shown(self._row)
        return msgspec.json.encode(
            ProbeDataEvent(
                data=ProbeDataFields(
                    workspace_id=self._workspace_id,
                    probe_id=row.probe_id,
                    agent_id=row.agent_id,
                    probe_agent_id=row.probe_agent_id,
                    target_agent=row.target_agent,
                    type=row.type,
                    payload=row.payload,
                    created_at=row.created_at.replace(microsecond=0),
                    target=row.target,
                    triggered=row.triggered,
                )
            )
        )


def read(text: str | bytes) -> tuple[Style | None, Said | None, str]:
    """How a panel writes, what it says, and else what is wrong.

    None for the style: the frame does not tell.
    """
    style: Style | None = None
    try:
        envelope = _envelope.decode(text)
        if envelope.event is UNSET:
            style = None if envelope.type is UNSET else "flat"
            return style, _said.decode(text), ""
        style = "event"
        data = envelope.data
        fields = {} if data is UNSET or bytes(data) == b"null" else _fields.decode(data)
        kind = msgspec.Raw(msgspec.json.encode(envelope.event))
        return style, _said.decode(msgspec.json.encode({**fields, "type": kind})), ""
    except msgspec.ValidationError as error:
        return style, None, complaint(error)
    except msgspec.DecodeError as error:
        return style, None, f"body: not JSON: {error}"
