"""Where everything that leaves because of an alert is put, in the transaction that caused it."""

from collections.abc import Sequence
from html import escape
from typing import Any, Final

import anyio
import msgspec
from sqlalchemy import and_, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.tables.deliveries import deliveries
from forepost.controller.notify import redirects, words
from forepost.controller.notify.delivery_order import WAITING
from forepost.controller.notify.destinations import host_of
from forepost.controller.notify.manner import manner_of
from forepost.controller.notify.rendition import content_type_of, rendered
from forepost.controller.notify.store import CRITICAL, SUPERSEDED, USUAL
from forepost.kit.clock import Clock
from forepost.kit.errors import Conflict
from forepost.wire.jobs.rest import RunNotice
from forepost.wire.rest.notify import Channel, Notice, key_of_address

MOST_TESTS: Final = 20
"""That wait, in one workspace: a test is no way to flood somebody."""
CHANGED: Final = frozenset({"grew", "worse", "eased", "cause", "reminder"})
"""What is told of what was told before."""
NOT_TOLD: Final = "the rule tells this channel no more"


class Outbox:
    """What is put is rendered at once: it says what was true then, however late it leaves.

    Its bound is time: each row is sent or given up within the pauses of `alerts.retry_pauses_sec`,
    and forgotten after `alerts.delivery_days`.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._some = anyio.Event()

    async def put(
        self,
        connection: AsyncConnection,
        notice: Notice,
        channels: Sequence[Channel],
        course: str = "",
    ) -> list[int]:
        """Send `notice` over every channel after the transaction of `connection` is committed.
        Return the ids of the deliveries, in the order of the channels.

        What has the same course, at most 32 characters, leaves over a channel one after the other.
        What still waits of the same alert is told no more: this notice says how it is now.
        """
        found = []
        manner = await manner_of(connection, notice.workspace_id, channels)
        notice = msgspec.structs.replace(notice, workspace_name=manner.workspace_name)
        for channel in channels:
            place = f"{course}:{channel.key}" if course and channel.key else ""
            told = await self._make_way(connection, place, notice) if place else notice
            made = rendered(
                told,
                channel.timezone or manner.zone_name,
                manner.templates.get(channel.template_id or 0),
                content_type_of(channel),
            )
            found.append(
                await self._add(
                    connection,
                    workspace_id=notice.workspace_id,
                    alert_id=notice.alert_id or None,
                    rule_id=notice.rule_id or None,
                    incident_id=None if notice.incident is None else notice.incident.id,
                    event=told.event,
                    course=place,
                    thread=_thread_of(notice),
                    urgency=CRITICAL if notice.severity == "critical" else USUAL,
                    channel=channel,
                    title=made.title,
                    body=made.body_for(channel.kind),
                    html=made.html_for(channel.kind),
                    note=made.note,
                )
            )
        return found

    async def withdraw(self, connection: AsyncConnection, course: str, channel_key: str) -> None:
        """What waits in this course for this channel is told no more."""
        place = f"{course}:{channel_key}"
        await connection.execute(
            update(deliveries)
            .where(deliveries.c.course == place, deliveries.c.state == "pending")
            .values(**SUPERSEDED, last_error=NOT_TOLD)
        )

    async def _make_way(self, connection: AsyncConnection, place: str, notice: Notice) -> Notice:
        """Return the notice as it is to be told. Who has not heard of the beginning hears of it."""
        waiting = (deliveries.c.course == place, deliveries.c.state == "pending")
        incident = notice.incident
        of_same = (
            deliveries.c.incident_id == incident.id
            if incident is not None
            else and_(deliveries.c.alert_id == notice.alert_id, deliveries.c.incident_id.is_(None))
        )
        superseded = await connection.scalars(
            update(deliveries)
            .where(*waiting, of_same)
            .values(**SUPERSEDED, last_error="something newer was to be told of it")
            .returning(deliveries.c.event)
        )
        told = select(deliveries.c.id).where(deliveries.c.course == place, of_same).limit(1)
        if notice.event in CHANGED and (
            "triggered" in superseded.all() or await connection.scalar(told) is None
        ):
            notice = msgspec.structs.replace(notice, event="triggered")
        # What is left is of an alert before: a receiver that is well again hears it first.
        await connection.execute(
            update(deliveries).where(*waiting).values(next_at=self._clock.now())
        )
        return notice

    async def redirect(
        self, connection: AsyncConnection, rule_id: int, channels: Sequence[Channel]
    ) -> None:
        """A rule tells these channels now: what waits goes there, or nowhere."""
        # What waits of an incident goes the way of its thread.
        alone = and_(deliveries.c.rule_id == rule_id, deliveries.c.incident_id.is_(None))
        await redirects.redirect(connection, alone, channels, NOT_TOLD, self._clock.now())
        of_rule = deliveries.c.rule_id == rule_id
        at_address = [
            msgspec.structs.replace(one, key=key_of_address(one.kind, one.url)) for one in channels
        ]
        await redirects.move(connection, of_rule, at_address, self._clock.now())
        kept = {one.key for one in (*channels, *at_address)}
        await redirects.let_go(connection, of_rule, kept)
        self.nudge()

    async def redirect_channel(
        self, connection: AsyncConnection, channel_id: int, channels: Sequence[Channel], why: str
    ) -> None:
        """A named channel has these receivers now: what waits goes there, or nowhere, because of
        `why`.
        """
        mine = deliveries.c.channel_id == channel_id
        await redirects.redirect(connection, mine, channels, why, self._clock.now())
        self.nudge()

    async def put_run(
        self, connection: AsyncConnection, notice: RunNotice, channels: Sequence[Channel]
    ) -> None:
        """The same of a run of a job that has ended."""
        manner = await manner_of(connection, notice.workspace_id, ())
        notice = msgspec.structs.replace(notice, workspace_name=manner.workspace_name)
        for channel in channels:
            await self._add(
                connection,
                workspace_id=notice.workspace_id,
                alert_id=None,
                rule_id=None,
                event="job",
                channel=channel,
                title=words.run_title(notice),
                body=msgspec.json.encode(notice).decode()
                if channel.kind == "webhook"
                else words.run_text(notice),
                html=words.run_html(notice) if channel.kind == "email" else "",
            )

    async def put_mail(
        self,
        connection: AsyncConnection,
        workspace_id: int | None,
        to: str,
        subject: str,
        text: str,
    ) -> None:
        """Send a mail that no alert caused. Without a workspace nobody's log shows it."""
        await self._add(
            connection,
            workspace_id=workspace_id,
            alert_id=None,
            rule_id=None,
            event="mail",
            channel=Channel(kind="email", url=to),
            title=subject,
            body=text,
            urgency=CRITICAL,
            html=f"<!doctype html><html><body><pre>{escape(text)}</pre></body></html>\n",
        )

    async def put_report(
        self,
        connection: AsyncConnection,
        workspace_id: int,
        to: str,
        subject: str,
        text: str,
        html: str,
        attachment_id: int | None,
    ) -> None:
        """Send a report to a member. `attachment_id`: a row of `report_files`."""
        await self._add(
            connection,
            workspace_id=workspace_id,
            alert_id=None,
            rule_id=None,
            event="report",
            channel=Channel(kind="email", url=to),
            title=subject,
            body=text,
            html=html,
            attachment_id=attachment_id,
        )

    async def put_test(
        self, connection: AsyncConnection, notice: Notice, channels: Sequence[Channel]
    ) -> list[int]:
        """The same as `put`, unless too many tests wait. Raises Conflict."""
        query = select(func.count(deliveries.c.id)).where(
            deliveries.c.workspace_id == notice.workspace_id,
            deliveries.c.event == "test",
            deliveries.c.state.in_(WAITING),
        )
        if ((await connection.scalar(query)) or 0) >= MOST_TESTS:
            raise Conflict("other tests are waiting: see the log of deliveries")
        return await self.put(connection, notice, channels)

    def nudge(self) -> None:
        """Something is due, or will be with the commit that is on its way."""
        self._some.set()

    async def nudged(self) -> None:
        await self._some.wait()
        self._some = anyio.Event()

    async def _add(self, connection: AsyncConnection, *, channel: Channel, **values: Any) -> int:
        now = self._clock.now()
        statement = (
            insert(deliveries)
            .values(
                **values,
                kind=channel.kind,
                receiver=channel.key,
                channel_id=channel.channel_id,
                destination=channel.url,
                secret=channel.secret,
                headers=channel.headers,
                host=host_of(channel),
                state="pending",
                attempts=0,
                next_at=now,
                last_error="",
                created_at=now,
            )
            .returning(deliveries.c.id)
        )
        found: int = (await connection.execute(statement)).scalar_one()
        self.nudge()
        return found


def _thread_of(notice: Notice) -> str:
    """What mails of one incident, or of one alert that is told alone, have in common. Its time is
    in it: another controller that writes to the same people has incidents with the same numbers.
    """
    incident = notice.incident
    if incident is not None:
        return f"incident-{incident.id}-{int(incident.opened_at.timestamp())}"
    if not notice.alert_id:
        return ""
    return f"alert-{notice.alert_id}-{int(notice.triggered_at.timestamp())}"
