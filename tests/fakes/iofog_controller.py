"""An ioFog Controller, 3.0 or 3.7, small and real: it keeps its state, and is asked over HTTP.

As both were seen to answer: nulls in the settings, 500 where a status lacks a field, a key that is
good once, a JWT that is refused the second time.
"""

import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

Version = Literal["3.0", "3.7"]
FLAGS = {
    "3.0": (
        "config", "version", "reboot", "deleteNode", "microserviceList", "microserviceConfig",
        "routing", "registries", "tunnel", "diagnostics", "isImageSnapshot", "prune",
        "routerChanged", "linkedEdgeResources",
    ),
    "3.7": (
        "config", "version", "reboot", "deleteNode", "microserviceList", "microserviceConfig",
        "registries", "tunnel", "diagnostics", "isImageSnapshot", "prune", "routerChanged",
        "linkedEdgeResources", "volumeMounts", "execSessions", "microserviceLogs", "fogLogs",
    ),
}  # fmt: skip
CONFIG = {
    "networkInterface": "dynamic", "dockerUrl": "unix:///var/run/docker.sock", "diskLimit": 50,
    "diskDirectory": "/var/lib/iofog-agent/", "memoryLimit": 4096, "cpuLimit": 80, "logLimit": 10,
    "logDirectory": "/var/log/iofog-agent/", "logFileCount": 10, "statusFrequency": 10,
    "changeFrequency": 10, "deviceScanFrequency": 60, "watchdogEnabled": True, "latitude": None,
    "longitude": None, "logLevel": "INFO", "availableDiskThreshold": 90, "timeZone": None,
    "dockerPruningFrequency": 0,
}  # fmt: skip
MICROSERVICE = {
    "uuid": "", "imageId": "box:1", "config": "{}", "rebuild": False, "rootHostAccess": False,
    "logSize": 10, "registryId": 1, "portMappings": [], "volumeMappings": [],
    "imageSnapshot": None, "delete": False, "deleteWithCleanup": False, "env": [],
    "extraHosts": [], "cmd": [], "routes": [], "isConsumer": False,
}  # fmt: skip


