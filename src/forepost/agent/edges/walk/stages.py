"""The way to a controller, stage by stage: where it ends, and why.

Everything is done as an agent does it, up to one acknowledgement, and nothing is disturbed: the
WebSocket is opened in a manner (`LOOK`) in which no conversation of the agent gives way to it. With
a controller that does not know that manner nothing is said there.
"""

import socket
import ssl
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from websockets.exceptions import InvalidHandshake, InvalidStatus

from forepost.agent.edges.walk import whoelse
from forepost.agent.edges.walk.look_line import LookLine
from forepost.agent.edges.walk.whoelse import Again
from forepost.kit.clock import Clock, SystemClock
from forepost.kit.happy_eyeballs import dial
from forepost.wire.local.doctor import Stage
from forepost.wire.uplink import neffos
from forepost.wire.uplink.messages import FOREPOST, LOOK
from forepost.wire.uplink.neffos import Frame

STAGES: Final = ("name", "address", "TCP", "TLS", "upgrade", "key", "acknowledgement")
STEP_SEC: Final = 10.0
PATH: Final = "/ws/agent"
ISSUE: Final = "issue a PIN there and run `forepost join`"
REACH: Final = "see that it runs, and that a firewall lets this host connect to it"
PROXY: Final = (
    "see uplink.proxy, or https_proxy, http_proxy and all_proxy of the environment: address, user"
    " and password; and that the proxy allows CONNECT to this host and port"
)
_WAIT: Final = "$1"
_OTHER_SPEAKERS: Final = (InvalidHandshake, EOFError, OSError)


class Ends(Exception):
    """The way ends here; `grant` is what to do."""

    def __init__(self, why_not: str, grant: str = "") -> None:
        super().__init__(why_not)
        self.grant = grant


