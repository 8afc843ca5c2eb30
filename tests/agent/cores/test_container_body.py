"""The body that a container is made of."""

from typing import Any

from forepost.agent.cores.container_body import container_body
from forepost.wire.workloads.manifest import Microservice


def environment(asked: Microservice, **added: str) -> list[str]:
    body: dict[str, Any] = container_body(
        asked, image="i", agent="a", replaces="", gateway="", time_zone="", environment=added
    )
    return list(body["Env"])


def test_what_the_agent_adds_goes_before_what_the_manifest_says() -> None:
    asked = Microservice(uuid="m", image="i", env={"A": "1", "FOREPOST_TOKEN": "of the manifest"})
    assert environment(asked) == ["SELFNAME=m", "A=1", "FOREPOST_TOKEN=of the manifest"]
    found = environment(asked, FOREPOST_TOKEN="geheim")
    assert found == ["SELFNAME=m", "A=1", "FOREPOST_TOKEN=geheim"]
