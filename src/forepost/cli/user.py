"""`forepost user`: accounts, at the controller's host, on its database.

For who lost a password, and where nobody may register. A controller that runs notices at once.
"""

import getpass
import os
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Final

import anyio
from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from forepost.cli.width import wide
from forepost.controller import settings as controller_settings
from forepost.controller.access.actor import Actor
from forepost.controller.access.tokens import Passwords
from forepost.controller.accounts.operator import Operator
from forepost.controller.audit.store import AuditLog, Entry
from forepost.controller.db.engine import UNREADABLE, Database
from forepost.controller.db.failures import reason_of
from forepost.controller.settings import Settings
from forepost.kit.clock import SystemClock
from forepost.kit.errors import Refusal
from forepost.kit.settings import WrongSettings
from forepost.wire.rest.bodies import SHORTEST_PASSWORD
from forepost.wire.rest.derived import Derived

NOT_DONE: Final = 1
WRONG: Final = 2
LONGEST_PASSWORD: Final = 1_000

user = App(name="user", help="Accounts of the controller of this host: for its operator.")

Email = Annotated[str, Parameter(help="The account's address.")]
Config = Annotated[
    Path | None,
    Parameter(help="controller.toml; every key also as FOREPOST_SECTION__KEY in the environment."),
]
Data = Annotated[Path | None, Parameter(help="What `forepost up --data` was given.")]

Does = Callable[[Operator], Awaitable[tuple[str, int | None]]]
"""Returns what to print, and the account that was changed."""

_clock = SystemClock()


class NoDatabase(Exception):
    """There is none to work on; the text says where it was looked for."""


@user.command
def add(
    email: Email,
    /,
    *,
    name: Annotated[str, Parameter(help="Of the person.")] = "",
    admin: Annotated[bool, Parameter(negative="", help="SITE_ADMIN.")] = False,
    config: Config = None,
    data: Data = None,
) -> int:
    """Open an account; its password comes from a prompt or, in a pipe, from standard input.

    Exit status: 0 done, 1 not done, 2 wrong use.
    """

    async def does(operator: Operator) -> tuple[str, int | None]:
        made = await operator.add(email, name, _password(), admin=admin, now=_clock.now())
        return f"{made.email} has an account ({made.role})", made.id

    return _run("users.create", does, config, data)


@user.command
def passwd(
    email: Email,
    /,
    *,
    keep_derived: Annotated[
        bool, Parameter(negative="", help="API keys, PINs, links and invitations go on.")
    ] = False,
    config: Config = None,
    data: Data = None,
) -> int:
    """Set another password, from a prompt or, in a pipe, from standard input; all logins end, and
    the second factor is taken away: for who has lost it.

    Exit status: 0 done, 1 not done, 2 wrong use.
    """

    async def does(operator: Operator) -> tuple[str, int | None]:
        found = await operator.find(email)
        ended = await operator.set_password(
            found, _password(), _clock.now(), keep_derived=keep_derived
        )
        done = f"{email} has another password; all logins, and its second factor, ended"
        return _ended(done, ended), found

    return _run("users.set-password", does, config, data)


@user.command
def ls(*, config: Config = None, data: Data = None) -> int:
    """List all accounts.

    Exit status: 0 done, 1 not done, 2 wrong use.
    """

    async def does(operator: Operator) -> tuple[str, int | None]:
        table = Table(box=None, pad_edge=False)
        for column in ("id", "email", "role", "address", "state", "last login"):
            table.add_column(column)
        for one in await operator.all():
            login = f"{one.last_login_at:%F %T} UTC" if one.last_login_at else "never"
            proven, state = "proven" if one.verified else "", "locked" if one.locked else ""
            table.add_row(str(one.id), one.email, one.role, proven, state, login)
        console = wide(Console())
        with console.capture() as shown:
            console.print(table)
        return shown.get().rstrip(), None

    return _run("", does, config, data)


@user.command
def lock(email: Email, /, *, config: Config = None, data: Data = None) -> int:
    """Shut an account out, with its logins, API keys, PINs, share links and invitations.

    Exit status: 0 done, 1 not done, 2 wrong use.
    """

    async def does(operator: Operator) -> tuple[str, int | None]:
        found = await operator.find(email)
        ended = await operator.lock(found, _clock.now())
        return _ended(f"{email} is locked; all logins ended", ended), found

    return _run("users.lock", does, config, data)


@user.command
def unlock(email: Email, /, *, config: Config = None, data: Data = None) -> int:
    """Let an account log in again. What ended with the lock stays ended.

    Exit status: 0 done, 1 not done, 2 wrong use.
    """

    async def does(operator: Operator) -> tuple[str, int | None]:
        found = await operator.find(email)
        await operator.unlock(found, _clock.now())
        return f"{email} may log in again", found

    return _run("users.unlock", does, config, data)


def _run(action: str, does: Does, config: Path | None, data: Path | None) -> int:
    try:
        settings = _settings(config, data)
        print(anyio.run(_on_database, settings, action, does))
    except WrongSettings as error:
        return _fail(WRONG, str(error))
    except (Refusal, NoDatabase) as error:
        return _fail(NOT_DONE, str(error))
    return 0


def _settings(config: Path | None, data: Path | None) -> Settings:
    env = dict(os.environ)
    if data is not None:
        env["FOREPOST_DATA__DIR"] = str(data.absolute() / "controller")
    return controller_settings.read(config, env)


async def _on_database(settings: Settings, action: str, does: Does) -> str:
    path = Path(settings.data.dir) / "meta.sqlite"
    if not settings.data.database_url and not path.exists():
        raise NoDatabase(f"{path}: there is none; start the controller once, or say --config")
    db = Database.at(settings.database_url)
    try:
        if not await db.is_current():
            raise NoDatabase(
                f"{path}: is of another version; start the controller of this one once"
            )
        said, changed = await does(Operator(db, Passwords()))
        if changed is not None:
            await AuditLog(db).add(_entry(action, changed))
    except UNREADABLE as error:
        raise NoDatabase(f"{db.place}: {reason_of(error)}") from error
    finally:
        await db.close()
    return said


def _entry(action: str, user_id: int) -> Entry:
    who = f"{getpass.getuser()}@{socket.gethostname()}"
    return Entry(
        at=_clock.now(),
        workspace_id=None,
        actor=Actor(name=who, user_id=user_id),  # it is among the events of this account
        action=action,
        object_kind="user",
        object_id=user_id,
        address="",
        status=200,
    )


def _password() -> str:
    """Never an argument: those are in the list of processes. Raises Refusal."""
    if sys.stdin.isatty():
        password = getpass.getpass("password: ")
        if getpass.getpass("again: ") != password:
            raise Refusal("the two are not the same")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Refusal(f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
    return password


def _fail(status: int, text: str) -> int:
    sys.stderr.write(f"forepost user: {text}\n")
    return status


def _ended(said: str, ended: list[Derived]) -> str:
    return "\n".join([said, *(f"ended: {one.kind} {one.id} {one.name}" for one in ended)])
