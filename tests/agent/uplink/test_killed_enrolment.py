"""kill -9 before each operation on a file while a host comes to a controller, or leaves it: after
the next start it is an agent, whole, or none.
"""

import json
import signal
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import msgspec
import pytest

from forepost.agent.node import Identity, identity_decoder
from forepost.agent.uplink.foreign_spool import ASIDE, MARK, SPOOL
from forepost.agent.uplink.provisioned import PROVISIONED, Provisioned
from forepost.kit.state_file import StateFile, sealed
from tests.running import run_python

pytestmark = pytest.mark.timeout(300)
MOST_STEPS = 200


class PinController:
    """Trades a PIN once; for whoever says the same number again, as often as it takes."""

    def __init__(self) -> None:
        self.keys: dict[str, tuple[str, str]] = {}
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(self, asked: dict[str, Any]) -> tuple[int, Any]:
        if asked.get("psk"):
            known = any(psk == asked["psk"] for _, psk in self.keys.values())
            return (200, {"status": "ok"}) if known else (401, {"error": "invalid_psk"})
        nonce, psk = self.keys.setdefault(asked["pin"], (asked["nonce"], f"psk-{asked['pin']}"))
        if nonce != asked["nonce"]:
            return 401, {"error": "pin_verification_failed"}
        return 200, {"status": "success", "psk": psk}


@pytest.fixture
def controller() -> Iterator[PinController]:
    made = PinController()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = made.answer(json.loads(body))
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.port = server.server_port
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


def does(folder: Path, verb: str, last: int, *more: str) -> bool:
    """Return whether it was killed."""
    done = run_python("-m", "tests.lab.killed_enrolment", str(folder), verb, str(last), *more)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode != 0


def identity_in(folder: Path) -> Identity | None:
    return StateFile(folder / "identity.json", identity_decoder.decode).load()


def provisioned_in(folder: Path) -> Provisioned | None:
    return StateFile(folder / PROVISIONED, msgspec.json.Decoder(Provisioned).decode).load()


def lay(folder: Path, identity: Identity) -> None:
    folder.mkdir()
    (folder / "identity.json").write_bytes(sealed(msgspec.json.encode(identity)))
    (folder / SPOOL).mkdir()
    (folder / SPOOL / "segment").write_text("of the first")


@pytest.mark.parametrize("was_one", [False, True])
def test_killed_while_it_comes(controller: PinController, tmp_path: Path, *, was_one: bool) -> None:
    for last in range(1, MOST_STEPS):
        folder = tmp_path / str(last)
        pin = f"{last:09}"
        if was_one:
            before = Identity(url=controller.url, workspace_id=1, agent_id=3, psk="old")
            lay(folder, before)
            (folder / "identity.json").rename(folder / "identity.json.retired")
        else:
            folder.mkdir()
        killed = does(folder, "provision", last, controller.url, f"1-7-{pin}")
        does(folder, "start", 0)
        identity = identity_in(folder)
        if pin in controller.keys or provisioned_in(folder) is not None:
            assert identity is not None, last
            assert (identity.agent_id, identity.psk) == (7, f"psk-{pin}"), last
            does(folder, "start", 0)
            assert provisioned_in(folder) == Provisioned(
                url=controller.url, workspace_id=1, agent_id=7, pin=""
            )
        else:
            assert identity is None
        if was_one:
            spool = folder / (ASIDE if identity is not None else SPOOL)
            assert (spool / "segment").read_text() == "of the first", last
            assert not (folder / MARK).exists()
        if not killed:
            assert last > 10
            return
    raise AssertionError("it has no end")


def test_killed_while_it_leaves(controller: PinController, tmp_path: Path) -> None:
    for last in range(1, MOST_STEPS):
        folder, told = tmp_path / str(last), tmp_path / f"{last}.told"
        lay(folder, Identity(url=controller.url, workspace_id=1, agent_id=7, psk="k"))
        known = Provisioned(url=controller.url, workspace_id=1, agent_id=7, pin="")
        (folder / PROVISIONED).write_bytes(sealed(msgspec.json.encode(known)))
        (folder / "wanted-workloads.json").write_bytes(sealed(b'{"revision":"r","parts":[]}'))
        killed = does(folder, "leave", last, str(told))
        was_told = told.exists()
        if was_told:  # it ends the key
            controller.keys.clear()
        else:
            controller.keys["k"] = ("", "k")
        does(folder, "start", 0)
        is_here = identity_in(folder) is not None
        is_wanted = (folder / "wanted-workloads.json").exists()
        assert is_here == is_wanted == (provisioned_in(folder) is not None), last
        assert not (was_told and is_here), last
        assert (folder / SPOOL / "segment").exists()
        if not killed:
            assert was_told
            assert last > 5
            return
    raise AssertionError("it has no end")


def test_killed_while_what_was_left_is_finished(controller: PinController, tmp_path: Path) -> None:
    for last in range(1, MOST_STEPS):
        folder = tmp_path / str(last)
        lay(folder, Identity(url=controller.url, workspace_id=1, agent_id=7, psk="k"))
        known = Provisioned(url=controller.url, workspace_id=1, agent_id=7, pin="", is_leaving=True)
        (folder / PROVISIONED).write_bytes(sealed(msgspec.json.encode(known)))
        (folder / "wanted-workloads.json").write_bytes(sealed(b'{"revision":"r","parts":[]}'))
        killed = does(folder, "start", last)
        does(folder, "start", 0)
        left = {one.name for one in folder.iterdir()}
        assert left == {"identity.json.retired", SPOOL}, last
        if not killed:
            return
    raise AssertionError("it has no end")
