"""A registry of images (Debian's docker-registry) in the namespace of a container engine."""

import base64
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.free_ports import free_port
from tests.lab.container_engine import ContainerEngine
from tests.running import until

USER, PASSWORD = "reader", "open sesame"
BCRYPT: Final = "$2b$05$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW"
"""Of PASSWORD."""


class ImageRegistry:
    def __init__(self, folder: Path, engine: ContainerEngine, *, locked: bool) -> None:
        self._folder, self._engine, self.locked = folder, engine, locked
        self.port = free_port()
        self.child: subprocess.Popen[bytes] | None = None

    @property
    def host(self) -> str:
        """As names of images begin."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        config = self._folder / "registry.yml"
        (self._folder / "htpasswd").write_text(f"{USER}:{BCRYPT}\n")
        auth = {"htpasswd": {"realm": "lab", "path": str(self._folder / "htpasswd")}}
        config.write_text(
            json.dumps(
                {
                    "version": "0.1",
                    "storage": {"filesystem": {"rootdirectory": str(self._folder / "images")}},
                    "http": {"addr": self.host},
                    **({"auth": auth} if self.locked else {}),
                }
            )
        )
        with (self._folder / "registry.log").open("ab") as log:
            self.child = subprocess.Popen(
                [
                    "nsenter",
                    f"--net=/run/netns/{self._engine.place.name}",
                    "docker-registry",
                    "serve",
                    str(config),
                ],
                stdout=log,
                stderr=log,
            )
        until(self._listens, 30, (self._folder / "registry.log").read_text)

    def _listens(self) -> bool:
        port = f":{self.port}"
        return port in self._engine.place.run("ss", "-ltnH", "sport", "=", port)

    def end(self) -> None:
        if self.child is not None:
            self.child.kill()
            self.child.wait(30)

    def put(self, name: str, *, more: bytes = b"", local: bool = False) -> str:
        """Have an image of busybox in the registry; its full name. `local`: in the engine too."""
        full = f"{self.host}/{name}"
        self._engine.put_image(full, more=more)
        said = {"username": USER, "password": PASSWORD, "serveraddress": self.host}
        header = base64.urlsafe_b64encode(json.dumps(said).encode()).decode()
        repository, _, tag = full.rpartition(":")
        told = self._engine.ask(
            "POST",
            f"/images/{repository}/push",
            params={"tag": tag},
            headers={"X-Registry-Auth": header},
        )
        assert "errorDetail" not in str(told), told
        if not local:
            self._engine.ask("DELETE", f"/images/{full}")
        return full

    def put_archive(self, name: str, archive: bytes) -> str:
        """Have an image in the registry that the engine never had."""
        full, file = f"{self.host}/{name}", self._folder / "archive.tar"
        file.write_bytes(archive)
        command = ["skopeo", "copy", "--insecure-policy", "--dest-tls-verify=false"]
        self._engine.place.run(*command, f"docker-archive:{file}", f"docker://{full}")
        file.unlink()
        return full


@contextmanager
def registry(
    folder: Path, engine: ContainerEngine, *, locked: bool = False
) -> Iterator[ImageRegistry]:
    one = ImageRegistry(folder, engine, locked=locked)
    one.start()
    try:
        yield one
    finally:
        one.end()
