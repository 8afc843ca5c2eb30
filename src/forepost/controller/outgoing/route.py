"""Which way calls leave: straight, or through the operator's proxy. Pure."""

from typing import Final

import msgspec

from forepost.kit.proxies import Proxy, excepted


class Route(msgspec.Struct, frozen=True):
    proxy: Proxy | None = None
    resolves: bool = False
    """Whether the proxy looks names up. Without it that is done here, what is found is checked, and
    the proxy is given an address.
    """
    exceptions: tuple[str, ...] = ()
    """Where it is not asked, as in `no_proxy`."""

    def proxy_for(self, host: str, port: int) -> Proxy | None:
        return None if excepted(host, port, self.exceptions) else self.proxy


DIRECT: Final = Route()
