"""The spool of a host that became another agent: what waits in it is the first agent's.

Sent under the new key it would be taken for results of the new one's probes, whose numbers may be
the same. So it is put aside, for people, when the host begins anew with the new key.
"""

import hashlib
import logging
import shutil
from pathlib import Path
from typing import Final

from forepost.agent.node import Identity, Node
from forepost.kit import files
from forepost.kit.program import CannotStart

SPOOL: Final = "spool"
ASIDE: Final = "spool.before"
MARK: Final = "spool.foreign"
"""In the state folder, with the digest of the key that the spool is foreign to."""
LARGEST: Final = 256

_log = logging.getLogger(__name__)


def is_another(node: Node, asked: Identity) -> bool:
    """Whether this host was an agent before, and is to be another one than that."""
    before = node.identity()
    if before is not None:
        return (before.workspace_id, before.agent_id) != (asked.workspace_id, asked.agent_id)
    retired = node.retired()
    return retired is not None and retired.named != asked.named


def mark(state_dir: Path, psk: str) -> None:
    """Note, before the key is kept, that the spool is not its agent's. Raises OSError."""
    files.replace(state_dir / MARK, _digest(psk))


def is_foreign(node: Node) -> bool:
    """Whether the spool has results of another agent than this host is now."""
    identity = node.identity()
    try:
        said = files.read(node.state_dir / MARK, LARGEST)
    except OSError:
        return False
    return identity is not None and said == _digest(identity.psk)


def put_aside(node: Node) -> None:
    """Before a spool is opened: put one aside that is foreign. Raises CannotStart."""
    spool, aside, marked = (node.state_dir / name for name in (SPOOL, ASIDE, MARK))
    try:
        if is_foreign(node) and spool.exists():
            if aside.exists():
                shutil.rmtree(aside)
            spool.replace(aside)
            files.sync_folder(node.state_dir)
            _log.warning("results of the agent that this host was before are in %s", aside)
        marked.unlink(missing_ok=True)
    except OSError as error:
        raise CannotStart(
            f"{spool}: is another agent's, and cannot be put aside: {error}"
        ) from None


def _digest(psk: str) -> bytes:
    return hashlib.sha256(psk.encode()).hexdigest().encode()
