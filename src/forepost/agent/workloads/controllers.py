"""Which controller this agent has, if any: one of ours, or an ioFog Controller.

They are told apart by asking who is there.
"""

from collections.abc import Callable
from typing import Final

import anyio
import msgspec

from forepost.agent.line import why_not
from forepost.agent.settings import UplinkSection
from forepost.agent.slices import Enrolment, EnrolmentRefused
from forepost.agent.workloads.iofog.client import IofogClient, IofogRefused
from forepost.agent.workloads.iofog.exchange import IofogExchange
from forepost.agent.workloads.local_api.report import NOT_PROVISIONED, AgentFacts
from forepost.kit.http import Unreachable

NOWHERE: Final = "controller-url: is not set, and neither is uplink.url"


class Controllers:
    def __init__(
        self,
        ours: Enrolment,
        is_connected: Callable[[], bool],
        client: IofogClient,
        iofog: IofogExchange,
        section: UplinkSection,
        wanted_url: Callable[[], str],
    ) -> None:
        """`wanted_url`: what `/v2/config` set; "": nothing."""
        self._ours, self._is_connected = ours, is_connected
        self._client, self._iofog = client, iofog
        self._section, self._wanted_url = section, wanted_url
        self._changes = anyio.Lock()
        """Two at a time could make this host two agents."""

    async def provision(self, key: str, url: str = "") -> str:
        """Trade a key and return the uuid that came with it. Raises EnrolmentRefused."""
        async with self._changes:
            return await self._provision(key, url)

    async def _provision(self, key: str, url: str) -> str:
        if self._iofog.account is not None:
            where = self._iofog.account.url
            raise EnrolmentRefused(
                f"this host is an agent of {where} already: deprovision it first"
            )
        url = url or self._wanted_url() or self._section.url
        if not url:
            raise EnrolmentRefused(NOWHERE)
        try:
            base = await self._client.base_of(url)
            if not base:
                uuid = await self._ours.provision(url.rstrip("/"), key)
                await self._iofog.leave()  # what is left there of an account that was lost
                return uuid
            if reason := why_not(
                base, allow_plain=self._section.allow_plain, pin_sha256=self._section.pin_sha256
            ):
                raise EnrolmentRefused(reason)
            if self._ours.identity is not None:
                raise EnrolmentRefused(
                    f"this host is {self._ours.identity.named} already: deprovision it first"
                )
            account = await self._client.provision(base, key)
            self._iofog.come(account)
        except IofogRefused as error:
            raise EnrolmentRefused(str(error), is_refused=True) from None
        except (Unreachable, OSError) as error:
            raise EnrolmentRefused(str(error)) from None
        return account.uuid

    async def deprovision(self) -> None:
        """Leave whichever there is. Raises EnrolmentRefused."""
        async with self._changes:
            is_theirs, is_orphaned = self._iofog.account is not None, self._iofog.is_orphaned
            if is_theirs or is_orphaned:
                await self._iofog.leave()
            if not is_theirs and (self._ours.identity is not None or not is_orphaned):
                await self._ours.deprovision()

    def told(self, facts: AgentFacts) -> AgentFacts:
        """The facts with what is known of the controller now."""
        account, identity = self._iofog.account, self._ours.identity
        if account is not None:
            uuid, url, connected = account.uuid, account.url, self._iofog.is_connected
        elif identity is not None:
            uuid = identity.uuid
            url, connected = identity.url, self._is_connected()
        else:
            url = self._wanted_url() or self._section.url
            return msgspec.structs.replace(
                facts, controller_url=url, uuid="", connection=NOT_PROVISIONED
            )
        connection = "ok" if connected else "not connected"
        return msgspec.structs.replace(facts, controller_url=url, uuid=uuid, connection=connection)
