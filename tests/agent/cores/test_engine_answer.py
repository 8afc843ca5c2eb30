import pytest

from forepost.agent.cores.engine_answer import (
    UnknownVersions,
    api_version,
    reason,
    refusal_kind,
    runs_here,
)


@pytest.mark.parametrize(
    ("newest", "oldest", "chosen"),
    [
        ("1.41", "1.12", "v1.41"),
        ("1.52", "1.44", "v1.47"),
        ("1.41", "", "v1.41"),
        ("1.47", "1.47", "v1.47"),
    ],
)
def test_a_version_that_both_know(newest: str, oldest: str, chosen: str) -> None:
    assert api_version(newest, oldest) == chosen


@pytest.mark.parametrize(("newest", "oldest"), [("1.24", "1.12"), ("1.99", "1.60"), ("x", "1.12")])
def test_no_version_that_both_know(newest: str, oldest: str) -> None:
    with pytest.raises(UnknownVersions):
        api_version(newest, oldest)


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (500, "write /var/lib/x: no space left on device", "space"),
        (409, 'Conflict. The container name "/x" is already in use by container "y"', "conflict"),
        (500, "Bind for 0.0.0.0:80 failed: port is already allocated", "conflict"),
        (404, "No such container: 12", "gone"),
        (404, "No such image: box:1", "no_image"),
        (404, "manifest for reg:5000/box:1 not found: manifest unknown", "no_image"),
        (0, "Get https://reg/v2/: dial tcp: lookup reg: no such host", "registry"),
        (500, "Get x: unauthorized: authentication required", "registry"),
        (0, "no matching manifest for linux/amd64 in the manifest list entries", "architecture"),
        (500, "something else", "other"),
    ],
)
def test_what_a_refusal_is_about(status: int, text: str, kind: str) -> None:
    assert refusal_kind(status, text) == kind


@pytest.mark.parametrize(
    ("image", "host", "runs"),
    [
        ("amd64", "x86_64", True),
        ("386", "amd64", True),
        ("arm64", "amd64", False),
        ("arm", "arm64", True),
        ("amd64", "aarch64", False),
        ("", "amd64", True),
        ("riscv64", "", True),
    ],
)
def test_which_images_run_here(image: str, host: str, runs: bool) -> None:
    assert runs_here(image, host) is runs


def test_a_reason_is_the_same_each_time() -> None:
    said = "Bind for 0.0.0.0:80 failed: port is already allocated"
    long = "driver failed programming external connectivity on endpoint web_1 (2b3663d41a): "
    assert reason(long + said) == reason(said) == said
