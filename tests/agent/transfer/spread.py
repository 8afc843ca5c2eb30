"""Many members of one distribution as pickers alone, without disks and lines, round by round.

In a round each member gives and takes so many pieces at most. What a member could not get from the
one it asked, since that had given its share, it asks for again in the next round.
"""

from collections import defaultdict
from random import Random

from forepost.agent.transfer.picker import RUN, Picker


def rounds_until_all_have_all(
    members: int, links: dict[int, list[int]], pieces: int, share: int, seed: int
) -> int:
    """Member 0 has all at first. `links`: with whom each one speaks."""
    random = Random(seed)
    everything = (1 << pieces) - 1
    pickers = {n: Picker(pieces, everything, Random(seed + n)) for n in range(1, members)}
    has = dict.fromkeys(range(members), 0)
    has[0] = everything
    for n, picker in pickers.items():
        if 0 in links[n]:
            picker.has(0, everything)
    rounds = 0
    while pickers:
        rounds += 1
        given: dict[int, int] = defaultdict(int)
        news: dict[int, int] = defaultdict(int)
        order = list(pickers)
        random.shuffle(order)
        taken: dict[int, int] = defaultdict(int)
        for _ in range(share // RUN + 1):
            for n in order:
                _take(pickers[n], n, links[n], share, random, given, taken, news)
        for n, new in news.items():
            has[n] |= new
            for other in links[n]:
                if other in pickers:
                    pickers[other].has(n, new)
        for n in [n for n, picker in pickers.items() if picker.is_done]:
            del pickers[n]
    assert all(one == everything for one in has.values())
    return rounds


def _take(
    picker: Picker,
    n: int,
    links: list[int],
    share: int,
    random: Random,
    given: dict[int, int],
    taken: dict[int, int],
    news: dict[int, int],
) -> None:
    for peer in random.sample(links, len(links)):
        if taken[n] >= share:
            return
        if given[peer] >= share:
            continue
        for piece in picker.next(peer):
            if given[peer] >= share or taken[n] >= share:
                picker.release(peer, piece)
                continue
            given[peer] += 1
            taken[n] += 1
            picker.came(piece)
            news[n] |= 1 << piece
