"""kill -9 before each operation on a file while a host comes to ioFog, or leaves it."""

import base64
import logging
import signal
from pathlib import Path

import pytest

from forepost.agent.workloads.iofog.kept import IofogKept
from forepost.agent.workloads.iofog.volume_mounts import FOLDER
from forepost.kit.health import Health
from tests.fakes.iofog_controller import IofogController
from tests.running import run_python

pytestmark = pytest.mark.timeout(300)
MOST_STEPS = 200


def does(folder: Path, verb: str, last: int, controller: IofogController) -> bool:
    """Return whether it was killed."""
    what = (str(folder), verb, str(last), controller.url, controller.key)
    done = run_python("-m", "tests.lab.killed_enrolment", *what)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode != 0


def wants_one() -> IofogController:
    controller = IofogController("3.7")
    text = base64.b64encode(b"word").decode()
    mount = {"uuid": "u", "name": "secret", "version": 1, "data": {"pass": text}}
    controller.volume_mounts = [mount]
    controller.want(uuid="one")
    return controller


def kept_in(folder: Path) -> tuple[IofogKept, bool]:
    """And whether secrets are there."""
    health = Health(logging.getLogger("test"))
    kept = IofogKept(folder, health)
    assert health.problems == {}
    secrets = folder / FOLDER / "secret"
    return kept, secrets.exists()


def test_killed_while_it_comes(tmp_path: Path) -> None:
    for last in range(1, MOST_STEPS):
        folder = tmp_path / str(last)
        folder.mkdir()
        with wants_one().serving() as controller:
            killed = does(folder, "iofog-come", last, controller)
            kept, has_secrets = kept_in(folder)
            if kept.account is None:
                assert not kept.is_orphaned
                assert not has_secrets
            else:
                # with what is known it goes on: it is whole
                assert kept.account.private_key
        if not killed:
            assert kept.account is not None
            assert [*kept.wanted.microservices]
            assert has_secrets
            return
    raise AssertionError("it has no end")


def test_killed_while_it_leaves(tmp_path: Path) -> None:
    for last in range(1, MOST_STEPS):
        folder = tmp_path / str(last)
        folder.mkdir()
        with wants_one().serving() as controller:
            assert not does(folder, "iofog-come", 0, controller)
            killed = does(folder, "iofog-leave", last, controller)
            kept, has_secrets = kept_in(folder)
            if kept.account is None:
                assert not kept.is_orphaned
                assert not has_secrets
                assert controller.deprovisioned is not None
        if not killed:
            assert kept.account is None
            return
    raise AssertionError("it has no end")
