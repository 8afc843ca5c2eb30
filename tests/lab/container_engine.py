"""A container engine of its own for a file of tests: Debian's dockerd in a namespace. Needs root.

It can be killed and started again as often as a test likes. At the end its processes (containerd,
shims, containers) are ended by their ids, its mounts, control groups, namespace and folder removed.
"""

import io
import json
import os
import shutil
import socket
import subprocess
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

import httpx
import psutil

from tests.lab.net import Namespace, namespace
from tests.running import until

BUSYBOX: Final = Path("/bin/busybox")
IMAGE: Final = "box:1"
"""Every engine has it: busybox, which sleeps until it is told to do something else."""
BRIDGE: Final = "198.18.240.1"
"""The gateway of the usual network."""
NETWORKS: Final = "198.19.0.0/16"
"""Of which others are made, /24 each."""
WAITS: Final = ("sh", "-c", "trap exit TERM; sleep 86400 & wait")
"""What containers of IMAGE do. A plain `sleep` as the first process does not hear SIGTERM."""
START_SEC: Final = 60.0

_numbers = count()


class ContainerEngine:
    def __init__(self, folder: Path, place: Namespace, root: Path | None = None) -> None:
        """`folder` has a short path: a Unix socket's may have 107 bytes. `root`: where it keeps
        images and containers, when not below `folder`.
        """
        self.folder, self.place = folder, place
        self.root = root or folder / "data"
        self.socket = folder / "docker.sock"
        self.bridge = BRIDGE
        """Where this host is in the usual network from the next start on."""
        self.group = f"forepost-test-{place.name}"
        """Its control groups."""
        self.child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def start(self, *, wait: bool = True) -> None:
        """Until it answers. An engine that was killed comes back with all that it had; where it was
        killed while it published a port, Docker 20.10 may hold that for nobody until it restarts.
        """
        self._launch()
        if not wait:
            return
        until(self.answers, START_SEC, lambda: self.log[-5_000:])
        for _ in range(3):
            if not self._holds_a_port_for_nobody():
                return
            self.kill()
            self._launch()
            until(self.answers, START_SEC, lambda: self.log[-5_000:])

    def _holds_a_port_for_nobody(self) -> bool:
        assert self.child is not None
        below = psutil.Process(self.child.pid).children()
        proxies = [one for one in below if one.name() == "docker-proxy"]
        return bool(proxies) and all(one["State"] != "running" for one in self.containers())

    def _launch(self) -> None:
        command = [
            "nsenter", f"--net=/run/netns/{self.place.name}", "dockerd",
            "--data-root", str(self.root), "--exec-root", str(self.folder / "exec"),
            "-p", str(self.folder / "pid"), "-H", self.url, "--cgroup-parent", f"/{self.group}",
            "--bip", f"{self.bridge}/24", "--default-address-pool", f"base={NETWORKS},size=24",
        ]  # fmt: skip
        with (self.folder / "log").open("ab") as log:
            self.child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def answers(self) -> bool:
        assert self.child is not None
        assert self.child.poll() is None, self.log[-5_000:]
        # not by httpx: its socket that cannot connect is left to the garbage
        with suppress(OSError), socket.socket(socket.AF_UNIX) as line:
            line.settimeout(10)
            line.connect(str(self.socket))
            line.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return b" 200 " in line.recv(4_096)
        return False

    def kill(self) -> None:
        """kill -9, of containerd too. The containers go on until it is started again, which stops
        them, and takes that for a stop by hand: `unless-stopped` does not start them then.
        """
        assert self.child is not None
        self.child.kill()
        self.child.wait(30)
        number = self.folder / "exec/containerd/containerd.pid"
        with suppress(FileNotFoundError, psutil.NoSuchProcess):
            # its end is tied to the engine's; one that nobody waits for would be taken for running
            containerd = psutil.Process(int(number.read_text()))
            until(lambda: not _lives(containerd), 30)
        number.unlink(missing_ok=True)

    def lose_power(self) -> None:
        """kill -9 of the engine and of all that runs in containers."""
        self.kill()
        self._end_processes()

    def stop(self) -> None:
        """As at a shutdown of the host: its containers are stopped too."""
        assert self.child is not None
        self.child.terminate()
        self.child.wait(60)

    def ask(self, method: str, path: str, *, status: int | None = None, **more: Any) -> Any:
        """One request of its API; the JSON or text of its answer, whose status must be good."""
        with self._http() as http:
            answer = http.request(method, path, **more)
        good = answer.is_success if status is None else answer.status_code == status
        assert good, f"{method} {path}: {answer.status_code} {answer.text}"
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        with suppress(ValueError):  # progress is many objects
            return answer.json() if is_json and answer.content else answer.text
        return answer.text

    def containers(self, *labels: str) -> list[Any]:
        """All that it has, also those that do not run."""
        asked = {"all": "1", "filters": json.dumps({"label": labels})}
        return list(self.ask("GET", "/containers/json", params=asked))

    def put_image(self, name: str = IMAGE, *, more: bytes = b"") -> None:
        """Make an image of busybox; `more` is a file in it, so that two of them differ."""
        repository, _, tag = name.rpartition(":")
        self.ask(
            "POST",
            "/images/create",
            params={
                "fromSrc": "-",
                "repo": repository,
                "tag": tag,
                "changes": f"CMD {json.dumps(WAITS)}",
            },
            content=busybox_tree(more),
        )

    def clear(self) -> None:
        """Remove all containers: a file of tests shares one engine."""
        for container in self.containers():
            self.ask("DELETE", f"/containers/{container['Id']}", params={"force": "1", "v": "1"})

    def _http(self) -> httpx.Client:
        transport = httpx.HTTPTransport(uds=str(self.socket))
        return httpx.Client(transport=transport, base_url="http://engine", timeout=60)

    def end(self) -> None:
        if self.child is not None:
            self.kill()
        self._end_processes()
        mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
        for place in map(Path, reversed(mounts)):
            mine = place.is_relative_to(self.folder) or place.is_relative_to(self.root)
            if mine and place != self.folder:
                subprocess.run(["umount", "--lazy", place], check=True)
        for hierarchy in (*Path("/sys/fs/cgroup").iterdir(), Path("/sys/fs/cgroup")):
            _remove_groups(hierarchy / self.group)

    def _end_processes(self) -> None:
        for process in self._left_over():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        until(lambda: not self._left_over(), 30, lambda: f"still there: {self._left_over()}")

    def _left_over(self) -> list[psutil.Process]:
        """containerd, its shims and what is in the containers: each named by the folder, or below
        one that is.
        """
        mine = str(self.folder / "exec")
        found: dict[int, psutil.Process] = {}
        for process in psutil.process_iter():
            with suppress(psutil.NoSuchProcess):
                if any(mine in word for word in process.cmdline()):
                    found |= {one.pid: one for one in (process, *process.children(recursive=True))}
        return [one for one in found.values() if one.is_running() and _lives(one)]


