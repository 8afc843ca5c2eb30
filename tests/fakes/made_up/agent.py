"""The agent's side: a document, a talk, a face on loopback, and a file written at the end."""

import os
import socket
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import anyio
import msgspec

from forepost.agent.cores.local_guard import Guard
from forepost.agent.document import DocumentRefused
from forepost.agent.edges.local.control_socket import Say as SayPiece
from forepost.agent.edges.local.control_socket import Verb
from forepost.agent.edges.local.http_face import LocalAnswer, LocalHttp, LocalRequest
from forepost.agent.slices import Built, Site
from forepost.agent.talk import Say, TooMuch
from forepost.wire.uplink.messages import FOREPOST
from forepost.wire.uplink.neffos import Frame

PORT = "MADE_UP_PORT"
"""In the environment: where the face listens."""
MOST_LAMPS = 3


class Lamps:
    """The document `lamps`, the talk of broken ones, and the face that shows both."""

    name = "lamps"
    most_bytes = 1_000
    capabilities = ("lamps",)
    events = ((FOREPOST, "lamp_mend"),)

    def __init__(self) -> None:
        self.lit: list[str] = []
        self.mended: list[int] = []

    async def apply(self, parts: Sequence[msgspec.Raw]) -> list[str]:
        lit = [msgspec.json.decode(part, type=str) for part in parts]
        if len(lit) > MOST_LAMPS:
            raise DocumentRefused(f"{len(lit)} lamps; {MOST_LAMPS} are the most")
        self.lit = lit
        return [f"lamp {one}: there is none" for one in lit if one != "red"]

    def begin(self, say: Say, able: AbstractSet[str]) -> "LampDialogue":
        return LampDialogue(self, say)

    def guard(self, peer: str) -> Guard:
        return Guard()

    async def answer(self, request: LocalRequest) -> LocalAnswer:
        return LocalAnswer(msgspec.json.encode({"lit": self.lit, "mended": self.mended}))

    async def talk(self, request: LocalRequest) -> LocalAnswer:
        return self.refused(404, "lamps do not talk")

    def refused(self, status: int, reason: str) -> LocalAnswer:
        return LocalAnswer(reason.encode(), status)


class LampDialogue:
    def __init__(self, lamps: Lamps, say: Say) -> None:
        self._lamps, self._say = lamps, say
        self._news = anyio.Event()

    def heard(self, frame: Frame) -> None:
        number = msgspec.json.decode(frame.body, type=int)
        if number in self._lamps.mended:
            raise TooMuch(f"lamp {number} is mended already")
        self._lamps.mended.append(number)
        self._news.set()

    async def run(self) -> None:
        await self._say(Frame(FOREPOST, "lamp_broke", "7"))
        await self._news.wait()
        await self._say(Frame(FOREPOST, "lamp_thanks", "7"))


async def build(site: Site) -> Built:
    lamps = Lamps()
    http = LocalHttp("lamps", lamps, site.clock, site.health)

    async def serve() -> None:
        await http.serve(socket.create_server(("127.0.0.1", int(os.environ[PORT]))))

    async def reload() -> None:
        lamps.lit = ["green"]

    async def flush() -> None:
        (site.node.state_dir / "mended").write_text(str(lamps.mended))

    async def count(colours: list[str], say: SayPiece) -> int:
        for colour in colours:
            await say({colour: lamps.lit.count(colour)})
        return len(lamps.lit)

    return Built(
        services={"lamps": serve},
        verbs={"lamps.count": Verb(list[str], count)},
        documents=[lamps],
        talks=[lamps],
        reload=reload,
        flush=flush,
    )
