"""What a controller says that is no JSON is refused as a whole, and nothing of it is used."""

import msgspec
import pytest

from forepost.agent.document import DocumentRefused
from forepost.agent.jobs.wanted import read_parts as read_jobs
from forepost.agent.workloads.wanted import read_parts as read_workloads


def test_a_text_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(DocumentRefused, match="not UTF-8"):
        read_jobs([msgspec.Raw(b'{"runs":[{"uid":"\x80"}]}')])
    with pytest.raises(DocumentRefused, match="not UTF-8"):
        read_workloads([msgspec.Raw(b'{"microservices":[{"uuid":"\x80"}]}')])
