"""The folder of a host's own manifests: what is spoilt ends nothing, what is gone ends."""

import logging
from pathlib import Path

import pytest

from forepost.agent.edges.files.manifest_folder import ManifestFolder
from forepost.agent.workloads.local_manifests import SUBJECT, LocalManifests
from forepost.kit.health import Health

ONE = b'{"uuid": "one", "image": "box:1"}'
TWO = b'{"uuid": "two", "image": "box:1"}'


class Site:
    def __init__(self, tmp_path: Path) -> None:
        self.folder, self.state = tmp_path / "workloads.d", tmp_path / "state"
        self.folder.mkdir()
        self.state.mkdir()
        self.health = Health(logging.getLogger("test"))
        self.manifests = self.begun()

    def begun(self) -> LocalManifests:
        """As at a start of the agent."""
        manifests = LocalManifests(ManifestFolder(self.folder), self.state, self.health)
        manifests.start()
        self.manifests = manifests
        return manifests

    def put(self, name: str, data: bytes) -> None:
        (self.folder / name).write_bytes(data)

    @property
    def uuids(self) -> list[str]:
        return [one.uuid for one in self.manifests.found.understood.values()]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_a_file_comes_changes_and_goes(site: Site) -> None:
    assert not site.manifests.look()
    site.put("a.json", ONE)
    assert site.manifests.look()
    assert site.uuids == ["one"]
    assert not site.manifests.look()
    site.put("a.json", ONE.replace(b"box:1", b"box:2"))
    assert site.manifests.look()
    (site.folder / "a.json").unlink()
    assert site.manifests.look()
    assert site.uuids == []


def test_a_file_that_went_while_the_agent_was_off_ends_its_microservice(site: Site) -> None:
    site.put("a.json", ONE)
    site.put("b.json", TWO)
    site.manifests.look()
    (site.folder / "a.json").unlink()
    site.begun()
    assert site.uuids == ["two"]


@pytest.mark.parametrize(
    "spoilt", [b"", b"{", b'{"uuid": "one", "imag": ""}', b"\xff", b"[" * 9_000]
)
def test_a_spoilt_file_is_named_and_what_it_said_goes_on(site: Site, spoilt: bytes) -> None:
    site.put("a.json", ONE)
    site.put("b.json", TWO)
    site.manifests.look()
    site.put("a.json", spoilt)
    site.manifests.look()
    for _ in range(2):
        assert site.uuids == ["one", "two"]
        assert list(site.manifests.found.problems) == ["a.json"]
        assert site.health.problems[SUBJECT].startswith("a.json: ")
        site.begun()
    site.put("a.json", ONE)
    site.manifests.look()
    assert site.health.problems == {}


def test_a_folder_that_is_away_ends_nothing(site: Site) -> None:
    site.put("a.json", ONE)
    site.manifests.look()
    site.folder.rename(site.folder.with_name("elsewhere"))
    assert not site.manifests.look()
    site.begun()
    assert site.uuids == ["one"]
    assert "what was there before goes on" in site.health.problems[SUBJECT]


def test_hidden_files_and_others_are_passed_over(site: Site) -> None:
    site.put(".a.json", ONE)
    site.put("a.json~", ONE)
    (site.folder / "folder.json").mkdir()
    site.manifests.look()
    assert site.uuids == []
    assert list(site.manifests.found.problems) == ["folder.json"]


def test_of_two_files_with_one_uuid_the_first_counts(site: Site) -> None:
    site.put("a.json", ONE)
    site.put("b.json", ONE)
    site.manifests.look()
    assert site.uuids == ["one"]
    assert site.manifests.found.problems == {"b.json": "uuid: one is that of a.json, which counts"}


def test_what_is_put_replaces_the_file_of_its_uuid(site: Site) -> None:
    site.put("a.json", ONE)
    site.manifests.look()
    one = site.manifests.found.understood["a.json"]
    site.manifests.put(one, ONE + b"\n")
    assert [path.name for path in site.folder.iterdir()] == ["a.json"]
    assert site.manifests.remove("one")
    site.manifests.look()
    assert not site.manifests.remove("one")
