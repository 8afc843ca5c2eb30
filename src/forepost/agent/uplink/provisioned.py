"""How an agent comes to a controller, and leaves it, while it runs: by a key alone.

What a key said is kept in the state folder and goes before `[uplink]` of the settings; the agent
begins anew with it. Whatever happens in the middle, the next start finds the key and goes on.
"""

import logging
import os
from collections.abc import Collection
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Final

import anyio
import msgspec

from forepost.agent.line import controller_address, why_not
from forepost.agent.node import Identity, LostIdentity, Node
from forepost.agent.settings import Settings
from forepost.agent.slices import EnrolmentRefused
from forepost.agent.talk import Say
from forepost.agent.uplink.documents import Documents
from forepost.agent.uplink.enroll import Refused, enroll
from forepost.agent.uplink.former_files import remove_documents
from forepost.kit.clock import Clock
from forepost.kit.health import Health
from forepost.kit.http import Unreachable
from forepost.kit.state_file import StateFile
from forepost.wire.uplink.messages import FOREPOST
from forepost.wire.uplink.neffos import Frame
from forepost.wire.workloads.delivery import DEPROVISION, WORKLOADS
from forepost.wire.workloads.provisioning_key import provisioning_parts

PROVISIONED: Final = "provisioned.json"
TRY_SEC: Final = 5.0
"""For the exchange of a key: with the question who is there it is within ten seconds."""
LEAVE_SEC: Final = 5.0
"""For the controller to take note that this agent leaves."""
ANSWER_SEC: Final = 1.0
"""For the answer to whoever asked, before the agent begins anew."""

_log = logging.getLogger(__name__)


