"""A host that becomes another agent: what waits in its spool is the first one's."""

from pathlib import Path

import msgspec
import pytest

from forepost.agent.node import RETIRED, Identity, Node
from forepost.agent.uplink.foreign_spool import (
    ASIDE,
    MARK,
    SPOOL,
    is_another,
    is_foreign,
    mark,
    put_aside,
)
from tests.fakes.clock import START

ONE = Identity(url="http://a", workspace_id=1, agent_id=1, psk="one")
TWO = Identity(url="http://b", workspace_id=1, agent_id=2, psk="two")


@pytest.fixture
def node(tmp_path: Path) -> Node:
    (tmp_path / SPOOL).mkdir()
    (tmp_path / SPOOL / "segment").write_text("of one")
    return Node(name="", version="", state_dir=tmp_path, started_at=START)


def test_who_is_another(node: Node) -> None:
    assert not is_another(node, ONE)  # it was none
    node.keep(ONE)
    assert not is_another(node, msgspec.structs.replace(ONE, psk="new", url="http://moved"))
    assert is_another(node, TWO)
    node.retire()
    assert not is_another(node, ONE)
    assert is_another(node, msgspec.structs.replace(ONE, url="http://b"))
    (node.state_dir / RETIRED).write_text("spoilt")
    assert not is_another(node, TWO)


def test_what_is_foreign_is_put_aside_once(node: Node) -> None:
    node.keep(ONE)
    mark(node.state_dir, TWO.psk)
    assert not is_foreign(node)
    node.keep(TWO)
    assert is_foreign(node)
    (node.state_dir / ASIDE).mkdir()
    put_aside(node)
    assert (node.state_dir / ASIDE / "segment").read_text() == "of one"
    assert not (node.state_dir / SPOOL).exists()
    (node.state_dir / SPOOL).mkdir()
    put_aside(node)
    assert (node.state_dir / SPOOL).exists()


def test_a_key_that_was_never_kept_puts_nothing_aside(node: Node) -> None:
    """Killed between the mark and the key: the host is still the first agent."""
    node.keep(ONE)
    mark(node.state_dir, TWO.psk)
    put_aside(node)
    assert (node.state_dir / SPOOL / "segment").exists()
    assert not (node.state_dir / MARK).exists()
