"""The controller's side: a document, a talk, a route, a follower, a figure."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

from litestar import Router, get

from forepost.controller.access.guard import needs
from forepost.controller.fleet.store import Enrolled
from forepost.controller.fleet.talks import Say
from forepost.controller.joins.built import Built
from forepost.controller.joins.core import Core
from forepost.controller.joins.metrics import Figure
from forepost.controller.pipeline import Follower
from forepost.wire.uplink.messages import FOREPOST, Hello
from forepost.wire.uplink.neffos import Frame


class Lamps:
    """The document `lamps`: which lamps an agent is to light."""

    name = "lamps"

    def __init__(self) -> None:
        self.revision, self.lit = "r1", ["red"]

    async def due(self, agent: Enrolled, has: str) -> tuple[str, Sequence[bytes]]:
        return self.revision, [b'"%s"' % one.encode() for one in self.lit]

    def is_taken_by(self, agent: Enrolled) -> bool:
        return True

    async def revisions(self, workspace_id: int, agent_ids: Sequence[int]) -> Mapping[int, str]:
        return dict.fromkeys(agent_ids, self.revision)


class LampTalk:
    """The talk `lamp_news`: an agent says that a lamp broke, and is told to mend it."""

    name = "lamp_news"
    events: AbstractSet[tuple[str, str]] = frozenset({(FOREPOST, "lamp_broke")})

    def begin(self, agent: Enrolled, say: Say) -> "LampDialogue":
        return LampDialogue(say)


class LampDialogue:
    def __init__(self, say: Say) -> None:
        self._say = say

    def met(self, hello: Hello) -> None: ...
    def due(self) -> None: ...

    async def heard(self, frame: Frame, received: datetime) -> None:
        await self._say(f";forepost;;lamp_mend;0;0;{frame.body}")

    async def give(self) -> None: ...


class MadeUp:
    """What the test looks at."""

    def __init__(self) -> None:
        self.lamps = Lamps()
        self.core: Core | None = None

    async def build(self, core: Core) -> Built:
        self.core = core

        @get("/lamps", opt=needs("public"))
        async def show_lamps() -> list[str]:
            return self.lamps.lit

        return Built(
            routers=[Router("/", route_handlers=[show_lamps], tags=["lamps"])],
            followers=[Follower(lambda *_: None, frozenset({"LAMP"}))],
            documents=[self.lamps],
            talks=[LampTalk()],
            figures=[
                Figure("gauge", "forepost_lamps", "Lit lamps.", lambda: len(self.lamps.lit)),
            ],
        )
