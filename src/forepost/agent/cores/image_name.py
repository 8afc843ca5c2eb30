"""Names of images: which registry one is on, and whether a password may go there. Pure."""

from typing import Final

from forepost.wire.workloads.delivery import Registry

HUB: Final = "docker.io"
_ALSO_HUB: Final = {"", "docker.io", "index.docker.io", "registry-1.docker.io", "hub.docker.com",
                    "registry.hub.docker.com"}  # fmt: skip
FROM_CACHE: Final = "from_cache"
"""The registry of images that are never pulled."""


class WrongRegistry(ValueError):
    """The image is not on the registry that is named; the text says so."""


def host_of(image: str) -> str:
    """The registry of an image: what is before the first slash, where that looks like a host."""
    first, slash, _ = image.partition("/")
    is_host = slash and ("." in first or ":" in first or first == "localhost")
    return first if is_host and first not in _ALSO_HUB else HUB


def registry_host(url: str) -> str:
    """HOST[:PORT] of a registry."""
    bare = url.split("://", 1)[-1].split("/", 1)[0]
    return HUB if bare in _ALSO_HUB else bare


def reference(image: str, registry: Registry | None) -> str:
    """The full name of an image, with its tag. One without a host is on the registry that is named.

    Raises WrongRegistry where another host is in its name: the password is not for that one.
    """
    if registry is not None and registry.name != FROM_CACHE:
        wanted, named = registry_host(registry.url), host_of(image)
        if named == HUB != wanted and not image.startswith(f"{HUB}/"):
            image = f"{wanted}/{image}"
        elif named != wanted:
            raise WrongRegistry(f"{image} is not on the registry {registry.name} ({wanted})")
    _, _, last = image.rpartition("/")
    return image if ":" in last or "@" in last else f"{image}:latest"
