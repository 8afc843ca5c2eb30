"""A Unix socket at a path: with its mode from the first moment; no live one is taken over."""

import errno
import os
import shutil
import socket
import stat
from pathlib import Path
from typing import Final

OWNER_AND_GROUP: Final = 0o660
FOR_ALL_TO_REACH: Final = 0o755
"""Of a folder that is made for the socket: the socket's own mode says who may use it."""
LONGEST_PATH: Final = 107


class InUse(OSError):
    """Somebody listens there, or something else is there."""


def listen(path: Path, *, group: str = "") -> socket.socket:
    """Return a listening socket with mode 0660, of `group` where one is named.

    What a process left that is gone is removed. Raises InUse, OSError, LookupError (no such group).
    """
    if len(os.fsencode(path)) > LONGEST_PATH:
        raise OSError(errno.ENAMETOOLONG, f"a path is {LONGEST_PATH} bytes at most", str(path))
    if not path.parent.exists():
        path.parent.mkdir(parents=True)
        path.parent.chmod(FOR_ALL_TO_REACH)
    _clear(path)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o777 & ~OWNER_AND_GROUP)
    try:
        made.bind(str(path))
    except OSError:
        made.close()
        raise
    finally:
        os.umask(before)
    try:
        if group:
            shutil.chown(path, group=group)
        made.listen(socket.SOMAXCONN)
        made.setblocking(False)
    except (OSError, LookupError):
        made.close()
        path.unlink(missing_ok=True)
        raise
    return made


def listen_privately(path: Path, backlog: int) -> socket.socket:
    """Return a listening socket in a folder that is this process's own, with mode 0600. Whatever is
    at the path is removed. Raises OSError.
    """
    path.unlink(missing_ok=True)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        made.bind(str(path))
        path.chmod(0o600)
        made.listen(backlog)
    except BaseException:
        made.close()
        raise
    return made


def _clear(path: Path) -> None:
    """Remove a socket that nobody listens on."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise InUse(errno.EEXIST, "is there, and is no socket", str(path))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
        except OSError as error:
            raise InUse(
                error.errno, f"cannot tell whether it is used: {error}", str(path)
            ) from None
    raise InUse(errno.EADDRINUSE, "another process listens there", str(path))
