"""A server that wants to know who we are, in plain words. Pure."""

from typing import Final

from forepost.agent.ports.dialer import Kind, TlsOwn

ENDED: Final = frozenset[Kind]({"tls", "closed", "reset"})
"""How it shows that the other side wants no more of us."""


def in_words(reason: str, own: TlsOwn) -> str:
    """Return why a server that asked for a client certificate ended the connection."""
    if own.certificate:
        return f"the server does not take our client certificate: {reason}"
    return f"the server wants a client certificate: {reason}"
