"""What cannot start says why in one line, ends, and shows no traceback and no password."""

import os
import socket
import sqlite3
import stat
from pathlib import Path

import pytest

from forepost.kit.folder_lock import TAKEN
from forepost.kit.program import CANNOT_START, NOT_NOW, WRONG_SETTINGS
from tests.fakes.damage import undecodable_schema
from tests.free_ports import free_port
from tests.running import AgentProcess, ControllerProcess, run_python, until

pytestmark = pytest.mark.timeout(240)


def start(part: str, *arguments: str, **env: str) -> tuple[int, str]:
    """Status and what was said."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("FOREPOST_")}
    env = {**inherited, "FOREPOST_HTTP__LISTEN": f"127.0.0.1:{free_port()}", **env}
    done = run_python("-m", f"forepost.{part}", *arguments, env=env)
    return done.returncode, done.stderr


def check(outcome: tuple[int, str], status: int, *words: str) -> None:
    ended, said = outcome
    last = said.strip().splitlines()[-1]
    assert ended == status, said
    assert "Traceback" not in said
    assert last.startswith(("forepost controller: ", "forepost agent: ")), said
    for word in words:
        assert word in last, said


def damaged(tmp_path: Path, name: str) -> dict[str, str]:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    (folder / name).write_bytes(b"no database, " * 1_000)
    return {"FOREPOST_DATA__DIR": str(folder)}


@pytest.mark.parametrize("name", ["meta.sqlite", "series.sqlite"])
def test_a_damaged_database(tmp_path: Path, name: str) -> None:
    check(start("controller", **damaged(tmp_path, name)), CANNOT_START, name, "not a database")


def test_a_database_whose_schema_is_damaged(tmp_path: Path) -> None:
    env = damaged(tmp_path, "meta.sqlite")
    path = tmp_path / "data/meta.sqlite"
    path.write_bytes(undecodable_schema(path))
    check(start("controller", **env), CANNOT_START, "meta.sqlite", "can't decode")


def test_a_database_of_a_newer_version(tmp_path: Path) -> None:
    controller = ControllerProcess(tmp_path / "c").start()
    controller.stop()
    data = tmp_path / "c" / "data"
    with sqlite3.connect(data / "meta.sqlite") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    outcome = start("controller", FOREPOST_DATA__DIR=str(data))
    check(outcome, CANNOT_START, "meta.sqlite", "newer forepost")


def test_a_port(tmp_path: Path) -> None:
    here = {"FOREPOST_DATA__DIR": str(tmp_path / "data")}
    for listen in ("127.0.0.1:99999", "127.0.0.1:0", "127.0.0.1", "::1:80", "127.0.0.1:x"):
        outcome = start("controller", **here, FOREPOST_HTTP__LISTEN=listen)
        check(outcome, WRONG_SETTINGS, "http.listen", listen)
    outcome = start("controller", **here, FOREPOST_SPEEDTEST__LISTEN="127.0.0.1:99999")
    check(outcome, WRONG_SETTINGS, "speedtest.listen")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        outcome = start("controller", **here, FOREPOST_HTTP__LISTEN=listen)
        check(outcome, CANNOT_START, "http.listen", listen, "in use")
    assert not (tmp_path / "data").exists(), "nothing was opened"


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"PROXY": "https://me:s3cr3t@p"}, "proxy: https:// is no proxy"),
        ({"PROXY": "http://me:s3cr3t@p:0"}, "proxy: is not http://"),
        ({"PROXY": "socks5h://me:s3cr3t@p"}, "set proxy_resolves too"),
        ({"CA_FILE": "/nowhere.pem"}, "outgoing.ca_file: /nowhere.pem"),
    ],
)
def test_a_way_out_that_cannot_be(tmp_path: Path, env: dict[str, str], said: str) -> None:
    more = {f"FOREPOST_OUTGOING__{key}": value for key, value in env.items()}
    outcome = start("controller", FOREPOST_DATA__DIR=str(tmp_path / "data"), **more)
    check(outcome, WRONG_SETTINGS, "outgoing", said)
    assert "s3cr3t" not in outcome[1]


def test_addresses_that_overlap(tmp_path: Path) -> None:
    here = {"FOREPOST_DATA__DIR": str(tmp_path / "data")}
    both = '["[::]:8080", "127.0.0.1:8080"]'
    outcome = start("controller", **here, FOREPOST_HTTP__LISTEN=both)
    check(outcome, WRONG_SETTINGS, "http.listen", "127.0.0.1:8080 and [::]:8080 overlap")


def test_a_name_for_a_file(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_text("x")
    for part, key in (
        ("controller", "FOREPOST_DATA__DIR"),
        ("agent", "FOREPOST_NODE__STATE_DIR"),
    ):
        for place in (file, file / "below"):
            check(start(part, **{key: str(place)}), CANNOT_START, str(file))
        check(start(part, str(tmp_path / "none.toml")), WRONG_SETTINGS, "none.toml")
        (tmp_path / "bad.toml").write_bytes(b'[http]\nlisten = "\xff"\n')
        check(start(part, str(tmp_path / "bad.toml")), WRONG_SETTINGS, "bad.toml", "utf-8")


@pytest.mark.parametrize("what", ["pipe", "endless"])
def test_a_key_of_tokens_that_is_no_file(tmp_path: Path, what: str) -> None:
    """It was waited for without end, or read without end, and nothing was said."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    key = folder / "jwt.key"
    if what == "pipe":
        os.mkfifo(key)
    else:
        key.symlink_to("/dev/zero")
    check(start("controller", FOREPOST_DATA__DIR=str(folder)), CANNOT_START, "jwt.key", "regular")


