"""Control sockets as a state machine: who is told, how often, and who is not told again."""

from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from forepost.agent.workloads.control import (
    AGAIN_SEC,
    DEAD_SEC,
    MOST_REMEMBERED,
    MOST_TRIES,
    NEW_CONFIG,
    NEW_RESOURCES,
    NEWER,
    NOT_ACKNOWLEDGED,
    PING_SEC,
    SILENT,
    ControlSockets,
    ControlStep,
    EndSocket,
    SendPing,
    SendSignal,
)


def config(digest: str, resources: str = "") -> dict[bytes, str]:
    return {NEW_CONFIG: digest, NEW_RESOURCES: resources}


NEWS = SendSignal(1, NEW_CONFIG)


def test_a_new_configuration_is_told_until_it_is_acknowledged() -> None:
    sockets = ControlSockets()
    assert sockets.opened(1, "a", config(""), 0) == []  # ids that nobody knows yet are taken
    assert sockets.changed("a", config("one"), 1) == [NEWS]
    sockets.heard(1, 2)
    assert sockets.turn(1 + AGAIN_SEC - 0.1) == []
    sockets.heard(1, 1 + AGAIN_SEC)
    assert sockets.turn(1 + AGAIN_SEC) == [NEWS]
    assert sockets.acknowledge(1, 22) == []
    sockets.heard(1, 50)
    assert sockets.turn(50) == []
    assert sockets.changed("a", config("one"), 51) == []


def test_ten_times_and_the_connection_is_closed() -> None:
    sockets = ControlSockets()
    told = sockets.opened(1, "a", config("one"), 0)
    now = 0.0
    while len(told) < 100:
        now += 1
        sockets.heard(1, now)
        steps = sockets.turn(now)
        told += steps
        if any(isinstance(one, EndSocket) for one in steps):
            break
    assert told == [
        *MOST_TRIES * [NEWS],
        EndSocket(1, NOT_ACKNOWLEDGED, "op code 12: not acknowledged"),
    ]
    assert now == MOST_TRIES * AGAIN_SEC
    assert len(sockets) == 0
    assert sockets.opened(2, "a", config("one"), now) == [SendSignal(2, NEW_CONFIG)]


def test_what_changed_while_nobody_listened_is_told_and_what_is_known_is_not() -> None:
    sockets = ControlSockets()
    assert sockets.opened(1, "a", config("one"), 0) == [NEWS]
    sockets.acknowledge(1, 1)
    sockets.closed(1)
    assert sockets.opened(2, "a", config("one"), 2) == []
    sockets.closed(2)
    again = ControlSockets(sockets.remembered)  # another start of the agent
    assert again.opened(1, "a", config("one"), 0) == []
    again.closed(1)
    assert again.changed("a", config("two"), 1) == []
    assert again.changed("a", config("one"), 2) == []
    assert again.opened(2, "a", config("one"), 3) == [SendSignal(2, NEW_CONFIG)], "it may have two"


def test_an_acknowledgement_is_of_what_was_told_and_not_of_what_came_since() -> None:
    sockets = ControlSockets()
    sockets.opened(1, "a", config("one"), 0)
    assert sockets.changed("a", config("two"), 1) == []  # one at a time
    assert sockets.acknowledge(1, 2) == [NEWS]
    assert sockets.remembered == {}
    assert sockets.turn(19) == []
    assert sockets.acknowledge(1, 20) == []
    assert sockets.remembered == {"a": {"0c": "two"}}
    assert sockets.acknowledge(1, 21) == []  # of nothing


def test_back_and_forth_before_the_acknowledgement() -> None:
    sockets = ControlSockets()
    sockets.opened(1, "a", config("one"), 0)
    sockets.changed("a", config("two"), 1)
    sockets.changed("a", config("one"), 2)
    assert sockets.acknowledge(1, 3) == [NEWS]


def test_the_second_of_two_acknowledgements_of_one_configuration_is_not_of_the_next() -> None:
    sockets = ControlSockets()
    sockets.opened(1, "a", config("one"), 0)
    sockets.heard(1, 20)
    assert sockets.turn(20) == [NEWS]
    sockets.acknowledge(1, 21)
    assert sockets.changed("a", config("two"), 22) == [NEWS]
    sockets.acknowledge(1, 23)  # the late one, of the second signal
    assert sockets.remembered == {}
    sockets.acknowledge(1, 24)
    assert sockets.remembered == {"a": {"0c": "two"}}


def test_the_newest_socket_of_an_id_is_the_one() -> None:
    sockets = ControlSockets()
    sockets.opened(1, "a", config(""), 0)
    assert sockets.opened(2, "a", config("one"), 1) == [
        EndSocket(1, NEWER, "a newer socket of this microservice"),
        SendSignal(2, NEW_CONFIG),
    ]
    assert sockets.acknowledge(1, 2) == []
    sockets.closed(1)
    assert sockets.changed("a", config("two"), 3) == []
    assert sockets.acknowledge(2, 4) == [SendSignal(2, NEW_CONFIG)]


def test_who_is_silent_is_pinged_and_left_within_a_minute() -> None:
    sockets = ControlSockets()
    sockets.opened(1, "a", config(""), 0)
    steps = [(now, step) for now in range(61) for step in sockets.turn(now)]
    assert steps == [
        (PING_SEC, SendPing(1)),
        (2 * PING_SEC, SendPing(1)),
        (DEAD_SEC, EndSocket(1, SILENT, "nothing was heard")),
    ]
    sockets.opened(2, "a", config(""), 100)
    for now in range(100, 400):
        steps = [(now, step) for step in sockets.turn(now)]
        assert all(isinstance(step, SendPing) for _, step in steps)
        if steps:
            sockets.heard(2, now)


