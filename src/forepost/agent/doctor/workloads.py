"""Checks of what microservices need: an engine that answers, and room for images."""

from contextlib import suppress
from typing import Final

import anyio
import msgspec

from forepost.agent.doctor.case import Case
from forepost.agent.edges.host import abilities
from forepost.agent.ports.containers import EngineAway, EngineFacts, EngineRefused
from forepost.wire.local.doctor import Finding

CHECK: Final = "container-engine"
NEEDED_BY: Final = ("workloads",)
WITHIN_SEC: Final = 10.0
GIB: Final = 1 << 30
INSTALL: Final = "pip install 'forepost[containers]'"
GRANT: Final = (
    "start the engine (systemctl start docker), let the agent's user have its socket (group"
    " docker), or set workloads.docker_url"
)


def engine(case: Case) -> Finding:
    """The engine answers, in a version that both sides speak, and has room for images."""
    section = case.settings.workloads
    configured = section.engine != "off"
    if section.engine == "process":
        return Finding(check=CHECK, state="off", detail="microservices are processes here")
    if not abilities.has_module("aiodocker"):
        found = case.finding(CHECK, "the package aiodocker is not there", NEEDED_BY, grant=INSTALL)
    elif isinstance(facts := anyio.run(_facts, section.docker_url), str):
        found = case.finding(CHECK, facts, NEEDED_BY, grant=GRANT)
    else:
        found = case.finding(
            CHECK,
            _short_of(facts, section.prune_threshold_percent),
            NEEDED_BY,
            detail=f"version {facts.version}, API {facts.api_version}{_room(facts)}",
            grant="make room there: `forepost prune` removes images that nobody needs any more",
        )
    if found.state == "lacks" and not configured:
        return Finding(check=CHECK, state="off", detail=found.detail)
    return msgspec.structs.replace(found, configured=configured)


async def _facts(url: str) -> EngineFacts | str:
    """What the engine says of itself, or why it says nothing."""
    # aiohttp: 20 MiB that `forepost doctor` of a host without microservices does not need
    from forepost.agent.edges.containers.docker import DockerEngine  # noqa: PLC0415

    engine = DockerEngine(url, "doctor", lambda: "")
    try:
        with anyio.fail_after(WITHIN_SEC):
            return await engine.facts()
    except (EngineAway, EngineRefused) as error:
        return f"{url}: {error}"
    except TimeoutError:
        return f"{url}: no answer within {WITHIN_SEC:.0f} s"
    finally:
        with suppress(EngineAway):
            await engine.close()


def _short_of(facts: EngineFacts, threshold_percent: float) -> str:
    free = facts.free_bytes / facts.size_bytes * 100 if facts.size_bytes else 100.0
    if free >= threshold_percent:
        return ""
    return (
        f"{free:.0f} % of the disk of {facts.root_dir} are free; below {threshold_percent:g} %"
        " images are removed (workloads.prune_threshold_percent)"
    )


def _room(facts: EngineFacts) -> str:
    if not facts.size_bytes:
        return ""
    return f", {facts.free_bytes / GIB:.0f} GiB free in {facts.root_dir}"
