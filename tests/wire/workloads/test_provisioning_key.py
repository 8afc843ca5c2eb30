"""The key that makes a host an agent: put together and taken apart by the same functions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.wire.base import MOST_ID
from forepost.wire.workloads.provisioning_key import provisioning_key, provisioning_parts

IDS = st.integers(1, MOST_ID)


@given(IDS, IDS, st.text("0123456789", min_size=6, max_size=32))
def test_what_is_made_is_read(workspace: int, agent: int, pin: str) -> None:
    key = provisioning_key(workspace, agent, pin)
    assert provisioning_parts(f" {key}\n") == (workspace, agent, pin)


@pytest.mark.parametrize(
    "key",
    ["", "1-2", "1-2-12345", "0-2-123456", "1-2-12345x", "1-99999999999-123456", "1-2-٣٣٣٣٣٣"],
)
def test_what_is_none_is_refused_without_a_word_of_it(key: str) -> None:
    with pytest.raises(ValueError, match="is no provisioning key") as refusal:
        provisioning_parts(key)
    assert not key or key not in str(refusal.value)
