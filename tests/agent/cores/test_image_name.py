import pytest

from forepost.agent.cores.image_name import WrongRegistry, host_of, reference
from forepost.wire.workloads.delivery import Registry

OURS = Registry(name="ours", url="https://reg.example:5000/v2/", username="u", password="p")
HUB = Registry(name="1", url="registry.hub.docker.com")


@pytest.mark.parametrize(
    ("image", "host"),
    [
        ("box", "docker.io"),
        ("team/box:1", "docker.io"),
        ("docker.io/team/box", "docker.io"),
        ("localhost/box", "localhost"),
        ("reg.example/box", "reg.example"),
        ("reg:5000/team/box", "reg:5000"),
    ],
)
def test_the_registry_is_in_the_name(image: str, host: str) -> None:
    assert host_of(image) == host


@pytest.mark.parametrize(
    ("image", "registry", "full"),
    [
        ("box", None, "box:latest"),
        ("box:2", None, "box:2"),
        ("reg:5000/box", None, "reg:5000/box:latest"),
        ("box@sha256:ab", None, "box@sha256:ab"),
        ("team/box", HUB, "team/box:latest"),
        ("team/box:1", OURS, "reg.example:5000/team/box:1"),
        ("reg.example:5000/team/box:1", OURS, "reg.example:5000/team/box:1"),
    ],
)
def test_the_full_name(image: str, registry: Registry | None, full: str) -> None:
    assert reference(image, registry) == full


@pytest.mark.parametrize("image", ["evil.example/box", "docker.io/box", "reg.example/box"])
def test_a_password_goes_to_no_other_registry(image: str) -> None:
    with pytest.raises(WrongRegistry, match="not on the registry ours"):
        reference(image, OURS)
