"""The body of a response: without its codings, and as a text. Pure."""

from typing import Final

import msgspec

from forepost.agent.edges.dial.http import HttpExchange, ResponseHead
from forepost.agent.probes.http import content_codings

MOST_BYTES: Final = 1 << 20


class HttpBody(msgspec.Struct, frozen=True, kw_only=True):
    data: bytes
    transfer_size: int
    truncated: bool
    fault: str
    """Why a coding could not be undone."""

    def text(self, content_type: str) -> str:
        """Return it in the charset that the type names, else in UTF-8; what is not readable is
        replaced.
        """
        _, _, parameters = content_type.lower().partition("charset=")
        charset = parameters.partition(";")[0].strip(" \"'") or "utf-8"
        try:
            return self.data.decode(charset, errors="replace")
        except (LookupError, ValueError):  # no such charset
            return self.data.decode(errors="replace")


def codings_of(head: ResponseHead) -> list[str]:
    return content_codings.named(",".join(head.values("content-encoding")))


def body_of(exchange: HttpExchange, head: ResponseHead, *, whole: bool) -> HttpBody:
    """Return what came. `whole`: it was read to its end, or to the most that is read."""
    came = bytes(exchange.body)
    whole = whole and not exchange.truncated
    below = content_codings.undone(codings_of(head), came, MOST_BYTES, whole=whole)
    return HttpBody(
        data=below.data,
        transfer_size=len(came),
        truncated=below.truncated or exchange.truncated,
        fault=below.fault,
    )
