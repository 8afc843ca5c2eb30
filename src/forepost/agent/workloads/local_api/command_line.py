"""`/v2/commandline`: the words of ioFog's command, and what it would print."""

from collections.abc import Sequence
from typing import Final

from forepost.agent.edges.local.http_face import LocalAnswer, LocalRequest
from forepost.agent.workloads.local_api import report
from forepost.agent.workloads.local_api.agent_calls import AgentCalls
from forepost.agent.workloads.local_api.option import BY_FLAG
from forepost.agent.workloads.local_api.words import NotDone, done, fields

HELP: Final = """Usage 1: iofog-agent [OPTION]
Usage 2: iofog-agent [COMMAND] <Argument>
Usage 3: iofog-agent [COMMAND] [Parameter] <VALUE>

-h, -?           --help              print this message
-v               --version           print the version
help                                 print this message
version                              print the version
status                               print what the agent is doing
provision        <provisioning key>  attach this agent to the configured controller
deprovision                          detach this agent from its controller
info                                 print the current configuration
config           [Parameter] <VALUE> change the configuration; parameters:
                                     {}
prune                                remove images that nobody needs"""


class CommandLine:
    def __init__(self, calls: AgentCalls) -> None:
        self._calls = calls

    async def answer(self, request: LocalRequest) -> LocalAnswer:
        said = fields(request, "")
        command = said.get("command")
        if not isinstance(command, str):
            raise NotDone(400, "Missing required property 'command'")
        try:
            text = await self._run(command.split())
        except NotDone as refusal:
            body = {"response": _shown(str(refusal)), "error": "Internal server error"}
            raise NotDone(500, str(refusal), body) from None
        return done({"response": _shown(text)})

    async def _run(self, words: Sequence[str]) -> str:
        match words:
            case ["status"]:
                found = self._calls.status_fields()
                return report.lines(found, report.STATUS_LABELS, 28, ": ")
            case ["info"]:
                found = self._calls.info_fields()
                return report.lines(found, report.INFO_LABELS, 40, " : ")
            case ["version" | "-v" | "--version"]:
                return f"ioFog {self._calls.version_text()}"
            case ["provision", key]:
                return await self._provision(key)
            case ["deprovision"]:
                return await self._deprovision()
            case ["prune"]:
                return f"\n{await self._calls.pruned()}"
            case ["config", *pairs] if pairs and len(pairs) % 2 == 0:
                return self._config(pairs)
        return _help()

    async def _provision(self, key: str) -> str:
        begun = f'Provisioning with key "{key}" ... Result: \n'
        try:
            return f"{begun}Provision success - Iofog UUID is {await self._calls.provisioned(key)}"
        except NotDone as refusal:
            raise NotDone(500, f'{begun}Provision failed with error message: "{refusal}"') from None

    async def _deprovision(self) -> str:
        begun = "Deprovisioning from controller ... \n"
        try:
            await self._calls.deprovisioned()
        except NotDone as refusal:
            raise NotDone(500, f"{begun}{refusal}") from None
        return f"{begun}Success - tokens, identifiers and keys removed"

    def _config(self, pairs: Sequence[str]) -> str:
        flags = dict(zip(pairs[::2], pairs[1::2], strict=True))
        found = {flag: BY_FLAG.get(flag.removeprefix("-")) for flag in flags}
        if not all(found.values()):
            return _help()
        before = self._calls.configuration.now
        wanted = {one.key: flags[flag] for flag, one in found.items() if one is not None}
        refused = self._calls.configuration.set(wanted)
        now = self._calls.configuration.now
        told = []
        for option in (one for one in found.values() if one is not None):
            if option.key in refused:
                told.append(f"\n\tError : {refused[option.key]}")
            else:
                told.append(
                    f"\n\tChange accepted for Parameter : - {option.flag}, Old value was :"
                    f"{before[option.key]}, New Value is : {now[option.key]}"
                )
        return "".join(told)


def _help() -> str:
    return HELP.format(" ".join(f"-{flag}" for flag in BY_FLAG))


def _shown(text: str) -> str:
    """As ioFog's command reads it: the two characters of a line break."""
    return text.replace("\n", "\\n")
