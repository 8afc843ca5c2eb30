"""The body that a container is made of."""

from typing import Any

from forepost.agent.cores.container_body import container_body
from forepost.wire.workloads.manifest import Microservice


def environment(asked: Microservice, token: str = "") -> list[str]:
    body: dict[str, Any] = container_body(
        asked, image="i", agent="a", replaces="", gateway="", time_zone="", token=token
    )
    return list(body["Env"])


def test_a_token_is_in_the_environment_where_there_is_one() -> None:
    asked = Microservice(uuid="m", image="i", env={"A": "1", "FOREPOST_TOKEN": "of the manifest"})
    assert environment(asked) == ["SELFNAME=m", "A=1", "FOREPOST_TOKEN=of the manifest"]
    assert environment(asked, "geheim") == ["SELFNAME=m", "FOREPOST_TOKEN=geheim", "A=1"]