class IofogController:
    def __init__(self, version: Version) -> None:
        self.version = version
        self.key = "a8bYw3Kp" if version == "3.0" else "0b0f5f2e-90c2-4b7e-a86e-09d1b9f8f6d1"
        """The provisioning key; "" when it is used."""
        self.uuid = "4hTzXw3bHqsJkPdRr7VnM9cFy2LxTg6B"
        self.token = "h7LwMq2VbNcXz9Rt"
        self.private_key = Ed25519PrivateKey.generate()
        self.microservices: list[dict[str, Any]] = []
        self.registries: list[dict[str, Any]] = [
            {"id": 1, "url": "registry.hub.docker.com", "isPublic": True, "username": ""},
            {"id": 2, "url": "from_cache", "isPublic": True, "username": ""},
        ]
        self.volume_mounts: list[dict[str, Any]] = []
        self.edge_resources: list[dict[str, Any]] = []
        self.flags: set[str] = set()
        self.updated = 1
        self.statuses: list[dict[str, Any]] = []
        self.settings: dict[str, Any] = {}
        self.asked: list[str] = []
        self.deprovisioned: list[str] | None = None
        self.refuses = 0
        """How many of the next requests of the agent are refused with 401."""
        self.port = 0
        self._seen: set[str] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def want(self, **said: Any) -> None:
        """Have a microservice, or change it."""
        self.microservices = [one for one in self.microservices if one["uuid"] != said["uuid"]]
        self.microservices.append({**MICROSERVICE, **said})
        self.flag("microserviceList")

    def flag(self, *names: str) -> None:
        self.flags |= set(names)
        self.updated += 1

    @contextmanager
    def serving(self) -> Iterator["IofogController"]:
        controller = self

        class Handler(_Handler):
            answers = controller

        server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = server.server_port
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def answer(self, method: str, path: str, authorization: str, body: Any) -> tuple[int, Any]:
        """Return status and body of one request below the base address."""
        self.asked.append(f"{method} {path}")
        if (method, path) == ("GET", "status"):
            version = {"controller": "3.0.4" if self.version == "3.0" else "3.7.3"}
            return 200, {"status": "online", "timestamp": 1, "uptimeSec": 9, "versions": version}
        if (method, path) == ("POST", "agent/provision"):
            return self._provision(body)
        if not self._knows(authorization):
            return 401, {"name": "AuthenticationError", "message": "Invalid credentials"}
        return self._of_agent(method, path, body)

    def _provision(self, body: Any) -> tuple[int, Any]:
        if "type" not in body:
            return 400, {"name": "ValidationError", "message": "Required field 'type' is missing"}
        if not self.key or body.get("key") != self.key:
            return 404, {"name": "NotFoundError", "message": "Invalid Provisioning Key"}
        self.key = ""
        if self.version == "3.0":
            return 200, {"uuid": self.uuid, "token": self.token}
        jwk = {"kty": "OKP", "crv": "Ed25519", "d": _text(self.private_key.private_bytes_raw())}
        private = base64.b64encode(json.dumps(jwk).encode()).decode()
        return 200, {"uuid": self.uuid, "privateKey": private, "namespace": "iofog"}

    def _knows(self, authorization: str) -> bool:
        if self.refuses:
            self.refuses -= 1
            return False
        if self.version == "3.0":
            return authorization == self.token
        said, _, signature = authorization.removeprefix("Bearer ").rpartition(".")
        try:
            self.private_key.public_key().verify(_bytes(signature), said.encode())
            claims = json.loads(_bytes(said.partition(".")[2]))
        except (InvalidSignature, ValueError):
            return False
        new = claims["jti"] not in self._seen
        self._seen.add(claims["jti"])
        is_theirs = claims["sub"] == self.uuid and claims["iss"] == "iofog-agent"
        return is_theirs and new and claims["iat"] <= time.time() < claims["exp"]

    def _of_agent(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        if method == "GET":
            return self._told(path)
        last_updated = self._changes()["lastUpdated"]
        match method, path:
            case "PATCH", "agent/config/changes":
                if body["lastUpdated"] == last_updated:
                    self.flags.clear()
                return 200, {}
            case "PATCH", "agent/config":
                if any(isinstance(value, float) for value in body.values()):
                    return 400, {"name": "ValidationError", "message": "is not an integer"}
                self.settings |= body
            case "PUT", "agent/status":
                needs = ["microserviceStatus", *["warningMessage"] * (self.version == "3.7")]
                if not all(isinstance(body.get(name), str) for name in needs):
                    return 500, {"name": "InternalError", "message": "undefined"}
                self.statuses.append(body)
            case ("POST", "agent/deprovision") | ("DELETE", "agent/delete-node"):
                self.deprovisioned = body["microserviceUuids"] if body else []
            case _:
                return 404, {"name": "NotFoundError", "message": "Not found"}
        return 204, None

    def _told(self, path: str) -> tuple[int, Any]:
        microservices = [dict(one) for one in self.microservices]
        found: dict[str, Any] = {
            "agent/config/changes": self._changes(),
            "agent/config": CONFIG,
            "agent/microservices": {"microservices": microservices},
            "agent/registries": {"registries": self.registries},
            "agent/edgeResources": {"edgeResources": self.edge_resources},
        }
        if self.version == "3.7":
            found["agent/volumeMounts"] = {"volumeMounts": self.volume_mounts}
        if path not in found:
            return 404, {"name": "NotFoundError", "message": "Not found"}
        if path == "agent/microservices":
            for one in self.microservices:
                one["rebuild"] = False  # said once
        return 200, found[path]

    def _changes(self) -> dict[str, Any]:
        said = {name: name in self.flags for name in FLAGS[self.version]}
        return {**said, "lastUpdated": f"2026-11-29T00:00:{self.updated:02}.000Z"}


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class _Handler(BaseHTTPRequestHandler):
    answers: IofogController
    protocol_version = "HTTP/1.1"

    def _do(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        said = json.loads(body) if body else None
        base, _, path = self.path.partition("/api/v3/")
        shown = self.headers.get("authorization", "")
        status, found = 404, {"name": "NotFoundError", "message": "Not found"}
        if not base:
            status, found = self.answers.answer(self.command, path, shown, said)
        data = b"" if found is None else json.dumps(found).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _do  # noqa: N815 - as the library asks

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""
