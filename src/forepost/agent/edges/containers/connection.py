"""The connection to an engine with Docker's API: its version, and its errors in our words."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
import anyio
import msgspec
from aiodocker import Docker, DockerError
from yarl import URL

from forepost.agent.cores.engine_answer import (
    UnknownVersions,
    api_version,
    is_too_old,
    reason,
    refusal_kind,
)
from forepost.agent.ports.containers import EngineAway, EngineRefused

ANSWER_SEC = 60.0
"""Within which an engine answers a request that does not wait for anything."""
CONNECT_SEC = 10.0
ENDED: Final = "Connection closed."
"""What aiohttp says where it is asked for more of a line that has ended already."""
MOST_SAID: Final = 2_000
"""Characters of a refusal."""
_NO_CONNECTION = 900
"""aiodocker's number for a connection that failed."""
NOT_UNDERSTOOD: Final = (
    msgspec.MsgspecError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    RecursionError,
)
"""What msgspec, aiohttp and aiodocker raise for answers that no engine gives."""


class _Versions(msgspec.Struct, rename="pascal"):
    api_version: str
    min_a_p_i_version: str = msgspec.field(default="", name="MinAPIVersion")
    version: str = ""
    arch: str = ""


class DockerConnection:
    """Opened when it is first asked for, and anew after the engine was away: it may be another
    version then.
    """

    def __init__(self, url: str, *, answer_sec: float = ANSWER_SEC) -> None:
        self._url, self._answer_sec = url, answer_sec
        self._docker: Docker | None = None
        self._opens = anyio.Lock()

    @asynccontextmanager
    async def asked(self, within_sec: float | None = None) -> AsyncIterator[Docker]:
        """Ask the engine something. Raises EngineAway, EngineRefused."""
        try:
            with anyio.fail_after(within_sec or self._answer_sec):
                yield await self._opened()
        except DockerError as error:
            said = str(error.message)[:MOST_SAID]
            if error.status == _NO_CONNECTION or is_too_old(said):
                await self.close()
                raise EngineAway(said) from error
            raise EngineRefused(reason(said), refusal_kind(error.status, said)) from error
        except TimeoutError:
            await self.close()
            raise EngineAway(f"no answer within {within_sec or self._answer_sec:g} s") from None
        except (aiohttp.ClientError, OSError) as error:
            await self.close()
            raise EngineAway(str(error) or type(error).__name__) from error
        except (*NOT_UNDERSTOOD, RuntimeError) as error:
            raise _away(error) from error

    @asynccontextmanager
    async def streamed(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
        *,
        begins_within_sec: float | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Ask for an answer without an end. Raises EngineAway, EngineRefused."""
        try:
            async with self.asked(begins_within_sec) as docker:
                url = URL(f"{docker.docker_host}/{docker.api_version}/{path}")
                response = await docker.session.request(
                    method,
                    url,
                    params=params,
                    headers=headers,
                    timeout=aiohttp.ClientTimeout(sock_connect=CONNECT_SEC),
                )
                if response.status >= 400:
                    text = (await response.read())[:2_000].decode(errors="replace")
                    response.close()
                    raise DockerError(response.status, _message(text))
            try:
                yield response
            finally:
                response.close()
        except (aiohttp.ClientError, OSError) as error:
            raise EngineAway(str(error) or type(error).__name__) from error
        except (*NOT_UNDERSTOOD, RuntimeError) as error:
            raise _away(error) from error

    async def versions(self) -> _Versions:
        """Ask what the engine is, whatever it speaks. Raises EngineAway, EngineRefused."""
        async with self.asked() as docker:
            return await _versions(docker)

    async def close(self) -> None:
        docker, self._docker = self._docker, None
        if docker is not None:
            with anyio.CancelScope(shield=True):
                await docker.close()

    async def _opened(self) -> Docker:
        async with self._opens:
            if self._docker is None:
                docker = _made(self._url)
                try:
                    found = await _versions(docker)
                    docker.api_version = api_version(found.api_version, found.min_a_p_i_version)
                except UnknownVersions as error:
                    await docker.close()
                    raise EngineAway(str(error)) from None
                except BaseException:
                    with anyio.CancelScope(shield=True):
                        await docker.close()
                    raise
                self._docker = docker
            return self._docker


def _made(url: str) -> Docker:
    """A connection for each request: an engine that shuts down answers on old ones while it stops
    its containers, and one that it is asked to start meanwhile is lost for ever (Docker 20.10).
    """
    timeout = aiohttp.ClientTimeout(sock_connect=CONNECT_SEC)
    docker = Docker(url=url, timeout=timeout, api_version="v1.41")
    docker.session.headers["Connection"] = "close"
    return docker


def not_understood(error: Exception) -> str:
    return f"its answer is not understood: {type(error).__name__}: {error}"


def _away(error: Exception) -> EngineAway:
    """Raises the error itself where it is no engine's."""
    if isinstance(error, NOT_UNDERSTOOD):
        return EngineAway(not_understood(error))
    if str(error) != ENDED:
        raise error
    return EngineAway(ENDED)


async def _versions(docker: Docker) -> _Versions:
    url = URL(f"{docker.docker_host}/version")
    async with docker.session.get(url) as response:
        body = await response.read()
        if response.status != 200:
            raise DockerError(response.status, _message(body[:2_000].decode(errors="replace")))
    return msgspec.json.decode(body, type=_Versions)


def _message(text: str) -> str:
    class _Refusal(msgspec.Struct):
        message: str

    try:
        return msgspec.json.decode(text, type=_Refusal).message
    except (msgspec.MsgspecError, RecursionError):
        return text.strip()