def _lives(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    return False


def _remove_groups(group: Path) -> None:
    """A control group is empty a moment after its last process has ended."""
    if not group.is_dir():
        return
    for below in sorted((p for p in group.rglob("*") if p.is_dir()), reverse=True):
        _remove_group(below)
    _remove_group(group)


def _remove_group(group: Path) -> None:
    for _ in range(100):
        with suppress(FileNotFoundError):
            try:
                group.rmdir()
            except OSError:
                time.sleep(0.05)
                continue
        return


def busybox_tree(more: bytes = b"") -> bytes:
    """A tar of a root file system: busybox under all of its names, and a /tmp."""
    listed = subprocess.run([BUSYBOX, "--list"], capture_output=True, text=True, check=True)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name in ("bin", "etc", "tmp", "proc", "sys", "dev"):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o1777 if name == "tmp" else 0o755
            tar.addfile(folder)
        for path, data in {
            "bin/busybox": BUSYBOX.read_bytes(),
            "etc/passwd": b"root:x:0:0::/:/bin/sh\nguest:x:1000:1000::/tmp:/bin/sh\n",
            "more": more,
        }.items():
            file = tarfile.TarInfo(path)
            file.size, file.mode = len(data), 0o755
            tar.addfile(file, io.BytesIO(data))
        for name in listed.stdout.split():
            if name != "busybox":
                link = tarfile.TarInfo(f"bin/{name}")
                link.type, link.linkname = tarfile.SYMTYPE, "busybox"
                tar.addfile(link)
    return out.getvalue()


def docker_archive(name: str, *, architecture: str = "amd64", more: bytes = b"") -> bytes:
    """An image of busybox as `docker save` writes it."""
    layer = busybox_tree(more)
    config = {
        "architecture": architecture,
        "os": "linux",
        "config": {"Cmd": WAITS},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{sha256(layer).hexdigest()}"]},
    }
    listed = [{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for path, data in {
            "layer.tar": layer,
            "config.json": json.dumps(config).encode(),
            "manifest.json": json.dumps(listed).encode(),
        }.items():
            info = tarfile.TarInfo(path)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


@contextmanager
def running(root: Path | None = None) -> Iterator[ContainerEngine]:
    """An engine with IMAGE, in a namespace of its own: nothing leaves it."""
    folder = Path(mkdtemp(prefix=f"fpe{next(_numbers)}-", dir="/tmp"))
    try:
        with namespace() as place:
            engine = ContainerEngine(folder, place, root)
            try:
                engine.start()
                engine.put_image()
                yield engine
            finally:
                engine.end()
    finally:
        shutil.rmtree(folder)
        assert not os.path.lexists(folder)
