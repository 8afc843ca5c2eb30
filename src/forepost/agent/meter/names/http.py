"""The head of an HTTP/1 request: RFC 9112."""

import re
from typing import Final

import msgspec

from forepost.agent.meter.names.reader import host_name_of, words

_METHOD: Final = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}"
"""Any: it is a token of whoever made it."""
_REQUEST: Final = re.compile(rb"(" + _METHOD + rb") ([!-~]{1,4096}) HTTP/1\.[01]\r?\n")
_BEGUN: Final = re.compile(_METHOD + rb" [!-~]")
_FIELD: Final = re.compile(rb"(?mi)^(host|user-agent)[ \t]*:[ \t]*([^\r\n]{0,1024})\r?\n")
LONGEST_HEAD: Final = 8_192


class HttpHead(msgspec.Struct, frozen=True):
    method: str
    url: str
    host: str
    user_agent: str
    whole: bool
    """Whether the head was all there."""


def seems_http(data: bytes) -> bool:
    return _BEGUN.match(data) is not None


def request(stream: bytes) -> HttpHead | None:
    """None: no request, or not its first line yet."""
    stream = stream[:LONGEST_HEAD]
    line = _REQUEST.match(stream)
    if line is None:
        return None
    head, blank, _ = stream[line.end() :].partition(b"\r\n\r\n")
    fields = {name.lower(): value for name, value in reversed(_FIELD.findall(head + blank))}
    host = fields.get(b"host", b"").strip()
    name = host if host.startswith(b"[") else host.rsplit(b":", 1)[0] if b":" in host else host
    return HttpHead(
        words(line[1], 32),
        words(line[2]),
        host_name_of(name),
        words(fields.get(b"user-agent", b"")),
        bool(blank),
    )
