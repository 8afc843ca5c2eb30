"""Provisioning keys: there and back, and what is none."""

import pytest

from forepost.wire.workloads.provisioning_key import ProvisioningKey, WrongKey, read_key


def test_a_key_is_read_as_it_was_written() -> None:
    key = ProvisioningKey(3, 17, "123456789")
    assert str(key) == "3-17-123456789"
    assert read_key(f" {key}\n") == key


@pytest.mark.parametrize(
    "text", ["", "abc", "0-1-123456", "1-1-", "1-1-12 456", "1-1-123456-9", "9999999999-1-123456"]
)
def test_what_is_no_key_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(WrongKey) as wrong:
        read_key(text)
    assert str(wrong.value).startswith("Invalid Provisioning Key")
    assert not text or text not in str(wrong.value)
