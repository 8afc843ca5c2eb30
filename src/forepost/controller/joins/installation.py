"""Joins how the controller is set up to its settings, its look-ups and its folder."""

import anyio.to_thread

import forepost
from forepost.controller.installation import api
from forepost.controller.joins.built import Built
from forepost.controller.joins.core import Core
from forepost.controller.settings import Settings
from forepost.controller.storage import archive
from forepost.wire.rest.installation import Installation, KeptDays


async def build(core: Core) -> Built:
    settings = core.settings

    async def shown() -> Installation:
        listen = settings.http.listen
        return Installation(
            version=forepost.__version__,
            data_dir=str(core.folder),
            database="postgresql" if settings.data.database_url else "sqlite",
            listen=[listen] if isinstance(listen, str) else [*listen],
            public_url=settings.http.public_url,
            mail=bool(settings.mail.host),
            kept=_kept(settings),
            sources=await core.lookups.sources(),
            whois=settings.lookups.whois,
            last_backup=await anyio.to_thread.run_sync(archive.last_backup, core.folder),
        )

    return Built(routers=[api.routes(shown)])


def _kept(settings: Settings) -> list[KeptDays]:
    days = {
        "data.retention_days": settings.data.retention_days,
        "flows.minutes_days": settings.flows.minutes_days,
        "flows.hours_days": settings.flows.hours_days,
        "flows.days_days": settings.flows.days_days,
        "jobs.kept_days": settings.jobs.kept_days,
        "alerts.delivery_days": settings.alerts.delivery_days,
        "data.audit_days": settings.data.audit_days,
    }
    return [KeptDays(setting=name, days=number) for name, number in days.items()]
