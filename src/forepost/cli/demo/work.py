"""What the demo's agents run and do: microservices, and runs of jobs. Pure.

An agent is given documents as any other; how what it was given stands follows from its site and the
time since the demo began.
"""

import base64
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from math import sin
from typing import Any, Final

import msgspec

from forepost.cli.demo.sites import DemoSite
from forepost.cli.demo.troubles import LEEDS, PORTO, TURIN
from forepost.wire.jobs.delivery import (
    HOST,
    JOBS,
    RUNS,
    JobHost,
    JobsPart,
    RunOutput,
    RunReport,
    RunReports,
    WantedRun,
)
from forepost.wire.uplink.documents import HAVE, PROBES, HaveDocument
from forepost.wire.workloads.delivery import (
    REPORT,
    WORKLOADS,
    EngineStatus,
    MicroservicesReport,
    MicroserviceStatus,
    WorkloadsPart,
)
from forepost.wire.workloads.manifest import Microservice, fingerprint

Said = tuple[str, Any]
"""An event and its body."""

MIB: Final = 1 << 20
IMAGE_BYTES: Final = 640 * MIB
FILES: Final = 4
SLOW_BYTES_SEC: Final = 600_000
"""Porto's line is full; all others have the files at once."""
CLEANED: Final = "3 log files older than 14 days\nfreed 412 MiB\n"
FULL: Final = "tar: /var/log/archive.tar: write error: No space left on device\n"


class DemoWork:
    """Of one agent."""

    def __init__(self, site: DemoSite, start: float) -> None:
        """`start`: when the demo began, Unix seconds."""
        self._site, self._start = site, start
        self._microservices: list[Microservice] = []
        self._runs: list[WantedRun] = []
        self._kept: set[str] = set()

    def greeting(self) -> Iterator[Said]:
        yield HOST, JobHost(deviceid=_deviceid(self._site), listen=[], scripts=True)
        for document in (PROBES, WORKLOADS, JOBS):
            yield HAVE, HaveDocument(document=document, revision="")

    def take(self, document: str, bodies: Sequence[msgspec.Raw]) -> None:
        """What is wanted from now on, in all of its parts."""
        if document == WORKLOADS:
            parts = [msgspec.json.decode(one, type=WorkloadsPart) for one in bodies]
            self._microservices = [
                msgspec.json.decode(one, type=Microservice)
                for part in parts
                for one in part.microservices
            ]
        elif document == JOBS:
            wanted = [msgspec.json.decode(one, type=JobsPart) for one in bodies]
            self._runs = [
                msgspec.json.decode(one, type=WantedRun) for part in wanted for one in part.runs
            ]

    def kept(self, uids: Sequence[str]) -> None:
        """Ends that the controller keeps are not told again."""
        self._kept.update(uids)

    def said(self, now: float) -> Iterator[Said]:
        """How all that is wanted stands."""
        yield REPORT, self._microservices_at(now)
        runs = [self._run(one, now) for one in self._runs if one.uid not in self._kept]
        if runs:
            yield RUNS, RunReports(runs=runs)

    def _microservices_at(self, now: float) -> MicroservicesReport:
        engine = EngineStatus(version="24.0.7", api_version="1.43", since=_moment(self._start))
        statuses = [self._microservice(one, now) for one in self._microservices]
        return MicroservicesReport(engine=engine, microservices=statuses)

    def _microservice(self, wanted: Microservice, now: float) -> MicroserviceStatus:
        mark = fingerprint(wanted)
        known: dict[str, Any] = {
            "uuid": wanted.uuid,
            "name": wanted.name,
            "image": wanted.image,
            "wanted": mark,
        }
        if self._site.number == LEEDS and "till-gateway" in wanted.image:
            problem = f"{wanted.image}: manifest unknown"
            return MicroserviceStatus(**known, state="FAILED", problem=problem)
        wave = sin(now / 40 + self._site.number)
        return MicroserviceStatus(
            **known,
            state="RUNNING",
            health="healthy" if wanted.health.test else "none",
            running=mark,
            container_id=sha256(f"{self._site.number} {wanted.uuid}".encode()).hexdigest(),
            started_at=_moment(self._start),
            cpu_percent=round(3 + 2 * wave, 1),
            memory_bytes=int((84 + 6 * wave) * MIB),
        )

    def _run(self, wanted: WantedRun, now: float) -> RunReport:
        known: dict[str, Any] = {
            "run_id": wanted.run_id,
            "uid": wanted.uid,
            "job_id": wanted.job_id,
            "name": wanted.job.name,
            "started_at": _moment(self._start),
        }
        if wanted.wish == "cancel":
            ended: dict[str, Any] = {"state": "canceled", "status": "error", "reason": "cancelled"}
            return RunReport(**known, **ended, ended_at=_moment(now))
        if wanted.job.script is not None:
            return RunReport(**known, **self._script())
        return RunReport(**known, **self._transfer(wanted, now))

    def _script(self) -> dict[str, Any]:
        ended_at = _moment(self._start + 4)
        if self._site.number == TURIN:
            return {
                "state": "error",
                "status": "error",
                "reason": "the script ended with 2",
                "exit_code": 2,
                "output": RunOutput(head=FULL),
                "ended_at": ended_at,
            }
        return {
            "state": "finished",
            "status": "successfully finished",
            "exit_code": 0,
            "output": RunOutput(head=CLEANED),
            "ended_at": ended_at,
        }

    def _transfer(self, wanted: WantedRun, now: float) -> dict[str, Any]:
        is_source = wanted.job.permission == "rw"
        slow = self._site.number == PORTO
        done = int(max(0.0, now - self._start) * SLOW_BYTES_SEC) if slow else IMAGE_BYTES
        whole = done >= IMAGE_BYTES or is_source
        sizes = {
            "files_total": FILES,
            "files_completed": FILES if whole else FILES * done // IMAGE_BYTES,
            "size_total": IMAGE_BYTES,
            "size_completed": IMAGE_BYTES if whole else done,
        }
        if is_source and not (wanted.complete or wanted.incomplete):
            moving = {"up_speed": SLOW_BYTES_SEC, "peers_count": len(wanted.job.peers)}
            return {"state": "started", "status": "seeding", **sizes, **moving}
        if whole:
            ended = {"state": "finished", "status": "successfully finished"}
            return {**ended, **sizes, "ended_at": _moment(now)}
        moving = {"down_speed": SLOW_BYTES_SEC, "peers_count": 1}
        return {"state": "started", "status": "downloading", **sizes, **moving}


def _deviceid(site: DemoSite) -> str:
    return base64.b32encode(sha256(site.name.encode()).digest()[:20]).decode()


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
