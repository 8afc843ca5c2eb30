"""`forepost backup` and `forepost restore`: the controller's whole store in one file."""

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path

import apsw

import forepost
from forepost.controller import settings as controller_settings
from forepost.controller.storage import archive
from forepost.controller.storage.archive import Manifest, Unusable
from forepost.kit.clock import SystemClock
from forepost.kit.folder_lock import TAKEN, FolderLock, Taken
from forepost.kit.settings import WrongSettings

USAGE = 2


def backup(file: Path, /, *, data: Path | None = None, config: Path | None = None) -> int:
    """Write metadata, series and key of a controller to a file, also while it runs.

    Who has the file has every secret that the controller has. Exit status: 0 written, 1 not
    written, 2 wrong use.

    Parameters
    ----------
    file
        The file to write; one that is there is replaced when the new one is whole.
    data
        The controller's data.dir, or the folder of `forepost up`; without it what the settings say.
    config
        controller.toml; every key also as FOREPOST_SECTION__KEY in the environment.

    """

    def write(folder: Path) -> str:
        if not folder.is_dir():
            raise WrongSettings(f"{folder} is no folder")
        manifest = archive.backup(folder, file, SystemClock().now(), forepost.__version__)
        return f"{file}: {_size(manifest)} of {folder}"

    return _done("backup", data, config, write)


def restore(file: Path, /, *, data: Path | None = None, config: Path | None = None) -> int:
    """Put a backup in the place of what a controller has; it must not run.

    The file is checked before anything is replaced, and what is replaced is kept in
    `before-restore`. A folder that is missing is made: DIR/controller for `forepost up --data DIR`.
    Everybody has to log in again. Exit status: 0 restored, 1 not restored and nothing changed, 2
    wrong use, 4 a controller has the folder.

    Parameters
    ----------
    file
        What `forepost backup` wrote.
    data
        The controller's data.dir, or the folder of `forepost up`; without it what the settings say.
    config
        controller.toml; every key also as FOREPOST_SECTION__KEY in the environment.

    """

    def put(folder: Path) -> str:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FolderLock.take(folder):
            manifest = archive.restore(folder, file)
        return f"{folder}: {_size(manifest)} of {manifest.made_at:%F %T} UTC"

    return _done("restore", data, config, put)


def _done(verb: str, data: Path | None, config: Path | None, work: Callable[[Path], str]) -> int:
    try:
        print(work(_folder(data, config)))
    except Taken as error:
        return _fail(verb, TAKEN, f"{error}: stop the controller first")
    except WrongSettings as error:
        return _fail(verb, USAGE, str(error))
    except apsw.FullError:  # which SQLite may call "not an error"
        return _fail(verb, 1, os.strerror(errno.ENOSPC))
    except (Unusable, OSError, apsw.Error) as error:
        return _fail(verb, 1, str(error))
    return 0


def _folder(data: Path | None, config: Path | None) -> Path:
    """Raises WrongSettings."""
    settings = controller_settings.read(config)
    if settings.data.database_url:
        raise WrongSettings(
            "data.database_url: metadata in PostgreSQL are backed up with its own tools; see"
            " docs/operating.md"
        )
    folder = Path(settings.data.dir) if data is None else data
    beneath = folder / "controller"
    return beneath if beneath.is_dir() else folder


def _size(manifest: Manifest) -> str:
    return f"{sum(one.bytes for one in manifest.files) / 2**20:.1f} MiB"


def _fail(verb: str, status: int, text: str) -> int:
    sys.stderr.write(f"forepost {verb}: {text}\n")
    return status
