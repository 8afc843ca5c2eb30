"""Packets travel on a cable between two namespaces, and nowhere else."""

from collections.abc import Iterator

import pytest

from tests.lab.net import Namespace, pair


@pytest.fixture
def cable() -> Iterator[tuple[Namespace, Namespace]]:
    """Without addresses, and without the chatter of IPv6."""
    with pair(near=(), far=()) as ends:
        for end in ends:
            end.sysctl("net.ipv6.conf.cable.disable_ipv6", "1")
        yield ends
