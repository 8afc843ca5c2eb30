"""What all folders of an engine share."""

from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from random import Random

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from forepost.agent.edges.peers.credentials import Credentials
from forepost.agent.edges.tree.space import SetAside
from forepost.agent.transfer.relay_lines import RelayLines
from forepost.kit.clock import Clock
from forepost.wire.jobs.transfer import TransferEvent, TransferTask


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """Of one engine."""

    credentials: Credentials
    key: ec.EllipticCurvePrivateKey
    state_dir: Path
    clock: Clock
    executor: Executor
    """For what takes the processor or the disk."""
    random: Random
    relay: RelayLines
    listens: bool
    """Whether other agents may reach this one directly."""
    tell: Callable[[TransferEvent], None]
    set_aside: SetAside
    changed: Callable[[], None]
    """Called when a status may be another one."""
    is_outranked: Callable[[TransferTask], bool]
