"""Whom a TRAFFICSIM server answers, and with how much."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from forepost.agent.cores.stamps.departures import Moment
from forepost.agent.probes.trafficsim.client import Client
from forepost.agent.probes.trafficsim.flight import Arrival
from forepost.agent.probes.trafficsim.server import (
    IDLE_NS,
    MOST_OF_ONE,
    MOST_SESSIONS,
    Allowed,
    EchoServer,
)
from forepost.agent.probes.trafficsim.session import QUIET_NS, WINDOW
from forepost.wire.probes.datagrams import MS, SMALLEST, Packet, plain, read_sealed, sealed
from forepost.wire.probes.trafficsim import TrafficSimRun

KEY, OTHER = b"k" * 32, b"o" * 32
HERE, THERE = ("198.18.0.1", 40_000), ("198.18.0.9", 40_000)
WALL_NS = 1_795_252_457_000_000_000
SERVER, CLIENT, STRANGER = 2, 1, 3


def at(ms: float = 0.0) -> Arrival:
    mono_ns = round(ms * MS)
    return Arrival(Moment(mono_ns, WALL_NS), WALL_NS + mono_ns, 184)


def sealed_server(**more: int) -> EchoServer:
    return EchoServer(SERVER, {CLIENT: Allowed(key=KEY, way_back=more.get("way_back", 0))})


def client(key: bytes = KEY, **more: object) -> Client:
    asked = {"agent_id": CLIENT, "target_agent": SERVER, "key": key, **more}
    return Client(msgspec.convert(asked, TrafficSimRun))


def greet(server: EchoServer, one: Client, source: tuple[str, int] = HERE, ms: float = 0) -> bytes:
    """The greeting that was sent; the client has its answer."""
    hello = one.hello(at(ms).read)
    (answer,) = server.heard(hello, source, at(ms))
    one.heard(answer, at(ms))
    assert one.greeted
    return hello


def test_a_pair_with_its_key_talks_and_the_answer_is_as_large_as_the_question() -> None:
    server, one = sealed_server(), client(payload_size=300)
    hello = greet(server, one)
    for number in range(1, 4):
        data = one.data(at(number).read)
        (answer,) = server.heard(data, HERE, at(number))
        assert (len(hello), len(data), len(answer)) == (300, 300, 300)
        said = read_sealed(answer, KEY)
        assert (said.seq, said.count, said.highest, said.tos) == (number, number, number, 184)
        one.heard(answer, at(number + 1))
    assert one.flight.arrivals == [1, 2, 3]


def test_strangers_wrong_keys_replays_and_other_sources_get_nothing() -> None:
    server, one = sealed_server(), client()
    hello = greet(server, one)
    data = one.data(at(1).read)
    stranger = sealed(Packet(kind="HELLO", seq=1, src_agent=STRANGER, dst_agent=SERVER), KEY)
    wrong_key = client(OTHER).hello(at().read)
    to_another = sealed(Packet(kind="HELLO", seq=1, src_agent=CLIENT, dst_agent=7), KEY)
    for datagram in (stranger, wrong_key, to_another, hello, b"", b"\xf0" * SMALLEST, b"{}"):
        assert server.heard(datagram, HERE, at(2)) == []
    assert server.heard(data, THERE, at(2)) == []  # from another source
    assert len(server.heard(data, HERE, at(2))) == 1
    assert server.heard(data, HERE, at(3)) == []  # replayed
    assert server.heard(hello, THERE, at(3)) == []
    assert server.refused == 10


def test_a_recording_of_an_earlier_session_is_worth_nothing() -> None:
    server, one = sealed_server(), client()
    hello = greet(server, one)
    recorded = [one.data(at(number).read) for number in range(1, 5)]
    assert [len(server.heard(data, HERE, at(9))) for data in recorded] == [1] * 4
    server.cycles(IDLE_NS * 2)
    assert server.sessions == 0
    assert [server.heard(data, HERE, at(99_000)) for data in (hello, *recorded)] == [[]] * 5


def test_the_key_makes_netwatchers_protocol_refused_unless_the_probe_asks_for_it() -> None:
    hello = client(b"").hello(at().read)
    assert sealed_server().heard(hello, HERE, at()) == []
    asked = EchoServer(SERVER, {CLIENT: Allowed(key=KEY, compatible=True)})
    assert len(asked.heard(hello, HERE, at())) == 1
    assert len(asked.heard(client().hello(at().read), HERE, at())) == 1
    plain_server = EchoServer(SERVER, {CLIENT: Allowed()})
    assert len(plain_server.heard(hello, HERE, at())) == 1
    assert plain_server.heard(client().hello(at().read), HERE, at()) == []
    unknown = plain(Packet(kind="HELLO", seq=1, src_agent=STRANGER))
    assert unknown is not None
    assert plain_server.heard(unknown, HERE, at()) == []


def test_an_agent_that_may_no_longer_talk_is_not_answered_and_others_go_on() -> None:
    server = EchoServer(SERVER, {CLIENT: Allowed(key=KEY), STRANGER: Allowed(key=OTHER)})
    one = client()
    greet(server, one)
    server.allow({CLIENT: Allowed(key=KEY)})
    assert len(server.heard(one.data(at(1).read), HERE, at(1))) == 1
    server.allow({CLIENT: Allowed(key=OTHER)})
    assert server.heard(one.data(at(2).read), HERE, at(2)) == []
    server.allow({})
    assert server.heard(client().hello(at().read), HERE, at()) == []


def test_sessions_are_bounded_and_one_that_proved_itself_is_never_given_up() -> None:
    server, one = sealed_server(), client()
    greet(server, one)
    server.heard(one.data(at(1).read), HERE, at(1))
    for number in range(3 * MOST_OF_ONE):
        greet(server, client(), ("198.18.0.9", 1_000 + number), ms=2)
        assert server.sessions <= MOST_OF_ONE
    assert len(server.heard(one.data(at(3).read), HERE, at(3))) == 1
    many = EchoServer(SERVER, {number: Allowed() for number in range(1, 300)})
    for agent in range(1, 300):
        hello = plain(Packet(kind="HELLO", seq=1, src_agent=agent, dst_agent=SERVER, sent_ns=1))
        assert hello is not None
        for port in range(MOST_OF_ONE + 3):
            many.heard(hello, ("198.18.0.9", port), at())
    assert many.sessions <= MOST_SESSIONS
    many.cycles(IDLE_NS + 1)
    assert many.sessions == 0


def test_numbers_may_come_in_any_order_within_the_window_and_once_only() -> None:
    server, one = sealed_server(), client()
    greet(server, one)
    packets = [one.data(at(1).read) for _ in range(WINDOW + 10)]
    order = [WINDOW + 9, 20, 9, 10, 10]  # indexes: number less one
    answered = [bool(server.heard(packets[index], HERE, at(2))) for index in order]
    assert answered == [True, True, False, True, False]


@settings(max_examples=60)
@given(
    st.booleans(),
    st.booleans(),
    st.integers(0, 1_400),
    st.lists(st.sampled_from(["data", "hello", "lost", "again", "silent"]), max_size=60),
)
def test_never_more_goes_out_than_came_in(
    with_key: bool, both_ways: bool, size: int, course: list[str]
) -> None:
    key = KEY if with_key else b""
    server = EchoServer(SERVER, {CLIENT: Allowed(key=key, way_back=7 if both_ways else 0)})
    one = client(key, payload_size=size, bidirectional=both_ways)
    came = went = 0

    def exchange(datagram: bytes, ms: float, *, heard: bool) -> None:
        nonlocal came, went
        came += len(datagram)
        answers = server.heard(datagram, HERE, at(ms))
        went += sum(map(len, answers))
        assert went <= came
        for answer in answers if heard else ():
            back = one.heard(answer, at(ms))
            if back is not None:
                assert len(back) <= len(answer)
                exchange(back, ms, heard=False)

    exchange(one.hello(at().read), 0, heard=True)
    for number, what in enumerate(course):
        datagram = one.hello(at().read) if what == "hello" else one.data(at(number).read)
        exchange(datagram, number, heard=what != "silent")
        if what == "again":
            exchange(datagram, number, heard=True)


def test_the_way_back_is_measured_over_the_socket_of_the_client() -> None:
    for key in (KEY, b""):
        server = EchoServer(SERVER, {CLIENT: Allowed(key=key, way_back=7)})
        one = client(key, bidirectional=True)
        greet(server, one)
        lost = 0
        for number in range(60):
            answers = server.heard(one.data(at(number * 1_000).read), HERE, at(number * 1_000))
            for answer in answers:
                back = one.heard(answer, at(number * 1_000 + 4))
                if back is not None and number % 10 == 5:
                    lost += 1
                elif back is not None:
                    assert server.heard(back, HERE, at(number * 1_000 + 10)) == []
        assert one.flight.arrivals == list(range(1, 61))
        assert server.cycles(round(59_500 * MS)) == []
        (cycle,) = server.cycles(round(59_010 * MS) + QUIET_NS + 3_000 * MS + 1)
        assert (cycle.agent_id, cycle.probe_id, cycle.source) == (CLIENT, 7, HERE)
        sent, answered = len(cycle.flight.packets), len(cycle.flight.arrivals)
        assert sent - answered == lost > 0
        assert sent >= 50
        assert all(one.rtt in (10 * MS, None) for one in cycle.flight.packets)


def test_a_client_that_never_pauses_has_its_cycles_one_after_the_other() -> None:
    """As NetWatcher's in VoIP mode: some packet is always under way."""
    server, one = EchoServer(SERVER, {CLIENT: Allowed(way_back=7)}), client(b"", bidirectional=True)
    greet(server, one)
    waiting: list[tuple[float, bytes]] = []
    cycles = []
    for number in range(6_400):
        ms = number * 20.0
        while waiting and waiting[0][0] <= ms:
            server.heard(waiting.pop(0)[1], HERE, at(ms))
        for answer in server.heard(one.data(at(ms).read), HERE, at(ms)):
            back = one.heard(answer, at(ms + 35))
            if back is not None:
                waiting.append((ms + 70, back))
        if number % 50 == 0:
            cycles += server.cycles(round(ms * MS))
    assert len(cycles) == 2
    for cycle in cycles:
        assert len(cycle.flight.packets) >= 2_900
        assert len(cycle.flight.arrivals) == len(cycle.flight.packets)


