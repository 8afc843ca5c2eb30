"""The route of exporters, and times as every route of results takes them."""

import asyncio
import contextlib
import csv
import io
import json
import logging
import tempfile
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forepost.controller.results.csv_rows import csv_text
from forepost.controller.results.export_api import cursor_of, place_of
from forepost.controller.series.port import PageOf, Place
from forepost.controller.series.sqlite import SqliteSeries
from forepost.kit.errors import Invalid
from forepost.kit.health import Health
from tests.agent_socket import agent_socket
from tests.controller.series.series_rows import START, row
from tests.fakes.clock import FakeClock
from tests.running import ControllerProcess, NewAgent, Person

TARGET = "198.18.0.9"
NOW = datetime.now(UTC).replace(microsecond=0)
INT64 = st.integers(-(1 << 63), (1 << 63) - 1)
PING = {"packets_sent": 2, "packets_recv": 2, "packet_loss": 0, "rtts_ns": [1_000_000, 3_000_000]}


@pytest.fixture
def agent(person: Person) -> NewAgent:
    return person.agent(person.workspace("w"))


def here(agent: NewAgent, path: str = "export") -> str:
    return f"/workspaces/{agent.workspace}/probe-data/{path}"


def test_pages_go_on_with_what_comes(
    controller: ControllerProcess, person: Person, agent: NewAgent
) -> None:
    probe = person.probe(agent, type="PING", targets=[TARGET])
    got: list[Any] = []
    cursor = ""

    def read(limit: int) -> None:
        nonlocal cursor
        while True:
            found = person.call("GET", here(agent) + f"?limit={limit}&cursor={cursor}")
            got.extend(found["data"])
            cursor = found["next"]
            if not found["more"]:
                return

    read(2)
    assert got == []
    with agent_socket(controller, agent) as socket:
        for minute in range(7):
            at = NOW - timedelta(minutes=minute)
            socket.post("PING", {**PING, "n": minute}, probe_id=probe, at=at, target=TARGET)
        read(3)
        assert [row["payload"]["n"] for row in got] == list(range(7))
        # Late by two hours: stored among the old ones, and read next.
        late = NOW - timedelta(hours=2)
        socket.post("PING", {**PING, "n": 99}, probe_id=probe, at=late, target=TARGET)
        read(3)
    assert [row["payload"]["n"] for row in got] == [*range(7), 99]


def test_ndjson_ends_with_where_to_go_on(
    controller: ControllerProcess, person: Person, agent: NewAgent
) -> None:
    probe = person.probe(agent, type="PING", targets=[TARGET])
    with agent_socket(controller, agent) as socket:
        for n in range(5):
            socket.post("PING", {**PING, "n": n}, probe_id=probe, target=TARGET)
    answer = person.ask("GET", here(agent) + "?format=ndjson&limit=3")
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    *rows, end = map(json.loads, answer.text.splitlines())
    assert len(rows) == 3
    assert end["more"] is True
    answer = person.ask("GET", here(agent) + f"?format=ndjson&limit=100000&cursor={end['next']}")
    *others, end = map(json.loads, answer.text.splitlines())
    assert sorted(row["payload"]["n"] for row in (*rows, *others)) == list(range(5))
    assert end["more"] is False


def test_csv_is_for_spreadsheets_and_calculates_nothing(
    controller: ControllerProcess, person: Person, agent: NewAgent
) -> None:
    probe = person.probe(agent, type="PING", targets=[TARGET])
    with agent_socket(controller, agent) as socket:
        socket.post("PING", {**PING, "n": 'a "b", c'}, probe_id=probe, target=TARGET)
        socket.post("PING", PING, probe_id=probe, target='=HYPERLINK("http://x")')
    answer = person.ask("GET", here(agent) + "?format=csv")
    assert answer.headers["content-type"] == "text/csv; header=present; charset=utf-8"
    first, second = csv.DictReader(io.StringIO(answer.text, newline=""))
    assert json.loads(first["payload"])["n"] == 'a "b", c'
    assert (first["rtt_ms"], first["packets_sent"], first["loss_pct"]) == ("2.0", "2", "0.0")
    assert second["target"] == '\'=HYPERLINK("http://x")'
    then = answer.headers["x-next-cursor"]
    answer = person.ask("GET", here(agent) + f"?format=csv&cursor={then}")
    assert len(answer.text.splitlines()) == 1


