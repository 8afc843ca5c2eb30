"""RTTs of single packets in few bytes: those of one round beside its row, and histograms. Pure.

A value is known by the upper 14 bits of its float32 in nanoseconds (32 buckets to an octave), so
that any two histograms can be added up, and what a bucket stands for is within 1.6 % of what is
counted there.
"""

import struct
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, groupby, pairwise
from typing import Final

NS_PER_MS: Final = 1e6
MOST_SINGLE: Final = 64
"""RTTs of a round that are kept one by one; of more, a histogram."""
_PARTS, _HISTOGRAM, _NO_NUMBER = b"\xff", b"\xfe", 0xFE
"""First byte of a round whose RTTs differ in the upper bits, and of one that is a histogram. No
number begins with them."""
_HEADS: Final = [bytes((upper >> 2,)) for upper in range(256)]
_LOWS: Final = [bytes((upper & 3) << 6 | lower >> 2 for lower in range(256)) for upper in range(4)]
"""The lower 8 of the 14 bits, by the first byte of a float and of what follows it."""
_COUNTS: Final = {1: "B", 2: "H", 4: "I"}
_LARGEST_COUNT: Final = (1 << 32) - 1


def _middles() -> Sequence[float]:
    step, infinite = 1 << 18, 0x7F80_0000
    numbers = array("f", array("I", range(step // 2, infinite, step)).tobytes())
    return array("d", [value / NS_PER_MS for value in numbers])


MIDDLE_MS: Final = _middles()
"""What each bucket stands for."""


def bucket_of(rtt_ms: float) -> int:
    bits: int = struct.unpack("<I", struct.pack("<f", rtt_ms * NS_PER_MS))[0]
    return bits >> 18


def packed_round(rtts_ns: Sequence[float]) -> bytes:
    """Return the RTTs of one round, at least one, which must be sorted and not negative.

    They are a byte each behind the bits that all have, or, in parts, behind those bits and their
    number.
    """
    raw = array("f", rtts_ns).tobytes()
    lower, upper = raw[2::4], raw[3::4]
    if upper[0] == upper[-1] and len(upper) <= MOST_SINGLE:
        return _HEADS[upper[0]] + lower.translate(_LOWS[upper[0] & 3])
    return _in_parts(lower, upper)


def _in_parts(lower: bytes, upper: bytes) -> bytes:
    lows: dict[int, bytes] = {}
    for byte, those in groupby(range(len(upper)), upper.__getitem__):
        places = list(those)
        more = lower[places[0] : places[-1] + 1].translate(_LOWS[byte & 3])
        lows[byte >> 2] = lows.get(byte >> 2, b"") + more
    if len(upper) > MOST_SINGLE:
        counts = Counter(head << 8 | low for head, those in lows.items() for low in those)
        return _HISTOGRAM + packed(counts)
    if len(lows) == 1:
        ((head, all_of_them),) = lows.items()
        return bytes((head,)) + all_of_them
    return _PARTS + b"".join(bytes((head, len(those))) + those for head, those in lows.items())


def counted_rounds(rounds: Iterable[bytes]) -> dict[int, int]:
    """Return the histogram of all RTTs of some rounds."""
    alike: dict[int, list[bytes]] = {}
    counts: dict[int, int] = {}
    for one in rounds:
        head = one[0]
        if head < _NO_NUMBER:
            if head in alike:
                alike[head].append(one)
            else:
                alike[head] = [one]
        elif one[:1] == _PARTS:
            for part in _parts(one):
                alike.setdefault(part[0], []).append(part)
        else:
            add(counts, unpacked(one[1:]))
    for head, those in alike.items():
        lows = Counter(b"".join(those))
        # Each begins with it, and it is no RTT.
        lows[head] -= len(those)
        base = head << 8
        add(counts, [(base | low, count) for low, count in lows.items() if count])
    return counts


def _parts(one: bytes) -> Iterable[bytes]:
    place = 1
    while place < len(one):
        end = place + 2 + one[place + 1]
        yield one[place : place + 1] + one[place + 2 : end]
        place = end


def add(counts: dict[int, int], more: Iterable[tuple[int, int]]) -> None:
    if not counts:
        counts.update(more)
        return
    have = counts.get
    for bucket, count in more:
        counts[bucket] = have(bucket, 0) + count


def packed(counts: Mapping[int, int]) -> bytes:
    """Return a histogram of one bucket or more: bytes of a count (1, 2 or 4), the first bucket in
    two, to each further one the step in a byte, then the counts.
    """
    ordered = sorted(counts)
    steps = list(map(int.__sub__, ordered[1:], ordered))
    numbers = list(map(counts.__getitem__, ordered))
    if steps and max(steps) > 255:
        ordered, steps, numbers = _without_leaps(ordered, counts)
    most = max(numbers)
    if most > _LARGEST_COUNT:
        numbers = [min(number, _LARGEST_COUNT) for number in numbers]
    width = 1 if most < 1 << 8 else 2 if most < 1 << 16 else 4
    head = struct.pack("<BH", width, ordered[0])
    return head + bytes(steps) + struct.pack(f"<{len(numbers)}{_COUNTS[width]}", *numbers)


def _without_leaps(
    ordered: list[int], counts: Mapping[int, int]
) -> tuple[list[int], list[int], list[int]]:
    """With empty buckets, where a step has no room in a byte."""
    steps: list[int] = []
    numbers = [counts[ordered[0]]]
    for before, bucket in pairwise(ordered):
        leaps, step = divmod(bucket - before - 1, 255)
        steps += [255] * leaps + [step + 1]
        numbers += [0] * leaps + [counts[bucket]]
    return ordered, steps, numbers


def unpacked(histogram: bytes) -> Iterable[tuple[int, int]]:
    """Return buckets and their counts, some of which may be 0."""
    width = histogram[0]
    size = (len(histogram) - 2) // (1 + width)
    end = 2 + size
    buckets = accumulate(histogram[3:end], initial=histogram[1] | histogram[2] << 8)
    counts = histogram[end:]
    if width == 1:
        return zip(buckets, counts, strict=True)
    return zip(buckets, struct.unpack(f"<{size}{_COUNTS[width]}", counts), strict=True)
