"""What `bench/local_api.py` asks: the Local API, or the least that uvicorn could do.

`python -m bench.local_api_server forepost|uvicorn|sockets PORT FOLDER`
"""

import logging
import sys
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread

from forepost.agent.settings import LocalApiSection, Settings
from forepost.agent.workloads.local_api.api import LocalApi, LocalApiNeeds
from forepost.agent.workloads.local_api.report import AgentFacts
from forepost.kit.clock import SystemClock
from forepost.kit.garbage import collect_rarely
from forepost.kit.health import Health
from tests.fakes.microservices import SiteMicroservices

UUID = "R4b2WPZRbycCzyZBz9tD7BdMWg94YDhQ"
CONFIG = '{"property1":"value1","property2":"value2"}'
SOCKETS = 1_000
CHANGES = 100_000
LAST = '{"n":"last"}'


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Bare ASGI: the body is read, and the same bytes are said."""
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(ANSWER))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": ANSWER})


ANSWER = b'{"status":"okay","config":"{\\"property1\\":\\"value1\\",\\"property2\\":\\"value2\\"}"}'


async def serve(port: int, folder: Path, *, sockets: bool) -> None:
    collect_rarely()
    site = SiteMicroservices()
    site.configs = {f"m{n}": "{}" for n in range(SOCKETS)} if sockets else {UUID: CONFIG}
    site.on_host = set(site.configs)

    async def provision(key: str) -> str:
        return key

    async def deprovision() -> None: ...

    needs = LocalApiNeeds(
        facts=lambda: AgentFacts(version="bench"),
        applied=lambda _: None,
        provision=provision,
        deprovision=deprovision,
    )
    settings = Settings(local_api=LocalApiSection(listen=f"127.0.0.1:{port}"))
    health = Health(logging.getLogger("bench"))
    api = LocalApi(settings, folder, site, needs, SystemClock(), health)

    async def service(name: str) -> None:
        await api.services[name]()

    async with anyio.create_task_group() as tasks:
        for name in api.services:
            tasks.start_soon(service, name)
        if sockets:
            await changes(site)


async def changes(site: SiteMicroservices) -> None:
    """As soon as a line comes on standard input."""
    await anyio.to_thread.run_sync(sys.stdin.readline)
    names = list(site.configs)
    for number in range(CHANGES - SOCKETS):
        site.configure(names[number * 7_919 % SOCKETS], f'{{"n":{number}}}')
        if number % 50 == 0:
            await anyio.lowlevel.checkpoint()
    for name in names:
        site.configure(name, LAST)
    print("changed", flush=True)


if __name__ == "__main__":
    which, at, where = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    if which == "uvicorn":
        import uvicorn

        uvicorn.run(app, port=at, lifespan="off", log_config=None, access_log=False)
    else:
        anyio.run(lambda: serve(at, where, sockets=which == "sockets"))
