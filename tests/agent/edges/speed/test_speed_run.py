"""Whole speed tests against real peers on loopback."""

import resource
import socket
import threading
from pathlib import Path

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forepost.agent.edges.speed.phases import run
from forepost.agent.edges.speed.process import (
    Measured,
    Progress,
    SpeedPlan,
    SpeedProcess,
    SpeedServer,
)
from forepost.kit.clock import SystemClock
from tests.fakes.endless import saying
from tests.free_ports import free_port
from tests.lab.speed import librespeed, responding


def measured(place: SpeedServer, **settings_: object) -> tuple[Measured, list[Progress]]:
    told: list[Progress] = []
    plan = SpeedPlan(places=[place], **{"sec": 0.6, "streams": 2, **settings_})  # type: ignore[arg-type]
    return run(plan, SystemClock(), told.append), told


def ours(port: int, secret: str = "token") -> SpeedServer:
    return SpeedServer(host="127.0.0.1", port=port, secret=secret)


def test_both_ways_against_our_responder() -> None:
    with responding() as port:
        got, told = measured(ours(port))
    assert (got.error, got.remote) == ("", f"127.0.0.1:{port}")
    assert got.idle is not None
    assert got.idle.count >= 20
    assert 0 < got.idle.min <= got.idle.median <= got.idle.p95 <= got.idle.max
    for leg in (got.download, got.upload):
        assert leg is not None
        assert leg.error == ""
        assert leg.added_latency is not None
        assert 0.3e9 < leg.duration < 2e9
        assert leg.bytes > 10_000_000
        assert leg.bytes_per_sec == pytest.approx(leg.bytes / leg.duration * 1e9, rel=0.9)
        assert leg.latency is not None
        assert (leg.streams, len(leg.slices) >= 3) == (2, True)
    assert got.upload is not None
    assert got.upload.retransmits is not None
    assert {one.phase for one in told} == {"latency", "download", "upload"}
    assert all(0 <= one.part <= 1 for one in told)


def test_both_ways_against_a_librespeed_server() -> None:
    with librespeed() as url:
        got, _ = measured(SpeedServer(url=url))
    assert got.error == ""
    for leg in (got.download, got.upload):
        assert leg is not None
        assert leg.bytes > 1_000_000
        assert leg.latency is not None
        assert leg.error == ""


def test_the_nearest_is_chosen_and_what_is_not_there_passed_over() -> None:
    with librespeed() as url:
        places = [
            SpeedServer(url=f"http://127.0.0.1:{free_port()}"),
            SpeedServer(url=url, id="this"),
        ]
        got = run(
            SpeedPlan(places=places, sec=0.3, ways=("download",)), SystemClock(), lambda _: None
        )
    assert got.place is not None
    assert (got.place.id, got.error, got.upload) == ("this", "", None)


def test_bytes_are_bounded() -> None:
    with responding() as port:
        got, _ = measured(ours(port), sec=5, most_bytes=1_000_000, ways=("download",))
    assert got.download is not None
    assert got.download.duration < 2e9


def test_what_cannot_be_measured_says_why() -> None:
    port = free_port()
    got, _ = measured(ours(port))
    assert got.error == "127.0.0.1: connection refused"
    got, _ = measured(SpeedServer(host="host.invalid", port=1))
    assert got.error.startswith("host.invalid: host.invalid: ")
    with responding() as port:
        got, _ = measured(ours(port, "wrong"))
    assert got.error.endswith("the ticket or token is not one of this responder")
    with librespeed(503) as url:
        got, _ = measured(SpeedServer(url=url))
    assert got.error == f"{url}: the server answers 503 Service Unavailable"
    got, _ = measured(SpeedServer(url="ftp://127.0.0.1/"))
    assert got.error == "ftp://127.0.0.1/: 'ftp://127.0.0.1/' is no http or https URL"


def test_a_responder_that_ends_in_between_is_an_error_with_figures() -> None:
    with responding(most_sec=0.3) as port:
        got, _ = measured(ours(port), sec=0.8, ways=("download",))
    assert got.download is not None
    assert got.download.duration < 0.6e9


@settings(max_examples=25)
@given(st.binary(max_size=200))
def test_no_answer_is_too_odd(answer: bytes) -> None:
    """Of something that listens there and is neither of both."""
    listener = socket.create_server(("127.0.0.1", 0))

    def speak() -> None:
        for _ in range(2):
            connection, _ = listener.accept()
            with connection:
                connection.sendall(answer + b"\n")

    thread = threading.Thread(target=speak, daemon=True)
    thread.start()
    port = listener.getsockname()[1]
    plan = SpeedPlan(places=[ours(port)], sec=0.1, streams=1)
    assert run(plan, SystemClock(), lambda _: None).error
    web = SpeedPlan(places=[SpeedServer(url=f"http://127.0.0.1:{port}")], sec=0.1, streams=1)
    assert run(web, SystemClock(), lambda _: None).error
    listener.close()
    thread.join(5)


@pytest.mark.anyio
async def test_it_runs_in_a_process_that_ends_with_its_caller(tmp_path: Path) -> None:
    told: list[Progress] = []
    with responding() as port:
        plan = SpeedPlan(places=[ours(port)], sec=0.5, ways=("upload",))
        got = await SpeedProcess().measure(plan, told.append)
        assert got.upload is not None
        assert (got.error, told[0].phase) == ("", "latency")
        endless = SpeedPlan(places=[ours(port)], sec=50)
        with anyio.move_on_after(0.7):
            await SpeedProcess().measure(endless, told.append)
        # Its place at the responder is free again, since its connections went with it.
        with anyio.fail_after(20):
            while (await SpeedProcess().measure(plan, told.append)).error:  # noqa: ASYNC110
                await anyio.sleep(0.1)


def test_an_answer_without_end_is_not_kept() -> None:
    """`empty.php` answers with nothing; one that never stops would fill the memory."""
    said = b"HTTP/1.1 200 OK\r\n\r\n"
    with saying(said, b"x" * 1_024) as port:
        place = SpeedServer(url=f"http://127.0.0.1:{port}")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        got = run(SpeedPlan(places=[place], sec=0.3, ways=()), SystemClock(), lambda _: None)
        assert got.idle is not None
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10
