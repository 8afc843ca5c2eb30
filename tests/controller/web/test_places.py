from forepost.controller.access.peer import Peers
from forepost.controller.web.places import FOR_THIS_HOST, Places


def places(most: int = 10, per_address: int = 2) -> Places:
    return Places(most, per_address, Peers(["198.18.9.0/24"]))


def test_an_address_has_so_many_strangers_and_no_more() -> None:
    room = places()
    first, second = room.take("198.18.0.1"), room.take("198.18.0.1")
    assert first is not None
    assert second is not None
    assert room.take("198.18.0.1") is None
    assert room.take("198.18.0.2") is not None
    first.known()  # an agent that has shown its key
    assert room.take("198.18.0.1") is not None
    second.leave()
    second.leave()
    assert room.take("198.18.0.1") is not None
    assert room.take("198.18.0.1") is None


def test_a_customers_whole_network_is_one_address() -> None:
    room = places(per_address=1)
    assert room.take("2001:db8::1") is not None
    assert room.take("2001:db8::ffff:1") is None
    assert room.take("2001:db8:0:1::1") is not None


def test_everybody_comes_through_a_proxy_that_is_named() -> None:
    room = places()
    assert all(room.take("198.18.9.1") for _ in range(10))


def test_some_room_is_kept_for_this_host() -> None:
    room = places(per_address=100)
    taken = [room.take("198.18.0.1") for _ in range(20)]
    assert sum(one is not None for one in taken) == 10
    here = [room.take("127.0.0.1") for _ in range(2 * FOR_THIS_HOST)]
    assert sum(one is not None for one in here) == FOR_THIS_HOST
    for one in (*taken, *here):
        if one is not None:
            one.leave()
    assert room.taken == 0
    assert room.take("198.18.0.1") is not None
