"""A webhook: its headers and signatures (pure), and its sending."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import forepost
from forepost.controller.notify.outcome import Outcome, of_status, shortened
from forepost.controller.notify.post import Client
from forepost.controller.notify.store import ClaimedDelivery
from forepost.controller.outgoing.calls import Unallowed, Unsent
from forepost.controller.outgoing.urls import UrlTarget, WrongUrl, target_of
from forepost.kit.clock import Clock

# NetWatcher's name first, for receivers and firewalls that know it; then who it really is.
USER_AGENT: Final = f"NetWatcher-Alert/1.0 (forepost/{forepost.__version__})"


def headers_of(
    target: UrlTarget,
    secret: str,
    body: bytes,
    delivery_id: int,
    unix_sec: int,
    own: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, str]:
    """Pure. The second signature has the time of sending in it, against replays. `own`: of the
    channel.
    """
    given = {name.lower() for name in own}
    headers = {
        "User-Agent": USER_AGENT,
        "X-Forepost-Delivery": str(delivery_id),
        **own,
    }
    if "content-type" not in given:
        headers["Content-Type"] = "application/json"
    if "authorization" not in given and (target.user or target.password):
        pair = base64.b64encode(f"{target.user}:{target.password}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    if secret:
        timed = str(unix_sec).encode() + b"." + body
        headers["X-NetWatcher-Signature"] = f"sha256={signature(secret, body)}"
        headers["X-Forepost-Signature"] = f"t={unix_sec},v1={signature(secret, timed)}"
    return headers


def signature(secret: str, data: bytes) -> str:
    return hmac.new(secret.encode(), data, hashlib.sha256).hexdigest()


class Webhooks:
    def __init__(self, client: Client, clock: Clock) -> None:
        self._client, self._clock = client, clock

    async def send(self, row: ClaimedDelivery) -> Outcome:
        try:
            target = target_of(row.destination)
        except WrongUrl as wrong:
            return Outcome("never", f"its URL {wrong}")
        body = row.body.encode()
        now = int(self._clock.now().timestamp())
        headers = headers_of(target, row.secret, body, row.id, now, row.headers)
        try:
            answer = await self._client.post(target, headers, body)
        except Unallowed as reason:
            return Outcome("never", f"{reason} (alerts.allow_private_targets)")
        except Unsent as reason:
            return Outcome("again", shortened(str(reason)))
        return of_status(answer.status, answer.said, answer.retry_after, self._clock.now())
