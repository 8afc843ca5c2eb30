"""Who may look through a share link."""

from forepost.controller.access.guard import Caller
from forepost.controller.access.limits import Limiter
from forepost.controller.access.peer import household
from forepost.controller.access.tokens import Passwords
from forepost.controller.sharing.store import ShareLinks
from forepost.kit.clock import Clock
from forepost.kit.errors import Gone, Unauthenticated
from forepost.wire.rest.share_links import NewShareLink, ShareInfo, ShareLink


class ShareAccess:
    def __init__(
        self, links: ShareLinks, passwords: Passwords, wrong: Limiter, clock: Clock
    ) -> None:
        """`wrong`: how often an address may be wrong about passwords."""
        self.links, self._passwords = links, passwords
        self._wrong, self._clock = wrong, clock

    async def make(
        self, workspace_id: int, agent_id: int, new: NewShareLink, by: Caller
    ) -> tuple[ShareLink, str]:
        hashed = await self._passwords.hash(new.password) if new.password else ""
        return await self.links.add(workspace_id, agent_id, new, hashed, by, self._clock.now())

    async def info(self, token: str) -> ShareInfo:
        """Raises NotFound."""
        now = self._clock.now()
        link = (await self.links.by_token(token, now)).link
        expired = link.expires_at <= now
        return ShareInfo(
            has_password=link.has_password, expires_at=link.expires_at, expired=expired
        )

    async def enter(self, token: str, password: str, address: str) -> ShareLink:
        """Raises NotFound, Gone, Unauthenticated and TooMany."""
        now = self._clock.now()
        kept = await self.links.by_token(token, now)
        if kept.link.expires_at <= now:
            raise Gone("share link has expired")
        if kept.password_hash:
            if not password:
                raise Unauthenticated("password required")
            caller = household(address), kept.link.id
            self._wrong.spend(caller)
            if not await self._passwords.matches(password, kept.password_hash):
                raise Unauthenticated("invalid password")
            self._wrong.refund(caller)
        return kept.link