class Provisioned(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    workspace_id: int
    agent_id: int
    pin: str
    """"": it was traded for a key."""
    is_leaving: bool = False
    """The controller may have been told so: whatever happens, this agent is not its own any more.
    """


_decoder = msgspec.json.Decoder(Provisioned)


def _file(state_dir: Path) -> StateFile[Provisioned]:
    return StateFile(state_dir / PROVISIONED, _decoder.decode, largest=16 << 10)


def with_provisioned(settings: Settings, node: Node, health: Health) -> Settings:
    """The settings with what a key said, where one was used here; and the end of what a process
    that was killed had begun.
    """
    file, identity = _file(node.state_dir), node.identity()
    was_there = os.path.lexists(file.path)
    found = file.recall(health)
    if found is None and was_there and identity is not None:
        found = _of(identity)  # all but the PIN, which is used up
        file.keep(msgspec.json.encode(found), health)
    if found is None:
        return settings
    is_its = identity is not None and _is_of(found, identity)
    is_left = not (found.pin or is_its or _is_lost(node))
    if found.is_leaving or is_left:
        _finish_leaving(node, health, is_its=is_its)
        return settings
    if found.pin and is_its:
        file.keep(msgspec.json.encode(msgspec.structs.replace(found, pin="")), health)
    uplink = msgspec.structs.replace(
        settings.uplink,
        url=found.url,
        workspace_id=found.workspace_id,
        agent_id=found.agent_id,
        pin=found.pin,
    )
    return msgspec.structs.replace(settings, uplink=uplink)


def _is_lost(node: Node) -> bool:
    """Whether there is a key, and nobody can read it: that is no key which was put aside."""
    try:
        node.proven_identity()
    except LostIdentity:
        return True
    return False


def _of(identity: Identity) -> Provisioned:
    return Provisioned(
        url=identity.home or identity.url,
        workspace_id=identity.workspace_id,
        agent_id=identity.agent_id,
        pin="",
    )


def _is_of(found: Provisioned, identity: Identity) -> bool:
    return (found.workspace_id, found.agent_id) == (identity.workspace_id, identity.agent_id)


def _finish_leaving(node: Node, health: Health, *, is_its: bool) -> None:
    """`is_its`: the key that is here is of the agent that leaves. What cannot be done now is done
    at the next start.
    """
    try:
        if is_its or (node.identity() is None and not _is_lost(node)):
            remove_documents(node.state_dir)
        if is_its:
            node.retire()
        forget_provisioned(node.state_dir)
    except OSError as error:
        health.ill(PROVISIONED, f"this host has left its controller; what was of it stays: {error}")


def forget_provisioned(state_dir: Path) -> None:
    """The settings say who this agent is. Raises OSError."""
    (state_dir / PROVISIONED).unlink(missing_ok=True)


class Provisioning:
    """An `Enrolment` (slices.py), and the talk by which an agent says that it leaves."""

    capabilities: Final[Collection[str]] = ()
    events: Final[Collection[tuple[str, str]]] = ()

    def __init__(self, settings: Settings, node: Node, clock: Clock, health: Health) -> None:
        self._settings, self._node, self._clock, self._health = settings.uplink, node, clock, health
        self._busy = anyio.Lock()
        self._changed = anyio.Event()
        self._leaving = anyio.Event()
        self._told = anyio.Event()
        self.documents: Documents | None = None
        """Those of the controller; what it wanted is not wanted any more once the agent left."""
        self._line: anyio.CancelScope | None = None
        self.restart_wanted = anyio.Event()

    @property
    def identity(self) -> Identity | None:
        """Who this agent is; None: it is not provisioned."""
        return self._node.identity()

    async def provision(self, url: str, key: str) -> str:
        """See `slices.Enrolment`."""
        async with self._busy:
            self._check_settled()
            if (found := self.identity) is not None:
                raise EnrolmentRefused(f"this host is {found.named} already: deprovision it first")
            asked, pin = self._asked(url or self._settings.url, key)
            if reason := why_not(
                asked.url, allow_plain=self._settings.allow_plain, pin_sha256=asked.pin_sha256
            ):
                raise EnrolmentRefused(reason)
            file = _file(self._node.state_dir)
            begun = Provisioned(
                url=asked.url,
                workspace_id=asked.workspace_id,
                agent_id=asked.agent_id,
                pin=pin,
            )
            try:
                file.save(msgspec.json.encode(begun))
                with anyio.fail_after(TRY_SEC):
                    identity = await enroll(self._node, asked, pin)
            except (Refused, Unreachable, OSError, TimeoutError) as error:
                file.remove(self._health)
                said = str(error) or f"{asked.url}: no answer within {TRY_SEC:.0f} s"
                raise EnrolmentRefused(said, is_refused=isinstance(error, Refused)) from None
            except BaseException:  # whoever asked waits no longer, or the agent ends
                file.remove(self._health)
                raise
            used = msgspec.structs.replace(begun, pin="")
            file.keep(msgspec.json.encode(used), self._health)
            _log.info("provisioned: this host is %s", identity.named)
            self._changed.set()
            return identity.uuid

    def _check_settled(self) -> None:
        """Raises EnrolmentRefused: what is done now would be cut off in the middle."""
        if self._changed.is_set():
            raise EnrolmentRefused("the agent begins anew just now: ask again in a moment")

    def _asked(self, url: str, key: str) -> tuple[Identity, str]:
        """Who this host is to be, and the PIN for it. Raises EnrolmentRefused."""
        try:
            parts = provisioning_parts(key)
        except ValueError as error:
            raise EnrolmentRefused(f"Invalid Provisioning Key: it {error}") from None
        try:
            address = controller_address(url)
        except ValueError as error:
            raise EnrolmentRefused(str(error)) from None
        asked = Identity(
            url=address,
            workspace_id=parts.workspace_id,
            agent_id=parts.agent_id,
            psk="",
            pin_sha256=self._settings.pin_sha256,
        )
        return asked, parts.pin

    async def deprovision(self) -> None:
        """See `slices.Enrolment`."""
        async with self._busy:
            found = self.identity
            if found is None:
                raise EnrolmentRefused("not provisioned")
            self._check_settled()
            # whoever asked may wait no longer: the controller is told all the same
            with anyio.CancelScope(shield=True):
                await self._leave(found)

    async def _leave(self, found: Identity) -> None:
        state_dir = self._node.state_dir
        leaving = msgspec.structs.replace(_of(found), is_leaving=True)
        _file(state_dir).keep(msgspec.json.encode(leaving), self._health)
        self._leaving.set()
        with anyio.move_on_after(LEAVE_SEC):
            await self._told.wait()
        if not self._told.is_set():
            _log.warning("%s: not told that this agent leaves", found.url)
        if self._line is not None:
            self._line.cancel()
        if self.documents is not None:
            await self.documents.clear()
        if self.identity is not None:  # the controller's own word may have ended it meanwhile
            self._node.retire()
        forget_provisioned(state_dir)
        _log.info("deprovisioned: this host was %s", found.named)
        self._changed.set()

    def conversing(self) -> anyio.CancelScope:
        """Return the scope to talk to the controller in: it ends when this agent leaves."""
        self._line = anyio.CancelScope()
        return self._line

    def removed(self) -> None:
        """The controller has ended the key of this agent."""
        self._told.set()
        forget_provisioned(self._node.state_dir)

    def begin_anew(self) -> None:
        """Have the agent begin anew soon."""
        self._changed.set()

    async def run(self) -> None:
        """Have the agent begin anew after a change, when whoever asked for it has the answer."""
        await self._changed.wait()
        await self._clock.sleep(ANSWER_SEC)
        self.restart_wanted.set()

    def begin(self, say: Say, able: AbstractSet[str]) -> "DeprovisionDialogue":
        return DeprovisionDialogue(self._leaving, self._told, say, hears=WORKLOADS in able)


class DeprovisionDialogue:
    """A Dialogue: says once that this agent leaves. The answer is the end of the conversation."""

    def __init__(self, leaving: anyio.Event, told: anyio.Event, say: Say, *, hears: bool) -> None:
        self._leaving, self._told, self._say, self._hears = leaving, told, say, hears

    def heard(self, frame: Frame) -> None:
        """Nothing is heard."""

    async def run(self) -> None:
        await self._leaving.wait()
        if self._hears:
            await self._say(Frame(FOREPOST, DEPROVISION, "{}"))
            try:
                await anyio.sleep_forever()
            finally:
                self._told.set()
