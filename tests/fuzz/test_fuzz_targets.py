"""The same targets as `python -m tests.fuzz` has, for a moment each, with Hypothesis."""

import ssl

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS
from tests.lab.certificates import Authority

CHANGES = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=8)
FEW = {"http": 40, "usm": 60}
NAMES = sorted(TARGETS)


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[bytes]]:
    leaf = Authority(tmp_path_factory.mktemp("ca")).ca.issue_cert("a.example", "2001:db8::1")
    der = ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode())
    return {name: [*target.examples] for name, target in TARGETS.items()} | {"certificate": [der]}


@pytest.mark.parametrize("name", NAMES)
def test_any_bytes_are_taken(name: str) -> None:
    @settings(max_examples=FEW.get(name, 150))
    @given(st.binary(max_size=300))
    def take(data: bytes) -> None:
        TARGETS[name].take(data)

    take()


@pytest.mark.parametrize("name", NAMES)
def test_what_is_nearly_right_is_taken(name: str, examples: dict[str, list[bytes]]) -> None:
    known = examples[name] or [bytes(64)]

    @settings(
        max_examples=FEW.get(name, 150),
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(st.sampled_from(known), CHANGES, st.integers(0, 4_096))
    def take(data: bytes, changes: list[tuple[int, int]], cut: int) -> None:
        TARGETS[name].take(data)
        mutable = bytearray(data)
        for place, value in changes:
            mutable[place % len(mutable)] = value
        TARGETS[name].take(bytes(mutable))
        TARGETS[name].take(bytes(mutable)[:cut])

    take()


def test_depth_costs_neither_time_nor_the_stack() -> None:
    """Nested a thousand times, where a format can nest."""
    ber = b"\x30\x80" * 1_000
    for _ in range(200):
        ber = b"\x30\x82" + len(ber).to_bytes(2, "big") + ber if len(ber) < 60_000 else ber
    for name in ("snmp", "usm", "certificate"):
        TARGETS[name].take(ber)
        TARGETS[name].take(b"\x30\x80" * 10_000)
    json = b"[" * 100_000
    for event in (b";agent;;probe_get;0;0;", b";forepost;;want;0;0;", b";forepost;;report;0;0;"):
        TARGETS["uplink"].take(event + json)
    pointers = bytes.fromhex("000081800001000100000000") + b"\xc0\x0c" * 2_000
    TARGETS["dns"].take(pointers)
