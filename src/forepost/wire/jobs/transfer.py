"""What the agent and its transfer engine, a process of its own, say to each other.

Down go `TransferOrder` as the first argument and then `TransfersWanted`, whole each time; up come
`TransferReport`s and `TransferEvent`s. Each is a MessagePack object behind its length (4 bytes,
big-endian).
"""

import struct
from collections.abc import Iterator
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from forepost.wire.jobs.agent_api import RunError, RunStatus
from forepost.wire.jobs.job import JobPeer, Permission, TransferSettings

MOST_MESSAGE: Final = 16 << 20


class TransferOrder(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an engine is begun with."""

    state_dir: str
    """A folder of its own: the indexes."""
    key_file: str
    """PEM: the agent's private key."""
    certificate_file: str
    """PEM: what shows it to other agents."""
    listen: str = ""
    """IP:PORT; empty: it only dials."""


class RelayAccess(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a controller is asked to pass bytes on to other agents. It has the agent's key in it, so
    it comes over the socket, and never as an argument.
    """

    url: str
    """Of the controller: http(s)://host[:port]."""
    headers: dict[str, str]
    """By which it knows this agent."""
    pin_sha256: str = ""
    proxy: str = ""
    """As of `uplink.proxy`, "none" where there is none."""
    ca_file: str = ""
    client_cert_file: str = ""
    client_key_file: str = ""


class TransferTask(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A folder at this agent that is to be in step with its peers."""

    key: Annotated[str, Meta(min_length=1, max_length=300)]
    """The same at all agents of a run, and for nothing else: what a peer names in its greeting. Of
    a consolidation each source has a task of its own, here and at each destination."""
    type: Literal["folder", "distribution", "consolidation"]
    permission: Permission
    path: str
    folder: str = ""
    """What index and marker of the folder belong to, where runs of one job follow one another in
    it, each with a key of its own; "": to the key."""
    peers: list[JobPeer] = []
    writers: list[str] = []
    """Device ids of others whose signed manifests count."""
    settings: TransferSettings = TransferSettings()
    priority: int = 5
    paused: bool = False
    held_ok: bool = False
    """Somebody confirmed what the folder was held for."""
    run: str = ""
    """Of a controller's run its uid there: by it the controller's relay may be asked."""


class TransfersWanted(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """All tasks; what is missing is given up: its files stay, its index goes after a while."""

    tasks: list[TransferTask] = []
    relay: RelayAccess | None = None
    """None: there is no controller that passes bytes on."""


class TransferStatus(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A task as it is now. Sizes in bytes, speeds in bytes a second."""

    key: str
    status: RunStatus
    errors: list[RunError] = []
    files_total: int = 0
    files_completed: int = 0
    size_total: int = 0
    size_completed: int = 0
    transferred_down: int = 0
    transferred_up: int = 0
    down_speed: int = 0
    up_speed: int = 0
    peers_count: int = 0
    peers_count_proxied: int = 0
    peers_complete: int = 0
    """Of the peers that are connected, how many have everything."""
    last_synced: int = 0
    """Unix seconds; 0: never yet."""
    held: str = ""
    """Why nothing is done until somebody confirms."""


class TransferReport(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """All tasks, after changes and once a second while something moves."""

    tasks: list[TransferStatus] = []
    listening: list[str] = []
    problem: str = ""
    """Of the engine as a whole, such as a port that is taken."""


EventKind = Literal[
    "received", "deleted", "conflict", "held", "bad_chunk", "healed", "clash", "error", "member"
]


class TransferEvent(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Something that a person may want to know of later."""

    key: str
    kind: EventKind
    text: str
    at_ms: int
    """Unix milliseconds."""


TransferWord = TransfersWanted | TransferReport | TransferEvent
_LENGTH: Final = struct.Struct(">I")


def framed(word: TransferWord) -> bytes:
    body = msgspec.msgpack.encode(word)
    return _LENGTH.pack(len(body)) + body


def unframed(buffer: bytearray, most: int) -> Iterator[bytes]:
    """Take whole messages from the front of the buffer. Raises ValueError for one of more bytes
    than `most`.
    """
    while len(buffer) >= _LENGTH.size:
        (length,) = _LENGTH.unpack_from(buffer)
        if length > most:
            raise ValueError("a message of too many bytes")
        end = _LENGTH.size + length
        if len(buffer) < end:
            return
        message = bytes(buffer[_LENGTH.size : end])
        del buffer[:end]
        yield message
