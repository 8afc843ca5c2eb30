"""From a PIN to a PSK, as often as it takes; and whether a PSK is known.

The answer to a PIN may get lost: the process ends, the line breaks, the disk is full. So a number
of our own goes with it, which is on disk before it is said: as long as the PIN would be good, the
controller gives whoever says both the same key again.
"""

import hmac
import secrets
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from forepost.agent.node import Identity, Node
from forepost.agent.uplink.foreign_spool import is_another, mark
from forepost.agent.uplink.former_files import remove_documents
from forepost.agent.way import Way
from forepost.kit import files
from forepost.kit.http import Answer, Unreachable
from forepost.kit.state_file import Damaged, StateFile

TRADE: Final = "enrolment.json"
"""In the state folder until there is a key."""

Standing = Literal["known", "unknown", "removed"]


class Refused(Exception):
    """The controller knows this agent not, or not by this PIN; the text is for a person."""


class Trade(msgspec.Struct, frozen=True):
    """What the numbers that go with PINs are made of: another for each of them."""

    seed: str

    def nonce(self, asked: Identity, pin: str) -> str:
        said = "\0".join(
            ["forepost enrolment 1", str(asked.workspace_id), str(asked.agent_id), pin]
        )
        return hmac.digest(bytes.fromhex(self.seed), said.encode(), "sha256").hex()


_decoder = msgspec.json.Decoder(Trade)


def _trade(state_dir: Path) -> Trade:
    """The one that was begun, or a new one, on disk. Raises OSError."""
    file = StateFile(state_dir / TRADE, _decoder.decode, largest=4_096)
    try:
        begun = file.load()
        if begun is not None and len(bytes.fromhex(begun.seed)) == 32:
            return begun
    except (Damaged, ValueError):
        pass  # whatever was begun with it needs another PIN
    new = Trade(secrets.token_hex(32))
    file.save(msgspec.json.encode(new))
    return new


async def enroll(node: Node, asked: Identity, pin: str) -> Identity:
    """Trade the PIN for a PSK and keep it. Raises Refused, Unreachable when none answers, OSError
    where the key could not be kept: then the PIN has not been sent.

    `asked` is what is wanted, without a PSK. Its pin is compared before the PIN is sent.
    """
    node.try_to_keep()
    nonce = _trade(node.state_dir).nonce(asked, pin)
    answer = await node.way.request(
        "POST",
        f"{asked.url}/agent",
        body={
            "workspace_id": asked.workspace_id,
            "agent_id": asked.agent_id,
            "pin": pin,
            "nonce": nonce,
        },
        pin_sha256=asked.pin_sha256,
    )
    found = _object(answer)
    psk = found.get("psk", "")
    if answer.status != 200 or not isinstance(psk, str) or not psk:
        raise Refused(
            f"{asked.url} refused agent {asked.agent_id} of workspace {asked.workspace_id} "
            f"(HTTP {answer.status} {str(found.get('error', ''))[:200]}): is the PIN right, unused"
            f" and not expired? There POST /workspaces/{asked.workspace_id}/agents/{asked.agent_id}"
            "/issue-pin makes a new one"
        )
    before = node.identity()
    if before is None or before.named != asked.named:
        remove_documents(node.state_dir)  # others wanted them, of another agent
    identity = msgspec.structs.replace(asked, psk=psk)
    if is_another(node, asked):
        mark(node.state_dir, psk)
    node.keep(identity)
    (node.state_dir / TRADE).unlink(missing_ok=True)
    files.sync_folder(node.state_dir)
    return identity


async def standing(way: Way, identity: Identity) -> Standing:
    """What the controller there makes of this key. Raises Unreachable where none says, OSError."""
    answer = await way.request(
        "POST",
        f"{identity.url}/agent",
        body={
            "workspace_id": identity.workspace_id,
            "agent_id": identity.agent_id,
            "psk": identity.psk,
        },
        pin_sha256=identity.pin_sha256,
    )
    found = _object(answer)
    match answer.status, found.get("status"), found.get("error"):
        case 200, "ok", _:
            return "known"
        case 401, _, "invalid_psk":
            return "unknown"
        case (410, "deleted", _) | (410, _, "agent_deleted"):
            return "removed"
    raise Unreachable(
        f"{identity.url}: no controller answers there, but HTTP {answer.status}: something else may"
        " be at this address"
        if answer.status not in (429, 500, 502, 503, 504, 507)
        else f"{identity.url}: it has no answer now (HTTP {answer.status})"
    )


def unknown_at(url: str) -> str:
    return (
        f"the controller at {url} does not know this agent: issue a PIN there and run `forepost"
        " join` (until then its results wait here)"
    )


def _object(answer: Answer) -> dict[str, Any]:
    found = answer.json()
    return found if isinstance(found, dict) else {}
