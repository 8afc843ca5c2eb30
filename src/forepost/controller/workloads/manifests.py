"""Manifests between REST and the database: made whole, checked, written. Pure."""

from hashlib import sha256
from typing import Any, Final

import msgspec
from msgspec import UNSET

from forepost.controller.workloads.placement import ManifestHead
from forepost.kit.errors import Invalid
from forepost.wire.base import complaint
from forepost.wire.workloads.manifest import Microservice, fingerprint
from forepost.wire.workloads.rest import MicroservicePatch, NewMicroservice, spec_fields

MOST_MANIFEST: Final = 512 << 10
"""Bytes of one manifest as JSON, and of a body that brings one."""


class StoredManifest(msgspec.Struct, frozen=True):
    """A manifest as it is written down."""

    spec: Microservice
    text: str
    head: ManifestHead


def manifest_of(uuid: str, new: NewMicroservice) -> StoredManifest:
    """Raises Invalid."""
    return _stored({"uuid": uuid} | {name: getattr(new, name) for name in spec_fields()})


def changed_manifest(old: Microservice, patch: MicroservicePatch) -> StoredManifest:
    """The manifest with the fields that are named. Raises Invalid."""
    fields: dict[str, Any] = {name: getattr(old, name) for name in ("uuid", *spec_fields())}
    for name in spec_fields():
        if (value := getattr(patch, name)) is not UNSET:
            fields[name] = value
    return _stored(fields)


def renamed(text: str, name: str) -> StoredManifest:
    """A manifest that is kept, under this name."""
    return _stored(msgspec.structs.asdict(read_manifest(text)) | {"name": name})


def read_manifest(text: str) -> Microservice:
    return msgspec.json.decode(text, type=Microservice)


def _stored(fields: dict[str, Any]) -> StoredManifest:
    try:
        spec = msgspec.convert(msgspec.to_builtins(fields), Microservice)
    except msgspec.ValidationError as error:
        raise Invalid(complaint(error, Microservice)) from None
    text = msgspec.json.encode(spec, order="deterministic").decode()
    if len(text.encode()) > MOST_MANIFEST:
        raise Invalid(f"body: a manifest of more than {MOST_MANIFEST} bytes")
    digest = sha256(text.encode()).hexdigest()[:16]
    return StoredManifest(spec, text, ManifestHead(digest, fingerprint(spec), spec.registry))


def check_placement(agents: Any, labels: Any) -> None:
    """Raises Invalid."""
    if agents and labels:
        raise Invalid("labels: either agents or labels say for whom it is: leave one of them empty")
