"""Turns names into addresses, by the system's resolver."""

import asyncio
import socket
from collections.abc import Iterable
from typing import Any

import anyio
import msgspec

from forepost.agent.edges.names.questions import NameQuestion, NameQuestions, written
from forepost.agent.ports.net import FAMILIES, Family, Resolved
from forepost.kit.idna_name import WrongName, a_labels
from forepost.kit.name_lookup import OTHER_FAMILY_SEC, WHOLE_ANSWER_SEC


def numeric(address: str) -> tuple[socket.AddressFamily, tuple[Any, ...]] | None:
    """Decode an IPv4 or IPv6 address (with brackets, with a zone in either spelling, `%eth0` or
    RFC 6874's `%25eth0`); None for anything else.
    """
    bare = address[1:-1] if address.startswith("[") and address.endswith("]") else address
    for text in dict.fromkeys((bare, bare.replace("%25", "%", 1))):
        try:
            flags = socket.AI_NUMERICHOST
            found = socket.getaddrinfo(text, None, flags=flags, type=socket.SOCK_RAW)
        except (OSError, ValueError):
            continue
        family, _, _, _, to = found[0]
        return family, to
    return None


class Names:
    """Resolves names. Belongs to the event loop that it is first used in."""

    def __init__(self) -> None:
        self._questions = NameQuestions()

    async def resolve(self, name: str, *, family: Family, timeout_sec: float) -> Resolved:
        found = numeric(name)
        if found is not None:
            return _wanted(found, family)
        try:
            asked = a_labels(name)
        except WrongName as error:
            return Resolved(reason=str(error))
        with anyio.move_on_after(timeout_sec):
            return await self._answer(asked, family)
        return Resolved(reason=f"{name}: no answer from the resolver in {timeout_sec:g} s")

    async def _answer(self, name: str, family: Family) -> Resolved:
        with self._questions.asked(name, family) as whole:
            waited_sec = await whole.begins()
            await whole.answered(WHOLE_ANSWER_SEC if family == "auto" else None)
            answer = whole.answer or await self._by_family(name, whole)
            return msgspec.structs.replace(answer, waited_sec=waited_sec)

    async def _by_family(self, name: str, whole: NameQuestion) -> Resolved:
        with self._questions.asked(name, "4") as v4, self._questions.asked(name, "6") as v6:
            return await _first_of(whole, (v4, v6))


async def _first_of(whole: NameQuestion, singles: tuple[NameQuestion, ...]) -> Resolved:
    """Of one question for both families, and of one for each."""
    is_good = False
    while True:
        open_ones = [one.future for one in (whole, *singles) if one.answer is None]
        wait_sec = OTHER_FAMILY_SEC if is_good else None
        done, _ = await asyncio.wait(
            open_ones, timeout=wait_sec, return_when=asyncio.FIRST_COMPLETED
        )
        if whole.answer is not None:
            return whole.answer
        answers = [one.answer for one in singles if one.answer is not None]
        good = [one for one in answers if one.addresses]
        if (good and not done) or len(answers) == len(singles):
            return _joined(good) if good else answers[0]
        is_good = bool(good)


def _joined(answers: Iterable[Resolved]) -> Resolved:
    return Resolved(tuple(address for one in answers for address in one.addresses))


def _wanted(found: tuple[socket.AddressFamily, tuple[Any, ...]], family: Family) -> Resolved:
    address = written(found[1])
    if family != "auto" and FAMILIES[family] != found[0]:
        return Resolved(reason=f"{address} is no IPv{family} address")
    return Resolved((address,))
