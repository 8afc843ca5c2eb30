"""What is said of a value that is none of a list."""

from typing import Any

import msgspec
import pytest

from forepost.wire.allowed import MOST, allowed_at
from forepost.wire.base import complaint
from forepost.wire.jobs.job import Job
from forepost.wire.jobs.rest import NewJob
from forepost.wire.rest.apply import Document

TYPES = "consolidation, distribution, folder, script"


def said(kind: Any, value: Any) -> str:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert(value, kind)
    return complaint(refused.value, kind)


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (
            Job,
            {"name": "j", "type": "mirror", "path": "/x"},
            f"type: invalid enum value 'mirror': not one of {TYPES}",
        ),
        (
            NewJob,
            {"name": "j", "type": "folder", "agents": [{"agent_id": 1, "permission": "w"}]},
            "agents[0].permission: invalid enum value 'w': not one of ro, rw",
        ),
        (
            NewJob,
            {"name": "j", "type": "folder", "transfer": {"durability": "some"}},
            "transfer.durability: invalid enum value 'some': not one of batch, full, none",
        ),
        (Document, {"forepost": 2}, "forepost: invalid enum value 2: not one of 1"),
        (dict[str, Job], {"a": 3}, "[...]: expected `object`, got `int`"),
    ],
)
def test_what_is_allowed_is_listed(kind: Any, value: Any, text: str) -> None:
    assert said(kind, value) == text


def test_without_a_type_it_is_said_as_before() -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert({"name": "j", "type": "mirror", "path": "/x"}, Job)
    assert complaint(refused.value) == "type: invalid enum value 'mirror'"


def test_a_path_that_leads_nowhere_lists_nothing() -> None:
    for path in ("", ".nothing", ".name", "[0]", ".peers[0].nothing", ".peers[...", ".a`"):
        assert allowed_at(Job, path) == []
    assert len(allowed_at(Job, ".type")) < MOST
