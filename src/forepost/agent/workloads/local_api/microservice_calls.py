"""What microservices ask, beside their sockets and messages."""

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import anyio.to_thread

from forepost.agent.edges.files.line_log import LineLog
from forepost.agent.edges.local.http_face import LocalAnswer, LocalRequest
from forepost.agent.workloads.local_api.asker import Asker, Mode, NotForYou, check_any, check_for
from forepost.agent.workloads.local_api.kept_configuration import KeptConfiguration
from forepost.agent.workloads.local_api.routes import JSON
from forepost.agent.workloads.local_api.words import NotDone, done, failed, fields, id_of
from forepost.agent.workloads.microservices import Microservices
from forepost.kit.clock import Clock

LOGS: Final = "microservice-logs"
LOG_BYTES: Final = 1 << 20
LOGS_KEPT: Final = 1
MOST_LOGS_OF_GONE: Final = 20
"""Microservices that are not wanted any more, whose lines stay."""
NO_LOGGER: Final = "Log message parsing error, Logger initialized null"
NO_PLACE: Final = "No coordinates are set"
Place = tuple[float, float]


class MicroserviceCalls:
    def __init__(
        self,
        mode: Mode,
        microservices: Microservices,
        configuration: KeptConfiguration,
        known_place: Callable[[], Place | None],
        resources: Callable[[], str],
        state_dir: Path,
        clock: Clock,
    ) -> None:
        """`known_place`: where the controller says that this site is. `resources`: its edge
        resources, as a JSON array.
        """
        self._mode, self._microservices, self._clock = mode, microservices, clock
        self._configuration, self._known_place = configuration, known_place
        self._resources, self._logs = resources, state_dir / LOGS

    async def config_get(self, request: LocalRequest, asker: Asker) -> LocalAnswer:
        uuid = id_of(fields(request))
        config = self._microservices.config_of(uuid)
        if config is None:
            check_any(asker, self._mode)
            raise NotDone(400, f"No configuration found for the id {uuid}")
        self.check(asker, uuid)
        return done({"status": "okay", "config": config})

    async def edge_resources(self, request: LocalRequest, asker: Asker) -> LocalAnswer:
        check_any(asker, self._mode)
        return done({"edgeResources": self._resources()})

    async def gps(self, request: LocalRequest, asker: Asker) -> LocalAnswer:
        check_any(asker, self._mode)
        if request.method == "GET":
            return self._place()
        if request.method != "POST":
            return failed(400, f"Not supported method: {request.method}")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
            return failed(400, "Incorrect content type")
        self._check_may_move(asker)
        said = fields(request)
        self._configuration.move(_degrees(said, "lat"), _degrees(said, "lon"))
        return done({"status": "okay"})

    async def log(self, request: LocalRequest, asker: Asker) -> LocalAnswer:
        said = fields(request, NO_LOGGER)
        uuid, kind, message = (said.get(key) for key in ("id", "type", "message"))
        if not (isinstance(uuid, str) and isinstance(kind, str) and isinstance(message, str)):
            raise NotDone(400, NO_LOGGER)
        if self._microservices.config_of(uuid) is None:
            check_any(asker, self._mode)
            raise NotDone(400, NO_LOGGER)
        self.check(asker, uuid)
        level = "INFO" if kind.lower() == "info" else "WARNING"
        line = f"{self._clock.now():%Y-%m-%dT%H:%M:%SZ} {level} {_in_one_line(message)}"
        await anyio.to_thread.run_sync(self._write, uuid, line.encode(errors="replace"))
        return done({"status": "okay"})

    def check(self, asker: Asker, uuid: str) -> None:
        """See that `asker` may ask for `uuid`. Raises NotForYou."""
        is_known = self._microservices.config_of(uuid) is not None
        is_on_host = is_known and self._microservices.is_on_host(uuid)
        check_for(asker, self._mode, uuid, is_known=is_known, is_on_host=is_on_host)

    def _check_may_move(self, asker: Asker) -> None:
        """A program of this host that is no microservice, nor trusted, needs the token for it."""
        if asker.is_operator or asker.microservice is not None or self._mode == "open":
            return
        statuses = self._microservices.statuses()
        if any(self._microservices.is_on_host(one.uuid) for one in statuses):
            return
        if not asker.is_trusted():
            raise NotForYou(401, "Authorization: the token of this host is needed")

    def _place(self) -> LocalAnswer:
        config = self._configuration.now
        found = config.place
        if config.gps_mode == "auto":
            found = self._known_place()
        if found is None:
            return failed(400, NO_PLACE)
        at_ms = int(self._clock.now().timestamp() * 1_000)
        latitude, longitude = map(str, found)
        return done({"status": "okay", "timestamp": at_ms, "lat": latitude, "lon": longitude})

    def _write(self, uuid: str, line: bytes) -> None:
        path = self._logs / f"{uuid}.log"
        is_new = not path.exists()
        LineLog(path, max_bytes=LOG_BYTES, keep=LOGS_KEPT).write([line])
        if is_new:
            self._remove_logs_of_gone()

    def _remove_logs_of_gone(self) -> None:
        """What a microservice wrote may be read when it is gone; that of many is not kept."""
        files: dict[str, list[Path]] = {}
        for path in self._logs.iterdir():
            uuid, dot, _ = path.name.rpartition(".log")
            if dot and self._microservices.config_of(uuid) is None:
                files.setdefault(uuid, []).append(path)
        newest = sorted(files, key=lambda uuid: max(_written_at(one) for one in files[uuid]))
        for uuid in newest[:-MOST_LOGS_OF_GONE]:
            for path in files[uuid]:
                path.unlink(missing_ok=True)


def _written_at(path: Path) -> float:
    with suppress(FileNotFoundError):
        return path.stat().st_mtime
    return 0.0


def _degrees(said: dict[str, Any], key: str) -> str:
    found = said.get(key)
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        raise NotDone(400, "Error with setting GPS")
    return str(found)


def _in_one_line(message: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]", lambda found: repr(found[0])[1:-1], message)
