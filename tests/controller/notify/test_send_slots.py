"""Who finds a place, and for whom one is left."""

from forepost.controller.notify.send_slots import (
    AT_ONCE,
    OF_ONE_HOST,
    OF_ONE_WORKSPACE,
    SPARE,
    SendSlots,
)
from forepost.controller.notify.store import CRITICAL, USUAL, DueDelivery


def of(host: str, workspace: int, urgency: int = USUAL) -> DueDelivery:
    return DueDelivery(1, host, workspace, urgency)


def test_one_host_has_two_places_and_one_more_for_what_is_critical() -> None:
    slots = SendSlots()
    for _ in range(OF_ONE_HOST):
        assert slots.has_room(of("a", 1))
        slots.take("a", 1)
    assert not slots.has_room(of("a", 1))
    assert slots.has_room(of("a", 2, CRITICAL))
    slots.take("a", 2)
    assert not slots.has_room(of("a", 3, CRITICAL))
    assert set(slots.full.hosts) == set(slots.full.hosts_of_critical) == {"a"}


def test_one_workspace_leaves_places_to_others_and_to_what_is_critical() -> None:
    slots = SendSlots()
    for number in range(OF_ONE_WORKSPACE):
        slots.take(f"h{number}", 1)
    assert not slots.has_room(of("x", 1))
    assert slots.has_room(of("x", 1, CRITICAL))
    assert slots.full.workspaces == [1]
    for number in range(AT_ONCE - SPARE - OF_ONE_WORKSPACE):
        assert slots.has_room(of(f"i{number}", 2 + number // 4))
        slots.take(f"i{number}", 2 + number // 4)
    assert not slots.has_room(of("y", 9))
    for number in range(SPARE):
        assert slots.has_room(of(f"j{number}", 1, CRITICAL))
        slots.take(f"j{number}", 1)
    assert not slots.has_room(of("z", 9, CRITICAL))