class Walk:
    """One walk. Whoever has no key goes as far as the upgrade."""

    def __init__(
        self,
        url: str,
        *,
        again: Again | None = None,
        proxy: str = "",
        tls: ssl.SSLContext | None = None,
        headers: Mapping[str, str] = {},
        knows: Callable[[], str] | None = None,
        step_sec: float = STEP_SEC,
    ) -> None:
        """`again`: opens a connection to the controller as the agent does, as often as it is asked
        for one; `proxy`: through which proxy, for the words. `tls`: None, as the system has it.
        `knows`: what a controller that is not looked at makes of the key, "known" or why not.
        """
        parts = urlsplit(url)
        self._url, self._host = url, parts.hostname or ""
        self._encrypted = parts.scheme == "https"
        self._port = parts.port or (443 if self._encrypted else 80)
        self._tls, self._headers, self._knows = tls, headers, knows
        self._step_sec = step_sec
        self._clock: Clock = SystemClock()
        self._again = again or partial(dial, self._host, self._port)
        self._proxy = proxy
        self._addresses: list[str] = []
        self._socket: socket.socket | None = None
        self._line: LookLine | None = None
        self._greeting = ""
        self.stages: list[Stage] = []
        self.grant = ""

    @property
    def why_not(self) -> str:
        """The stage that failed, and why; "" where none did."""
        failed = next((one for one in self.stages if one.state == "fails"), None)
        return f"{failed.stage}: {failed.detail}" if failed is not None else ""

    def go(self) -> "Walk":
        steps = {
            "name": self._name,
            "address": self._reach,
            "TCP": self._connect,
            "TLS": self._encrypt,
            "upgrade": self._upgrade,
            "key": self._key,
            "acknowledgement": self._acknowledged,
        }
        over = False
        try:
            for stage in STAGES:
                if over or (not self._headers and stage in ("key", "acknowledgement")):
                    self.stages.append(Stage(stage=stage, state="off"))
                    continue
                try:
                    detail = steps[stage]()
                except Ends as end:
                    over, self.grant = True, end.grant
                    self.stages.append(Stage(stage=stage, state="fails", detail=str(end)))
                else:
                    is_off = stage == "acknowledgement" and self._line is None
                    state = Stage(stage=stage, state="off" if is_off else "ok", detail=detail)
                    self.stages.append(state)
        finally:
            self._leave()
        return self

    def _leave(self) -> None:
        if self._socket is not None:
            self._socket.close()

    def _name(self) -> str:
        if self._proxy:
            return f"{self._host} is for the proxy {self._proxy} to find"
        try:
            found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise Ends(
                f"{self._host} is not found: {error.strerror or error}",
                "see that the name in uplink.url is right, and that this host's resolver answers",
            ) from None
        self._addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
        return f"{self._host} is {', '.join(self._addresses)}"

    def _reach(self) -> str:
        """A UDP socket that connects asks for a route, and sends nothing."""
        if self._proxy:
            return f"by the proxy {self._proxy}"
        there, reasons = [], []
        for address in self._addresses:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            try:
                with socket.socket(family, socket.SOCK_DGRAM) as asks:
                    asks.connect((address, self._port))
                    there.append(f"{address} from {asks.getsockname()[0]}")
            except OSError as error:
                reasons.append(f"{address}: {(error.strerror or str(error)).lower()}")
        if not there:
            raise Ends("; ".join(reasons), "see the routes of this host: ip route, ip -6 route")
        return "; ".join(there + reasons)

    def _connect(self) -> str:
        """By both families, as RFC 8305 has it."""
        try:
            self._socket = self._again(self._step_sec)
            self._socket.settimeout(self._step_sec)
            there = self._socket.getpeername()
        except OSError as error:
            raise Ends(
                f"port {self._port}: {error.strerror or error}",
                PROXY if self._proxy else REACH,
            ) from None
        return f"{there[0]} port {there[1]} answers"

    def _encrypt(self) -> str:
        if not self._encrypted:
            return "none, as uplink.url begins with http://"
        assert self._socket is not None
        tls = self._tls or ssl.create_default_context()
        try:
            found = tls.wrap_socket(self._socket, server_hostname=self._host)
        except ssl.SSLCertVerificationError as error:
            said = whoelse.certificate_there(self._again, self._host)
            raise Ends(*whoelse.distrusted(error, said, self._host, self._clock.now())) from None
        except (OSError, EOFError):
            raise Ends(
                f"what answers there does not speak TLS: {self._who()}",
                "see the port in uplink.url; http:// is what a controller without a proxy speaks",
            ) from None
        self._socket = found
        return found.version() or ""

    def _who(self) -> str:
        return whoelse.answers(self._again, self._host)

    def _upgrade(self) -> str:
        assert self._socket is not None
        try:
            line = LookLine(self._socket, self._clock, self._step_sec)
            answer = line.open(urlsplit(self._url).netloc, PATH, self._headers, LOOK)
        except InvalidStatus as error:
            raise Ends(*whoelse.instead(error.response, encrypted=self._encrypted)) from None
        except TimeoutError:
            said = f"it takes the connection, and says nothing within {self._step_sec:.0f} s"
            raise Ends(said, "see what listens there") from None
        except _OTHER_SPEAKERS as error:
            raise Ends(*self._no_websocket(error)) from None
        skew = whoelse.skew(answer.headers.get("Date", ""), self._clock.now())
        if line.manner != LOOK:
            return f"it speaks WebSocket{skew}"
        self._line = line
        self._greeting = self._asked(neffos.HELLO)
        if self._greeting[:1] not in (neffos.ACCEPTED, neffos.REFUSED):
            raise Ends("something else answers at this address: a WebSocket that is none of ours")
        return f"a controller answers{skew}"

    def _no_websocket(self, error: Exception) -> tuple[str, str]:
        if not self._encrypted and whoelse.speaks_tls(self._again, self._host):
            return "it speaks TLS there, and uplink.url begins with http://", "use https://"
        who = self._who()
        return f"something else answers at this address: {who} ({type(error).__name__})", (
            "see the host and the port in uplink.url"
        )

    def _key(self) -> str:
        if self._line is None:
            said = self._knows() if self._knows is not None else "known"
        else:
            said = "known" if self._greeting[:1] == neffos.ACCEPTED else self._greeting[1:]
        match said:
            case "known":
                return "it is known there"
            case "unknown" | "unauthorized: invalid psk":
                raise Ends("the key is not known there", ISSUE)
            case "removed":
                raise Ends("the agent was removed there", "make a new one there, and join as it")
            case _ if said.startswith("agent_deleted:"):
                raise Ends("the agent was removed there", "make a new one there, and join as it")
        raise Ends(f"it is turned away: {said[:200]}")

    def _acknowledged(self) -> str:
        if self._line is None:
            return "this controller gives none to who only looks"
        began = self._clock.monotonic()
        self._asked(neffos.encode(Frame(FOREPOST, neffos.CONNECT, wait=_WAIT)))
        said = self._asked(neffos.encode(Frame(FOREPOST, "report", '{"boot":1,"results":[]}')))
        if ";report_ok;" not in said:
            raise Ends(f"results are not taken: {said[:200]}")
        return f"after {(self._clock.monotonic() - began) * 1e3:.0f} ms"

    def _asked(self, words: str) -> str:
        assert self._line is not None
        try:
            return self._line.ask(words)
        except TimeoutError:
            raise Ends(
                f"no answer within {self._step_sec:.0f} s: results would wait here",
                "GET /readyz of the controller says what is not well there",
            ) from None
        except (EOFError, OSError) as error:
            raise Ends(f"the connection ends: {error}") from None
