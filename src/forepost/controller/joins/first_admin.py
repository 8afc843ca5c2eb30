"""The first account of a controller, as its settings name it."""

import logging

from forepost.controller.access.tokens import Passwords
from forepost.controller.accounts.store import Accounts
from forepost.controller.email_address import canonical
from forepost.controller.settings import Settings
from forepost.kit.clock import Clock
from forepost.kit.errors import Invalid
from forepost.kit.settings import WrongSettings
from forepost.wire.rest.bodies import SHORTEST_PASSWORD

_log = logging.getLogger("forepost.controller")


async def first_admin(
    settings: Settings, accounts: Accounts, passwords: Passwords, clock: Clock
) -> None:
    """Make it where there is no account yet. Raises WrongSettings."""
    admin = settings.admin
    if await accounts.any():
        return
    if not admin.email:
        if not settings.http.registration:
            _log.warning("there is no account yet: forepost user add EMAIL --admin makes one")
        return
    if len(admin.password) < SHORTEST_PASSWORD:
        raise WrongSettings(f"admin.password: needs at least {SHORTEST_PASSWORD} characters")
    try:
        email = canonical(admin.email, "admin.email")
    except Invalid as error:
        raise WrongSettings(str(error)) from None
    await accounts.add(
        email=email,
        name="Admin",
        password_hash=await passwords.hash(admin.password),
        now=clock.now(),
        role="SITE_ADMIN",
        verified=True,
    )
    _log.info("first admin: %s", admin.email)
