"""Real engines, real lines: what is cut, what is changed on its way, who lies."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from forepost.wire.jobs.job import BandwidthWindow, JobPeer, TransferSettings
from forepost.wire.jobs.members import SILENT_SEC
from tests.fakes.lying_member import LyingMember
from tests.free_ports import free_port
from tests.lab.net import pair
from tests.lab.transfer_engines import EngineProcess, started, wait_until

SLOW = TransferSettings(bandwidth=[BandwidthWindow(up_kib_per_sec=2_000)])
READ = 64 << 10


def fill(site: EngineProcess, size: int) -> None:
    site.root.mkdir()
    (site.root / "large").write_bytes(os.urandom(size))
    for n in range(20):
        (site.root / f"f{n}").write_bytes(os.urandom(2_000))


@pytest.mark.timeout(300)
def test_a_line_that_is_cut_for_long_is_resumed(tmp_path: Path) -> None:
    with pair() as (near, far):
        source = EngineProcess(tmp_path, "source", near, "198.18.0.1")
        target = EngineProcess(tmp_path, "target", far, "198.18.0.2")
        fill(source, 24 << 20)
        with started(source, target):
            source.want([source.task(target.peer("ro"), type="distribution", settings=SLOW)])
            target.want([target.task(source.peer(), type="distribution", permission="ro")])
            wait_until(lambda: target.status().transferred_down > 8 << 20, target.status)
            near.ip("link set cable down")
            # No word comes of it: each side finds out by itself that nobody is there.
            for site in (source, target):
                wait_until(
                    lambda site=site: site.status().peers_count == 0,  # type: ignore[misc]
                    site.status,
                    2 * SILENT_SEC + 60,
                )
            assert "large" not in target.files()
            assert target.status().status == "no peers"
            near.ip("link set cable up")
            near.ip("neigh replace 198.18.0.2 lladdr 02:00:00:00:00:02 dev cable nud permanent")
            wait_until(lambda: target.status().status == "seeding", target.status)
            assert target.files() == source.files()
            # What had come was not fetched again, but what was under way.
            assert target.status().transferred_down < 32 << 20
            assert target.told("bad_chunk") == target.told("error") == []


class Meddler:
    """Passes on what goes over a line, and changes a byte of it now and then."""

    def __init__(self, to: tuple[str, int]) -> None:
        self._to, self.changed = to, 0
        self._listener = socket.create_server(("127.0.0.1", free_port()))
        self.address = "{}:{}".format(*self._listener.getsockname())

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                near = self._listener.accept()[0]
                try:
                    far = socket.create_connection(self._to)
                except OSError:
                    near.close()
                    continue
                for one, other, changes in ((near, far, False), (far, near, True)):
                    threading.Thread(
                        target=self._pass_on, args=(one, other, changes), daemon=True
                    ).start()

    def _pass_on(self, one: socket.socket, other: socket.socket, changes: bool) -> None:
        passed = 0
        with suppress(OSError), one, other:
            while data := bytearray(one.recv(READ)):
                passed += len(data)
                if changes and passed > 2 << 20 and self.changed < 3:
                    self.changed += 1
                    data[len(data) // 2] ^= 1
                    passed = 0
                other.sendall(data)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@contextmanager
def meddling(to: str) -> Iterator[Meddler]:
    host, _, port = to.rpartition(":")
    made = Meddler((host, int(port)))
    thread = threading.Thread(target=made.serve)
    thread.start()
    try:
        yield made
    finally:
        made.close()
        thread.join()


@pytest.mark.timeout(240)
def test_a_byte_that_is_changed_on_the_line_ends_it_and_nothing_else(tmp_path: Path) -> None:
    """TLS sees to that: no wrong byte is ever looked at."""
    source, target = EngineProcess(tmp_path, "source"), EngineProcess(tmp_path, "target")
    fill(source, 24 << 20)
    with meddling(source.address) as meddler, started(source, target):
        # The source dials nobody: all goes through the meddler.
        dialing = JobPeer(deviceid=target.key.device_id, permission="ro")
        source.want([source.task(dialing, type="distribution")])
        through = JobPeer(deviceid=source.key.device_id, address=meddler.address)
        target.want([target.task(through, type="distribution", permission="ro")])
        wait_until(lambda: target.status().status == "seeding", target.status)
        assert target.files() == source.files()
        assert meddler.changed
        assert target.told("bad_chunk") == []


@pytest.mark.timeout(240)
def test_a_member_that_gives_wrong_bytes_is_dropped_and_all_comes_from_others(
    tmp_path: Path,
) -> None:
    source, target = EngineProcess(tmp_path, "source"), EngineProcess(tmp_path, "target")
    fill(source, 16 << 20)
    with ExitStack() as stack:
        liar = stack.enter_context(LyingMember.listening(tmp_path / "liar", target.key.device_id))
        stack.enter_context(started(source, target))
        source.want([source.task(target.peer("ro"), type="distribution", settings=SLOW)])
        target.want([target.task(source.peer(), liar.peer, type="distribution", permission="ro")])
        wait_until(lambda: target.status().status == "seeding", target.status)
        assert target.files() == source.files()
        told = target.told("bad_chunk")
        assert len(told) >= 2
        assert all(text.startswith(f"{liar.peer.deviceid}: ") for text in told)
        assert liar.asked >= 2
        before = liar.asked
        (source.root / "more").write_bytes(os.urandom(100_000))
        wait_until(lambda: target.files() == source.files(), target.status)
        assert liar.asked == before, "it is not asked again"
