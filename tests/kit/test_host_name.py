"""Only what can be a host's name is shown as one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.kit.host_name import host_name


@given(st.text(max_size=300))
def test_only_a_host_name_is_a_name(name: str) -> None:
    found = host_name(name)
    assert found in ("", name.rstrip("."))
    assert found.isprintable()
    assert "<" not in found


@pytest.mark.parametrize(
    "name", ["r1-a_b.example", "r1-a_b.example.", "_dns-sd._udp.local", "a" * 253]
)
def test_what_is_a_name(name: str) -> None:
    assert host_name(name) == name.rstrip(".")


@pytest.mark.parametrize("wrong", ["<script>", "a b", "\x1b[31m", "é", "a" * 254, "...", ""])
def test_what_is_none(wrong: str) -> None:
    assert host_name(wrong) == ""
