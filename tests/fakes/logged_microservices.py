"""The microservices of a site that a test says, with statuses and logs of their own."""

from collections.abc import AsyncGenerator, Sequence

from forepost.agent.workloads.microservices import NoSuchMicroservice, NotNow
from forepost.wire.workloads.delivery import LogLine, MicroserviceStatus
from tests.fakes.microservices import SiteMicroservices


class LoggedMicroservices(SiteMicroservices):
    """What it says is what `say` said last; logs are what `write` wrote."""

    def __init__(self) -> None:
        super().__init__()
        self.all: dict[str, MicroserviceStatus] = {}
        self.restarted: list[str] = []
        self.written: list[LogLine] = []

    def say(self, *statuses: MicroserviceStatus) -> None:
        self.all |= {one.uuid: one for one in statuses}
        self.tell()

    def write(self, *texts: str) -> None:
        self.written += [LogLine(text=text) for text in texts]
        self.tell()

    def statuses(self) -> Sequence[MicroserviceStatus]:
        return list(self.all.values())

    async def restart(self, uuid_or_name: str) -> None:
        self._known(uuid_or_name)
        if self.away:
            raise NotNow(self.away)
        self.restarted.append(uuid_or_name)

    async def logs(
        self, uuid_or_name: str, tail: int, *, follow: bool
    ) -> AsyncGenerator[LogLine, None]:
        self._known(uuid_or_name)
        read = max(0, len(self.written) - tail)
        while True:
            while read < len(self.written):
                read += 1
                yield self.written[read - 1]
            if not follow:
                return
            await self.changed()

    def _known(self, uuid: str) -> None:
        if uuid not in self.all:
            raise NoSuchMicroservice(f"{uuid}: there is no such microservice")
