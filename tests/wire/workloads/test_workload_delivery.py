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


@pytest.mark.parametrize(
    ("more", "is_well"),
    [
        ({"state": "RUNNING"}, True),
        ({"state": "RUNNING", "health": "healthy"}, True),
        ({"state": "RUNNING", "health": "unhealthy"}, False),
        ({"state": "RUNNING", "health": "starting"}, False),
        ({"state": "RESTARTING"}, False),
        ({"state": "UPDATING"}, False),
        ({"state": "RUNNING", "running": "2"}, False),
        ({"state": "RUNNING", "running": "", "wanted": ""}, False),
    ],
)
def test_well_is_what_runs_as_it_is_wanted_and_is_healthy(
    more: dict[str, str], *, is_well: bool
) -> None:
    assert said(**{"wanted": "1", "running": "1", **more}).is_well is is_well
