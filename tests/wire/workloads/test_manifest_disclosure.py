"""What a VIEWER sees of a manifest."""

import msgspec

from forepost.wire.workloads.disclosure import PUBLIC_FIELDS, public_spec
from forepost.wire.workloads.manifest import HealthCheck, Microservice, WorkloadSpec

FULL = Microservice(
    uuid="a1",
    name="sensor",
    image="hub.example/sensor:1",
    cmd=["run", "--password=s3cret"],
    env={"TOKEN": "s3cret", "MODE": "s3cret"},
    health=HealthCheck(test=["curl", "s3cret"], interval=7),
    config={"key": {"deep": "s3cret"}},
)


def test_of_what_may_be_a_password_the_names_are_shown() -> None:
    seen = public_spec(FULL)
    assert b"s3cret" not in msgspec.json.encode(seen)
    assert seen.env == {"TOKEN": "***", "MODE": "***"}
    assert (seen.cmd, seen.config, seen.health.test) == (["***"], "***", ["***"])
    assert (seen.image, seen.health.interval) == (FULL.image, 7)


def test_what_is_empty_stays_so() -> None:
    plain = Microservice(uuid="a1", name="sensor")
    assert public_spec(plain) == plain


def test_every_field_is_decided_about() -> None:
    """A new one is hidden until it is named in PUBLIC_FIELDS, or here."""
    assert set(WorkloadSpec.__struct_fields__) - PUBLIC_FIELDS == {"cmd", "env", "config"}
