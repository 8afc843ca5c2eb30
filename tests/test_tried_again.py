"""The suite's own promise to CI: a second try starts from nothing that the first one left."""

from pathlib import Path

from tests.running import run_python

ONE_FILE = """
import pytest

@pytest.fixture(scope="module")
def server():
    print("started")
    yield []
    print("ended")

@pytest.fixture(scope="module")
def account(server):
    server.append("account")
    return server

def test_first(account):
    assert account == ["account"]

def test_that_fails_once(account, request):
    assert account == ["account"]
    account.append("left behind")
    assert request.node.execution_count == 2

def test_last(account):
    assert account == ["account", "left behind"]
"""


def test_a_second_try_has_a_server_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text(ONE_FILE)
    options = ["-p", "tests.tried_again", "-s", "--reruns", "1", "-c", "/dev/null"]
    done = run_python("-m", "pytest", *options, "--rootdir", str(tmp_path), str(tmp_path))
    assert done.returncode == 0, done.stdout
    assert "3 passed, 1 rerun" in done.stdout
    assert done.stdout.count("started") == done.stdout.count("ended") == 2