def test_a_level_of_the_log_that_is_none() -> None:
    for part in ("controller", "agent"):
        check(start(part, FOREPOST_LOG="loud"), WRONG_SETTINGS, "FOREPOST_LOG", "'LOUD'")


def test_a_database_that_is_away_may_be_tried_again(tmp_path: Path) -> None:
    url = f"postgresql+asyncpg://u:s3cr3t@127.0.0.1:{free_port()}/x"
    here = {"FOREPOST_DATA__DIR": str(tmp_path / "data")}
    ended, said = start("controller", **here, FOREPOST_DATA__DATABASE_URL=url)
    check((ended, said), NOT_NOW, "postgresql")
    assert "s3cr3t" not in said
    outcome = start("controller", **here, FOREPOST_DATA__DATABASE_URL="nonsense")
    check(outcome, WRONG_SETTINGS, "data.database_url")


def test_a_folder_in_use(tmp_path: Path) -> None:
    controller = ControllerProcess(tmp_path / "c").start()
    try:
        data = str(tmp_path / "c" / "data")
        outcome = start("controller", FOREPOST_DATA__DIR=data)
        check(outcome, TAKEN, data, str(controller.pid))
    finally:
        controller.end()


def test_others_can_read_nothing(tmp_path: Path) -> None:
    """Whatever umask the one who starts it has, and whatever the folder was like before."""
    controller = ControllerProcess(tmp_path / "c")
    data = tmp_path / "c" / "data"
    data.mkdir(mode=0o777)
    data.chmod(0o777)
    before = os.umask(0)
    try:
        controller.start()
        agent = controller.person().agent(controller.person().workspace("w"))
        process = AgentProcess(tmp_path / "agent", controller.url, agent).start()
        until(process.drained, 15, lambda: process.output)
    finally:
        os.umask(before)
    try:
        assert "could be read by others" in controller.output
        for folder in (data, process.folder):
            for path in (folder, *folder.rglob("*")):
                mode = stat.S_IMODE(path.lstat().st_mode)
                made_by_us = path.name != "identity.json"  # the test's own
                assert not (mode & 0o077 and made_by_us), f"{path} {mode:o}"
    finally:
        process.end()
        controller.end()