def test_edge_resources_are_told_to_all_beside_configurations() -> None:
    sockets = ControlSockets()
    for number, uuid in enumerate("abc"):
        sockets.opened(number, uuid, config(""), 0)
    told = [step for uuid in "abc" for step in sockets.changed(uuid, config("x", "camera"), 1)]
    assert told == [
        SendSignal(number, code) for number in range(3) for code in (NEW_CONFIG, NEW_RESOURCES)
    ]
    sockets.acknowledge(0, 2)
    sockets.heard(0, 21)
    sockets.heard(1, 21)
    assert sockets.turn(21) == [
        SendSignal(0, NEW_RESOURCES),
        SendSignal(1, NEW_CONFIG),
        SendSignal(1, NEW_RESOURCES),
        SendSignal(2, NEW_CONFIG),
        SendSignal(2, NEW_RESOURCES),
        SendPing(2),
    ]


def test_what_is_remembered_is_bounded() -> None:
    sockets = ControlSockets()
    for number in range(3 * MOST_REMEMBERED):
        sockets.opened(number, f"m{number}", config("x"), 0)
        sockets.acknowledge(number, 0)
        sockets.closed(number)
    assert len(sockets.remembered) == 2 * MOST_REMEMBERED
    assert f"m{3 * MOST_REMEMBERED - 1}" in sockets.remembered


class Site:
    """Configurations, an agent that may be restarted, and microservices that read when told."""

    def __init__(self, uuids: str) -> None:
        self.now = 0.0
        self.sockets = ControlSockets()
        self.configs = dict.fromkeys(uuids, "")
        self.has = dict.fromkeys(uuids, "")
        self.live: dict[str, int] = {}
        self.wires: dict[int, list[ControlStep]] = defaultdict(list)
        self.acks: dict[int, int] = defaultdict(int)
        self.number = 0

    def take(self, steps: list[ControlStep]) -> None:
        for step in steps:
            if isinstance(step, EndSocket):
                self.live = {u: n for u, n in self.live.items() if n != step.socket}
            self.wires[step.socket].append(step)

    def connect(self, uuid: str) -> None:
        self.number += 1
        self.live[uuid] = self.number
        self.take(self.sockets.opened(self.number, uuid, config(self.configs[uuid]), self.now))
        self.live[uuid] = self.number

    def cut(self, uuid: str) -> None:
        if (number := self.live.pop(uuid, None)) is not None:
            self.sockets.closed(number)

    def change(self, uuid: str, digest: str) -> None:
        self.configs[uuid] = digest
        if uuid in self.sockets.microservices():
            self.take(self.sockets.changed(uuid, config(digest), self.now))

    def read(self, uuid: str) -> None:
        """The microservice takes what came: it acknowledges, and reads its configuration."""
        number = self.live.get(uuid)
        if number is None:
            return
        for step in self.wires.pop(number, []):
            if isinstance(step, SendSignal):
                self.has[uuid] = self.configs[uuid]
                self.acks[number] += 1
            self.sockets.heard(number, self.now)

    def deliver(self, uuid: str) -> None:
        number = self.live.get(uuid)
        if number is not None and self.acks[number]:
            self.acks[number] -= 1
            self.take(self.sockets.acknowledge(number, self.now))

    def restart(self) -> None:
        self.sockets = ControlSockets(self.sockets.remembered)
        self.live.clear()

    def pass_(self, seconds: float) -> None:
        self.now += seconds
        self.take(self.sockets.turn(self.now))

    def calm(self) -> None:
        """From now on nothing is cut, and all is read."""
        for uuid in self.configs:
            if uuid not in self.live:
                self.connect(uuid)
        for _ in range(400):
            for uuid in self.configs:
                self.read(uuid)
                while self.acks[self.live.get(uuid, 0)]:
                    self.deliver(uuid)
            self.pass_(1)
            for uuid in self.configs:
                if uuid not in self.live:
                    self.connect(uuid)


ACTIONS = st.one_of(
    st.tuples(st.sampled_from(["connect", "cut", "read", "deliver"]), st.sampled_from("ab")),
    st.tuples(st.just("change"), st.sampled_from("ab"), st.sampled_from(["one", "two", "three"])),
    st.tuples(st.just("restart")),
    st.tuples(st.just("pass_"), st.sampled_from([1.0, 21.0, 60.0])),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(ACTIONS, max_size=60))
def test_after_any_cuts_in_any_order_everybody_has_what_there_is(actions: list[tuple]) -> None:  # type: ignore[type-arg]
    site = Site("ab")
    for name, *arguments in actions:
        getattr(site, name)(*arguments)
    site.calm()
    assert site.has == site.configs
    told = site.sockets.remembered
    assert {u: told.get(u, {}).get("0c", "") for u in "ab"} == site.configs
    wires = {n: list(w) for n, w in site.wires.items() if w and n in site.live.values()}
    assert not any(isinstance(one, SendSignal) for wire in wires.values() for one in wire)


def test_a_thousand_sockets_and_a_hundred_thousand_changes_and_none_is_lost() -> None:
    uuids = [f"m{number}" for number in range(1_000)]
    site = Site("")
    site.configs = dict.fromkeys(uuids, "")
    site.has = dict.fromkeys(uuids, "")
    for uuid in uuids:
        site.connect(uuid)
    for number in range(100_000):
        uuid = uuids[number * 7919 % 1_000]
        site.change(uuid, str(number))
        if number % 3 == 0:
            site.read(uuid)
        if number % 5 == 0:
            site.deliver(uuid)
        if number % 997 == 0:
            site.cut(uuid)
            site.connect(uuid)
    site.calm()
    assert site.has == site.configs
