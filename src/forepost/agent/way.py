"""Which way this agent's words go to its controller, and whom it believes there: `[uplink]`.

Files are read when a connection is made, so that a renewed authority or certificate counts from the
next one on. Probes know nothing of all this.
"""

import socket
import ssl
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

import anyio.to_thread
import msgspec

from forepost.agent.edges.walk.stages import Walk
from forepost.kit.happy_eyeballs import beside
from forepost.kit.host_name import is_loopback
from forepost.kit.http import MOST_SEC, Answer, Unreachable, request
from forepost.kit.pins import hold_to, pinned
from forepost.kit.proxies import Proxy, WrongProxy, proxy_for
from forepost.kit.tunnel import reach

DIAL_SEC: Final = 20.0
"""From the controller's name to a connection, a proxy's answer among it."""


class Way(msgspec.Struct, frozen=True, kw_only=True):
    proxy: str = ""
    """Empty: what the environment says; "none": no proxy."""
    ca_file: str = ""
    """Authorities (PEM) that say who the controller is, instead of the system's."""
    client_cert_file: str = ""
    client_key_file: str = ""
    """Empty: it is in `client_cert_file`."""

    async def tls(self, pin_sha256: str) -> ssl.SSLContext:
        """As `context`, in a thread: the system's list of authorities is long."""
        return await anyio.to_thread.run_sync(self.context, pin_sha256)

    def context(self, pin_sha256: str) -> ssl.SSLContext:
        """With a pin the server has to have that key; with authorities too, both must hold. Raises
        Unreachable where a file cannot be used.
        """
        if pin_sha256 and not self.ca_file and not self.client_cert_file:
            return pinned(pin_sha256)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self.ca_file:
            _use("ca_file", self.ca_file, partial(context.load_verify_locations, self.ca_file))
        elif pin_sha256:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        else:
            context.load_default_certs()
        if self.client_cert_file:
            files = self.client_cert_file, self.client_key_file or None
            where = " with ".join(name for name in files if name)
            _use(
                "client_cert_file",
                where,
                # else OpenSSL would ask for the password of a key on the terminal
                partial(context.load_cert_chain, *files, password=lambda: "no password"),
            )
        if pin_sha256:
            hold_to(context, pin_sha256)
        return context

    def proxy_for(self, url: str) -> Proxy | None:
        """None for loopback, whatever is set: the key may go there in the clear, as nobody is on
        the way. Raises Unreachable.
        """
        if is_loopback(urlsplit(url).hostname or ""):
            return None
        try:
            return proxy_for(self.proxy, url)
        except WrongProxy as error:
            raise Unreachable(str(error)) from None

    async def dial(self, url: str) -> socket.socket:
        """A connection to whoever has this http(s) URL, before any TLS. Raises OSError."""
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        there = parts.hostname or ""
        try:
            return await beside(partial(reach, there, port, DIAL_SEC, self.proxy_for(url)))
        except (socket.gaierror, UnicodeError) as error:
            reason = getattr(error, "strerror", "") or str(error)
            raise Unreachable(f"the name {there} is not known: {reason}") from None

    async def request(
        self,
        method: str,
        url: str,
        *,
        pin_sha256: str = "",
        body: Any = None,
        headers: Mapping[str, str] = {},
        within_sec: float = MOST_SEC,
    ) -> Answer:
        """As `kit.http.request`, this way. Raises Unreachable."""
        return await request(
            method,
            url,
            body=body,
            headers=headers,
            tls=await self.tls(pin_sha256) if url.startswith("https:") else None,
            proxy=self.proxy_for(url),
            within_sec=within_sec,
        )

    def walk(
        self,
        url: str,
        pin_sha256: str,
        *,
        headers: Mapping[str, str] = {},
        knows: Callable[[], str] | None = None,
    ) -> Walk:
        """The way as an agent goes it, to be looked at stage by stage. Raises Unreachable."""
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        proxy = self.proxy_for(url)

        def again(within_sec: float) -> socket.socket:
            return reach(parts.hostname or "", port, within_sec, proxy)

        return Walk(
            url,
            again=again,
            proxy=str(proxy or ""),
            tls=self.context(pin_sha256) if parts.scheme == "https" else None,
            headers=headers,
            knows=knows,
        )


def _use(key: str, where: str, load: partial[None]) -> None:
    try:
        load()
    except ssl.SSLError as error:
        reason = (error.reason or str(error)).replace("_", " ").lower()
        raise Unreachable(f"uplink.{key}: {where}: is not what it should be: {reason}") from None
    except OSError as error:
        raise Unreachable(f"uplink.{key}: {where}: {(error.strerror or str(error))}") from None
