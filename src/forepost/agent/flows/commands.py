"""The commands of the Unix socket: what they do to the groups, and what they answer."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Protocol

import anyio.to_thread
from anyio.lowlevel import checkpoint

from forepost.agent.edges.files.group_folder import OWN
from forepost.agent.flows.entries import Entry, WrongEntry, read_address, read_entries, spell
from forepost.agent.flows.groups import Foreign, Group, Groups, WrongName
from forepost.wire.flows.socket import (
    ERROR,
    OK,
    PARSE_ERROR,
    AgentStatus,
    Answer,
    FlowList,
    GroupSummary,
    Tally,
)

FLOWS: Final = 100
"""That `list-flows` lists where it is not said."""
MOST_VALUES: Final = 1_100_000
"""Of one request, by its commas: a million addresses, and what goes with them."""
MOST_TOLD: Final = 100
"""Entries of one request of which it is told why they are wrong."""
MOST_LOOKUPS: Final = 10_000
AT_ONCE: Final = 5_000
"""Entries; then everybody else has a turn."""
LOOKUPS_AT_ONCE: Final = 200
"""Each asks all groups."""

_log = logging.getLogger(__name__)


class GroupStore(Protocol):
    """Where groups are kept; each may raise OSError."""

    def names(self) -> dict[str, str]:
        """Group to file."""
        ...

    def read(self, file: str) -> list[str]:
        """Return the entries of a file."""
        ...

    def write(self, file: str, entries: list[str]) -> None:
        """Replace the entries of a file, which is made where there is none."""
        ...

    def remove(self, file: str) -> None:
        """Delete a file."""
        ...


class NotUnderstood(ValueError):
    """The request is no command; the connection ends after the answer."""


class CommandRequest:
    """The keys of one request, in any case and any order."""

    def __init__(self, text: bytes) -> None:
        """Raises NotUnderstood."""
        if text.count(b",") > MOST_VALUES:
            raise NotUnderstood(f"parse error: more than {MOST_VALUES:,} values")
        try:
            pairs = json.loads(text, object_pairs_hook=_Pairs)
        except (ValueError, RecursionError) as error:
            raise NotUnderstood(f"parse error: {error}") from None
        found: dict[str, Any] = {}
        for key, value in pairs:
            lower = key.lower()
            if lower == "command" and lower in found:
                raise NotUnderstood("command already set")
            found[lower] = value
        command, group = found.get("command"), found.get("group")
        self.command = command.lower() if isinstance(command, str) else ""
        self.group = group if isinstance(group, str) else ""
        self.data = _strings(found.get("data"))
        limit = found.get("limit", FLOWS)
        self.limit = limit if isinstance(limit, int) and limit > 0 else FLOWS
        offset = found.get("offset", 0)
        self.offset = offset if isinstance(offset, int) and offset > 0 else 0


class _Pairs(list[tuple[str, Any]]):
    """A JSON object, with what it says twice."""


def _strings(data: Any) -> list[str] | None:
    if isinstance(data, str):
        return [data]
    if isinstance(data, list) and not isinstance(data, _Pairs):
        return [entry for entry in data if isinstance(entry, str)]
    return None


class Commands:
    """Carries out commands of the Unix socket on the groups, and answers each."""

    def __init__(
        self,
        groups: Groups,
        folder: GroupStore,
        status: Callable[[], AgentStatus],
        flows: Callable[[int, int], Awaitable[FlowList]],
        reload: Callable[[], Awaitable[None]],
        restart: Callable[[], None],
    ) -> None:
        self._groups, self._folder = groups, folder
        self._flows = flows
        self._status, self._reload, self._restart = status, reload, restart
        self._restarting = False
        self._table: Mapping[str, Callable[[CommandRequest], Awaitable[Answer]]] = {
            "status": self._tell_status,
            "reload": self._do_reload,
            "restart": self._do_restart,
            "add-group-address": self._add,
            "remove-group-address": self._remove,
            "delete-group-address": self._remove,
            "flush-group-addresses": self._flush,
            "flush-address-group": self._flush,
            "save-address-group": self._save,
            "load-address-group": self._load,
            "list-address-groups": self._list,
            "lookup-group-address": self._look_up,
            "list-flows": self._list_flows,
        }

    async def answer(self, text: bytes) -> Answer:
        """Carry out one request. Raises NotUnderstood."""
        request = CommandRequest(text)
        if not request.command:
            return Answer(code=ERROR, message="No command specified.")
        run = self._table.get(request.command)
        if run is None:
            raise NotUnderstood("invalid command")
        try:
            return await run(request)
        except (Foreign, WrongName) as error:
            return Answer(code=ERROR, message=f"{error}.")

    def answered(self) -> None:
        """The answer has left: do what was put off until then."""
        if self._restarting:
            self._restart()

    async def restore(self) -> list[str]:
        """Read all groups that have a file, in the place of what was read before; return, in words,
        what could not be read. Groups that are in memory only stay.
        """
        problems: list[str] = []
        kept = self._folder.names()
        for name in self._groups.names():
            group = self._groups.get(name)
            if group and group.origin == "local" and group.file and name not in kept:
                self._groups.drop(name)
        for name, file in kept.items():
            try:
                problems += await self._read(name, file)
            except (OSError, UnicodeDecodeError, Foreign) as error:
                problems.append(f"group {name}: {error}")
        return problems

    async def keep(self) -> list[str]:
        """Write again the groups that have a file; return what could not be written."""
        problems = []
        for name in self._groups.names():
            group = self._groups.get(name)
            if group and group.file and group.origin == "local":
                try:
                    self._folder.write(group.file, [spell(entry) for entry in group.entries()])
                except OSError as error:
                    problems.append(f"group {name}: {error}")
        return problems

    async def _tell_status(self, _: CommandRequest) -> Answer:
        return Answer(code=OK, message="Ok.", data=self._status())

    async def _list_flows(self, request: CommandRequest) -> Answer:
        return Answer(code=OK, message="Ok.", data=await self._flows(request.limit, request.offset))

    async def _do_reload(self, _: CommandRequest) -> Answer:
        await self._reload()
        return Answer(code=OK, message="Ok.")

    async def _do_restart(self, _: CommandRequest) -> Answer:
        self._restarting = True
        return Answer(code=OK, message="Bye, bye.")

    async def _add(self, request: CommandRequest) -> Answer:
        return await self._each(request, Group.add)

    async def _remove(self, request: CommandRequest) -> Answer:
        name = request.group
        known = self._groups.get(name) is not None
        answer = await self._each(request, Group.remove)
        group = self._groups.get(name)
        if not known or (group is not None and not len(group) and not group.file):
            self._groups.drop(name)  # none is left: nor is the group
        return answer

    async def _each(
        self, request: CommandRequest, change: Callable[[Group, Entry], bool]
    ) -> Answer:
        tally, wrong = Tally(), list[str]()
        if not request.group:
            if request.data is not None:
                raise NotUnderstood("No address group tag set")
            return Answer(code=ERROR, message="No group specified.")
        group = self._groups.ours(request.group)
        for text in request.data or []:
            tally.total += 1
            try:
                changed = [change(group, entry) for entry in read_entries(text)]
                tally.errors += not all(changed)
            except WrongEntry as error:
                tally.errors += 1
                wrong.append(str(error))
            if tally.total % AT_ONCE == 0:
                await checkpoint()
        self._groups.changed()
        if wrong:
            tally.wrong = wrong[:MOST_TOLD]
        return Answer(code=OK, message="Ok.", data=tally)

    async def _flush(self, request: CommandRequest) -> Answer:
        if not request.group:
            return Answer(code=ERROR, message="No group specified.")
        group = self._groups.drop(request.group)
        if group is not None and group.file:
            try:
                self._folder.remove(group.file)
            except OSError as error:
                self._groups.put(request.group, group)
                return Answer(code=ERROR, message=f"Error saving group address(es): {error}.")
        return Answer(code=OK, message="Ok.")

    async def _save(self, request: CommandRequest) -> Answer:
        group = self._groups.get(request.group)
        if not request.group or group is None:
            return _no_group(request)
        if group.origin != "local":
            raise Foreign(f"group {request.group} is the controller's, which keeps it")
        file = group.file or OWN.format(request.group)
        entries: list[str] = []
        for number, entry in enumerate(group.entries(), 1):
            entries.append(spell(entry))
            if number % AT_ONCE == 0:
                await checkpoint()
        try:
            await anyio.to_thread.run_sync(self._folder.write, file, entries)
        except OSError as error:
            return Answer(code=ERROR, message=f"Error saving group address(es): {error}.")
        group.file = file
        return Answer(code=OK, message="Saved group address(es).")

    async def _load(self, request: CommandRequest) -> Answer:
        file = self._folder.names().get(request.group)
        if not request.group:
            return _no_group(request)
        if file is None:
            return Answer(code=ERROR, message="No group filename assigned.")
        try:
            problems = await self._read(request.group, file)
        except (OSError, UnicodeDecodeError) as error:
            return Answer(code=ERROR, message=f"Error loading group address(es): {error}.")
        group = self._groups.get(request.group)
        for problem in problems:
            _log.warning("%s", problem)
        if group is None or not len(group):
            return Answer(code=ERROR, message="Error loading group address(es).")
        return Answer(code=OK, message="Loaded group address(es).")

    async def _list(self, _: CommandRequest) -> Answer:
        found = [(name, self._groups.get(name)) for name in self._groups.names()]
        groups = [
            GroupSummary(name=name, entries=len(g), saved=bool(g.file), origin=g.origin)
            for name, g in found
            if g is not None
        ]
        return Answer(code=OK, message="Ok.", data=groups)

    async def _look_up(self, request: CommandRequest) -> Answer:
        """Address to the groups that it is in, and by which entry of each."""
        found: dict[str, dict[str, str]] = {}
        asked = request.data or []
        if len(asked) > MOST_LOOKUPS:
            said = f"data: {MOST_LOOKUPS:,} addresses are the most."
            return Answer(code=ERROR, message=said)
        for number, text in enumerate(asked, 1):
            if number % LOOKUPS_AT_ONCE == 0:
                await checkpoint()
            try:
                address = read_address(text)
            except WrongEntry as error:
                return Answer(code=ERROR, message=f"data: {error}.")
            groups = self._groups.containing(address)
            found[text] = {name: spell(by) for name, by in groups.items()}
        return Answer(code=OK, message="Ok.", data=found)

    async def _read(self, name: str, file: str) -> list[str]:
        """Take a file in the place of the group; return what of it is not understood."""
        problems: list[str] = []
        group = Group()
        group.file = file
        lines = await anyio.to_thread.run_sync(self._folder.read, file)
        for number, text in enumerate(lines, 1):
            try:
                for entry in read_entries(text):
                    group.add(entry)
            except WrongEntry as error:
                problems.append(f"group {name}: {file}: {error}")
            if number % AT_ONCE == 0:
                await checkpoint()
        self._groups.put(name, group)
        return problems


def _no_group(request: CommandRequest) -> Answer:
    said = "Group not found." if request.group else "No group specified."
    return Answer(code=ERROR, message=said)


def refusal(error: ValueError) -> Answer:
    """The last answer on a connection whose bytes are not understood."""
    return Answer(code=PARSE_ERROR, message=str(error))
