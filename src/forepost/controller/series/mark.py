"""What the series know of the metadata that they belong to. For the writer's thread."""

import apsw
import msgspec

from forepost.controller.series.schema import transaction


class Mark(msgspec.Struct, frozen=True):
    store_id: str
    generation: int
    used: dict[str, int] = {}
    """The metadata's own book: of each kind of id, the highest that was given out."""


class SeriesMark(msgspec.Struct, frozen=True):
    """How the series are now."""

    mark: Mark | None
    has_rows: bool
    highest_probe: int
    highest_agent: int
    """Of all rows that there are."""


_decoder = msgspec.json.Decoder(Mark)
_HIGHEST = "SELECT max(stream, 0), max(-stream, agent_id, probe_agent_id, target_agent) FROM lines"


def read(connection: apsw.Connection) -> SeriesMark:
    body = connection.execute("SELECT body FROM mark").get
    probe = agent = 0
    for of_probe, of_agent in connection.execute(_HIGHEST):
        probe, agent = max(probe, of_probe), max(agent, of_agent)
    return SeriesMark(
        mark=None if body is None else _decoder.decode(body),
        has_rows=bool(connection.execute("SELECT EXISTS (SELECT 1 FROM lines)").get),
        highest_probe=probe,
        highest_agent=agent,
    )


def write(connection: apsw.Connection, mark: Mark) -> None:
    with transaction(connection):
        connection.execute(
            "INSERT OR REPLACE INTO mark VALUES (1, ?)", (msgspec.json.encode(mark),)
        )
