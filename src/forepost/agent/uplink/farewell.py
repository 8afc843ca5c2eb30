"""What ended a conversation, in words."""

import ssl
from typing import Final

from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import CLOSE_CODE_EXPLANATIONS, Close

from forepost.agent.edges.walk.whoelse import instead
from forepost.agent.uplink.enroll import unknown_at

UNKNOWN: Final = "unauthorized: invalid psk"
"""NetWatcher's words at the WebSocket, and ours."""


def parting(url: str, group: BaseExceptionGroup[BaseException]) -> str:
    """The innermost first reason."""
    said = _said(_innermost(group), url)
    return f"{unknown_at(url)} ({said})" if said == UNKNOWN else f"{url}: {said}"


def is_lasting(group: BaseExceptionGroup[BaseException]) -> bool:
    """Whether somebody has to do something: the key is not known there."""
    return str(_innermost(group)) == UNKNOWN


def _innermost(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _said(error: BaseException, url: str) -> str:
    """In the words of `forepost doctor`, not of a library."""
    match error:
        case InvalidStatus():
            return instead(error.response, encrypted=url.startswith("https:"))[0]
        case ConnectionClosed(rcvd=None, sent=None):
            return "the connection was cut off"
        case ConnectionClosed(rcvd=Close() as close) if error.rcvd_then_sent is not False:
            return f"it closed the connection ({_why(close)})"
        case ConnectionClosed(sent=Close() as close):
            return f"this agent closed the connection ({_why(close)})"
        case ssl.SSLCertVerificationError() if getattr(error, "verify_code", 0):
            return f"its certificate is not trusted: {error.verify_message}"
        case OSError() if error.strerror and str(error).startswith("[Errno"):
            return error.strerror[:1].lower() + error.strerror[1:]
    return str(error) or type(error).__name__


def _why(close: Close) -> str:
    said = close.reason[:200] or CLOSE_CODE_EXPLANATIONS.get(close.code, "no reason given")
    return f"{said}, {int(close.code)}"