def test_results_of_one_probe_and_time_are_a_table(
    controller: ControllerProcess, person: Person, agent: NewAgent
) -> None:
    probe = person.probe(agent, type="PING", targets=[TARGET])
    other = person.probe(agent, type="PING", targets=["198.18.0.9"])
    with agent_socket(controller, agent) as socket:
        socket.post("PING", PING, probe_id=other, target="198.18.0.9")
        for hours in range(3):
            at = NOW - timedelta(hours=hours, minutes=5)
            socket.post("PING", PING, probe_id=probe, at=at, target=TARGET)
    base = f"/workspaces/{agent.workspace}/probe-data/probes/{probe}/data?format=csv"
    answer = person.ask("GET", base + "&from=-90m")
    assert f'filename="probe-{probe}.csv"' in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [(row["probe_id"], row["rtt_ms"]) for row in rows] == [(str(probe), "2.0")] * 2
    assert person.ask("GET", base + "&aggregate=60").status_code == 400


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("=1", "'=1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@x", "'@x"),
        ("\tx", "'\tx"),
        ("\r=1", "'\r'=1"),
        ("\t=1", "'\t'=1"),
        (" =1", " '=1"),
        ("\uff1d1", "'\uff1d1"),
        ("\uff20x", "'\uff20x"),
        (";=1", ";'=1"),  # where cells are separated by it
        ("a; =1", "a; '=1"),
        ("a\n@x", "a\n'@x"),
        ("a;b", "a;b"),
        ("1-1=0", "1-1=0"),
    ],
)
def test_a_text_that_others_chose_is_no_formula(text: str, kept: str) -> None:
    assert csv_text([[text, -1.5, None, True]]).endswith(",-1.5,,true\r\n")
    assert next(csv.reader(io.StringIO(csv_text([[text]]), newline=""))) == [kept]


@given(
    st.text(max_size=40) | st.binary(max_size=40).map(lambda raw: urlsafe_b64encode(raw).decode())
)
def test_any_text_is_a_cursor_or_refused(text: str) -> None:
    with contextlib.suppress(Invalid):
        place_of(1, text)


@settings(max_examples=30, deadline=None)
@given(
    st.builds(
        Place,
        st.none() | st.tuples(st.integers(-2, 1 << 40), *[INT64] * 3),
        st.tuples(st.integers(0, (1 << 63) - 1), *[INT64] * 3),
        st.integers(0, (1 << 63) - 1),
    )
)
def test_any_place_is_gone_on_from(place: Place) -> None:
    async def ask() -> None:
        with tempfile.TemporaryDirectory() as folder:
            store = await SqliteSeries.open(
                Path(folder) / "series.sqlite", FakeClock(NOW), Health(logging.getLogger("t"))
            )
            await store.add([row(START, 1), row(5, 2, received_us=START)])
            await store.arrived(PageOf(streams=[1], after=place))
            await store.close()

    assert place_of(1, cursor_of(1, place)) == place
    asyncio.run(ask())


def test_a_cursor_that_is_none_is_refused(person: Person, agent: NewAgent) -> None:
    other = person.agent(person.workspace("other"))
    theirs = person.call("GET", here(other))["next"]
    for cursor, reason in (
        ("nonsense!", "cursor: is none"),
        ("AAAA", "cursor: is none"),
        (theirs, "cursor: is one of another workspace"),
        ("x" * 401, "cursor"),
    ):
        answer = person.ask("GET", here(agent), params={"cursor": cursor})
        assert answer.status_code == 400
        assert reason in answer.text
    for query in ({"limit": 10_001}, {"limit": 0}, {"format": "xml"}):
        assert person.ask("GET", here(agent), params=query).status_code == 400


def test_wrong_times_are_told_with_the_forms_on_every_route(
    person: Person, agent: NewAgent
) -> None:
    probe = person.probe(agent, type="PING", targets=[TARGET])
    workspace = f"/workspaces/{agent.workspace}"
    routes = (
        here(agent, "find"),
        here(agent, f"probes/{probe}/data"),
        here(agent, f"probes/{probe}/data?type=PING&aggregate=60"),
        here(agent, f"probes/{probe}/chart"),
        here(agent, f"by-target/data?target={TARGET}"),
        *(f"{workspace}/flows/{what}" for what in ("history", "top", "talks")),
        f"{workspace}/audit",
        "/auth/audit",
    )
    for route in routes:
        path, _, more = route.partition("?")
        query = dict(pair.split("=") for pair in more.split("&") if pair)
        for times, reason in (
            ({"from": "NaN"}, "RFC 3339"),
            ({"to": "tomorrow"}, "RFC 3339"),
            ({"from": "-1h", "to": "-2h"}, "from: must be before to"),
            ({"from": str(2 * NOW.timestamp())}, "from: is in the future"),
        ):
            answer = person.ask("GET", path, params={**query, **times})
            assert answer.status_code == 400, (route, times, answer.text)
            assert reason in answer.json()["error"]
        answer = person.ask("GET", path, params={**query, "from": "-2h", "to": "now"})
        assert answer.status_code == 200, (route, answer.text)
    chart = here(agent, f"probes/{probe}/chart")
    answer = person.ask("GET", chart, params={"tz": "Europe/Nowhere"})
    assert answer.status_code == 400
    assert "tz: no time zone is called 'Europe/Nowhere'" in answer.json()["error"]
    assert person.ask("GET", chart, params={"points": 5_001}).status_code == 400
    assert (
        person.ask("GET", chart, params={"tz": "Europe/Berlin", "from": "-30d"}).status_code == 200
    )