def test_a_server_that_is_started_anew_is_greeted_again() -> None:
    server, one = sealed_server(), client()
    greet(server, one)

    def second(number: int, *, greets: bool) -> None:
        ms = number * 1_000.0
        assert one.is_forgotten(round(ms * MS)) == greets
        sent = [one.hello(at(ms).read)] if greets else []
        for datagram in (*sent, one.data(at(ms).read)):
            for answer in server.heard(datagram, HERE, at(ms)):
                one.heard(answer, at(ms + 1))

    for number in range(5):
        second(number, greets=False)
    # Its answers get lost for a while: the greeting is not answered, and it goes on as before.
    assert server.heard(one.hello(at(4_500).read), HERE, at(4_500)) == []
    server = sealed_server()
    for number in range(5, 12):
        second(number, greets=number == 7)
    lost = [number for number, sent in enumerate(one.flight.packets) if sent.rtt is None]
    assert lost == [5, 6, 7]
    assert one.flight.split() is None


def test_two_clients_of_one_agent_share_nothing() -> None:
    """NetWatcher keeps one state for each agent, and its cycles mix."""
    server = EchoServer(SERVER, {CLIENT: Allowed(way_back=7)})
    clients = {port: client(b"", bidirectional=True) for port in (1, 2)}
    for port, one in clients.items():
        greet(server, one, ("198.18.0.1", port))
    for number in range(20):
        for port, one in clients.items():
            source = ("198.18.0.1", port)
            for answer in server.heard(one.data(at(number).read), source, at(number)):
                back = one.heard(answer, at(number))
                if back is not None:
                    server.heard(back, source, at(number + 1))
    cycles = server.cycles(QUIET_NS * 3)
    assert {cycle.source[1] for cycle in cycles} == {1, 2}
    for cycle in cycles:
        assert cycle.flight.arrivals == list(range(1, len(cycle.flight.packets) + 1))
