"""Verbs of the control socket about microservices: what is asked, and what is answered."""

from typing import Annotated

import msgspec
from msgspec import Meta

from forepost.wire.base import Wire
from forepost.wire.workloads.delivery import EngineStatus, MicroserviceStatus

LIST = "ms.ls"
LOGS = "ms.logs"
RESTART = "ms.restart"
DEPLOY = "ms.deploy"
REMOVE = "ms.rm"
PRUNE = "ms.prune"
PROVISION = "provision"
DEPROVISION = "deprovision"
CONFIG = "local_api.config"
SET_CONFIG = "local_api.set_config"
ROTATE_TOKEN = "local_api.rotate_token"  # noqa: S105 - a verb


class Nothing(Wire, frozen=True):
    """There is nothing to say."""


class NamedMicroservice(Wire, frozen=True, kw_only=True):
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    """A uuid, or a name that only one has."""


class MicroserviceList(Wire, frozen=True, kw_only=True):
    """Answer of `ms.ls`."""

    engine: EngineStatus
    microservices: list[MicroserviceStatus]
    problems: dict[str, str] = {}
    """Manifests of this host's folder that are not used as they are, and why; by file."""


class LogsOf(NamedMicroservice, frozen=True, kw_only=True):
    """Answered by lists of `LogLine`."""

    tail: Annotated[int, Meta(ge=0, le=1_000_000)] = 100
    follow: bool = False


class DeployedManifest(Wire, frozen=True, kw_only=True):
    manifest: msgspec.Raw
    """A `Microservice`, with a uuid or without: then it replaces the one of its name, if there is
    one.
    """


class DeployedAs(Wire, frozen=True, kw_only=True):
    uuid: str
    refused: str = ""
    """Why this site will not run it: it is kept, and shown."""


class PrunedImages(Wire, frozen=True, kw_only=True):
    images: int
    bytes: int


class ProvisionBy(Wire, frozen=True, kw_only=True):
    key: Annotated[str, Meta(min_length=1, max_length=200)]
    url: Annotated[str, Meta(max_length=2_000)] = ""
    """Of the controller; empty: that of the settings."""


class ProvisionedAs(Wire, frozen=True, kw_only=True):
    uuid: str


class ShownConfig(Wire, frozen=True, kw_only=True):
    """Answer of `local_api.config`."""

    info: dict[str, str]
    """As `/v2/info` says it."""
    set: dict[str, str] = {}
    """What was set over the settings, by the keys of `/v2/config`."""
    keys: list[str] = []
    """What may be set."""


class ChangedConfig(Wire, frozen=True, kw_only=True):
    refused: dict[str, str] = {}
    """By key, why it was not taken."""


class RotatedToken(Wire, frozen=True, kw_only=True):
    token_file: str
