"""How this agent's transfer engine asks the controller's relay: as the agent itself talks to it."""

from forepost.agent.line import why_not
from forepost.agent.node import Identity
from forepost.agent.way import Way
from forepost.kit.http import Unreachable
from forepost.kit.proxies import NONE
from forepost.wire.jobs.transfer import RelayAccess


def relay_access(
    identity: Identity | None, url: str, way: Way, *, allow_plain: bool
) -> RelayAccess | None:
    """Return it; None: there is no controller, or its line may not be used.

    What the environment says of proxies is looked up here: the engine has none.
    """
    if identity is None or not url:
        return None
    if why_not(url, allow_plain=allow_plain, pin_sha256=identity.pin_sha256):
        return None
    try:
        proxy = way.proxy_for(url)
    except Unreachable:  # the uplink says so too
        return None
    return RelayAccess(
        url=url,
        headers=identity.headers,
        pin_sha256=identity.pin_sha256,
        proxy=proxy.url if proxy is not None else NONE,
        ca_file=way.ca_file,
        client_cert_file=way.client_cert_file,
        client_key_file=way.client_key_file,
    )
