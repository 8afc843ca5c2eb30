"""What ended a conversation, in words."""

from typing import Final

from forepost.agent.uplink.enroll import unknown_at

UNKNOWN: Final = "unauthorized: invalid psk"
"""NetWatcher's words at the WebSocket, and ours."""


def parting(url: str, group: BaseExceptionGroup[BaseException]) -> str:
    """The innermost first reason."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    said = str(error) or type(error).__name__
    return f"{unknown_at(url)} ({said})" if said == UNKNOWN else f"{url}: {said}"
