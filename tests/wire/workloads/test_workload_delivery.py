"""What agents say of their microservices."""

import msgspec
import pytest

from forepost.wire.workloads.delivery import MicroserviceStatus


def said(**more: object) -> MicroserviceStatus:
    body = {"uuid": "a1", "state": "FAILED", **more}
    return msgspec.json.decode(msgspec.json.encode(body), type=MicroserviceStatus)


def test_a_problem_is_a_sentence() -> None:
    words = "no space on the device: 10 MB are left, 200 are needed"
    assert said(problem=words, refused=True).problem == words


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("problem", "a\0b"),
        ("problem", "x" * 501),
        ("name", "\0"),
        ("running", "two words"),
        ("restarts", -1),
        ("memory_bytes", 2**63),
        ("percent", 101),
        ("uuid", "../up"),
    ],
)
def test_what_no_store_keeps_is_refused(field: str, value: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        said(**{field: value})
