"""What a key said, as an agent finds it at its start: whole, spoilt, used, or half left."""

import logging
from pathlib import Path

import msgspec
import pytest

from forepost.agent.node import IDENTITY, RETIRED, Identity, Node
from forepost.agent.settings import Settings
from forepost.agent.uplink.provisioned import PROVISIONED, Provisioned, with_provisioned
from forepost.kit.health import Health
from forepost.kit.state_file import StateFile, sealed
from tests.fakes.clock import START
from tests.fakes.harmed_files import DAMAGES

HERE = Identity(url="http://a", workspace_id=1, agent_id=7, psk="k")
KNOWN = Provisioned(url="http://a", workspace_id=1, agent_id=7, pin="")
WANTED = "wanted-workloads.json"


@pytest.fixture
def node(tmp_path: Path) -> Node:
    made = Node(name="", version="", state_dir=tmp_path, started_at=START)
    made.keep(HERE)
    (tmp_path / WANTED).write_bytes(b"{}")
    keep(made, KNOWN)
    return made


def keep(node: Node, what: Provisioned) -> None:
    (node.state_dir / PROVISIONED).write_bytes(sealed(msgspec.json.encode(what)))


def begun(node: Node) -> tuple[str, int, int, str]:
    found = with_provisioned(Settings(), node, Health(logging.getLogger("test"))).uplink
    return found.url, found.workspace_id, found.agent_id, found.pin


def kept(node: Node) -> Provisioned | None:
    decode = msgspec.json.Decoder(Provisioned).decode
    return StateFile(node.state_dir / PROVISIONED, decode).load()


def test_a_used_pin_is_kept_no_more(node: Node) -> None:
    keep(node, msgspec.structs.replace(KNOWN, pin="123456789"))
    for _ in range(2):
        assert begun(node)[:3] == ("http://a", 1, 7)
        assert kept(node) == KNOWN


def test_one_that_was_not_used_goes_on(node: Node) -> None:
    (node.state_dir / IDENTITY).unlink()
    new = msgspec.structs.replace(KNOWN, pin="123456789")
    keep(node, new)
    assert begun(node) == ("http://a", 1, 7, "123456789")
    assert kept(node) == new


@pytest.mark.parametrize("harm", ["flip", "cut", "empty", "be_a_folder"])
def test_a_damaged_one_is_made_of_the_identity(node: Node, harm: str) -> None:
    DAMAGES[harm](node.state_dir / PROVISIONED)
    for _ in range(2):
        assert begun(node) == ("http://a", 1, 7, "")
    assert kept(node) == KNOWN


@pytest.mark.parametrize("harm", ["flip", "cut", "empty", "be_a_folder"])
def test_a_damaged_identity_is_none_that_was_left(node: Node, harm: str) -> None:
    """What it wanted goes on: somebody may bring the key back."""
    DAMAGES[harm](node.state_dir / IDENTITY)
    for _ in range(2):
        assert begun(node) == ("http://a", 1, 7, "")
    assert (node.state_dir / WANTED).exists()
    assert kept(node) == KNOWN


def test_one_whose_key_was_put_aside_is_forgotten(node: Node) -> None:
    node.retire()
    assert begun(node) == ("", 0, 0, "")
    assert {one.name for one in node.state_dir.iterdir()} == {RETIRED}


def test_one_that_was_left_is_left_but_no_other(node: Node) -> None:
    keep(node, msgspec.structs.replace(KNOWN, is_leaving=True))
    other = msgspec.structs.replace(HERE, agent_id=8)
    node.keep(other)
    assert begun(node) == ("", 0, 0, "")
    assert node.identity() == other
    assert (node.state_dir / WANTED).exists()
    assert kept(node) is None
