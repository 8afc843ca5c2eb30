"""What a registry's text says, in the dialects of WHOIS: RPSL (RIPE, APNIC, AFRINIC, LACNIC),
ARIN's, the one of ICANN's registries and registrars, Nominet's indented one. Pure.
"""

import ipaddress
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal

import msgspec
from msgspec import UNSET

from forepost.wire.rest.lookup import Registration

LONGEST_VALUE: Final = 500
LONGEST_LINE: Final = 1_000
"""Of a line that is read, so that no line costs more than its share."""
WHOIS_PORT: Final = 43

Line = tuple[str, str]
"""(key in lower case, value)"""

_LINE: Final = re.compile(r"(\s*)([A-Za-z][A-Za-z0-9 ./_-]{0,40}?)\s*:\s*(.*)$")
_ABUSE: Final = re.compile(r"^% Abuse contact for .* is '([^'\s]+@[^'\s]+)'", re.MULTILINE)
_EMAIL: Final = re.compile(r"[^\s@<>()\[\],;:]+@[^\s@<>()\[\],;:]+\.[^\s@<>()\[\],;:]+")
_HANDLE: Final = re.compile(r"\s+\([A-Z0-9-]+\)$")
_TAG: Final = re.compile(r"\s+\[Tag = .*\]$")
_SERVER: Final = re.compile(
    r"(?:whois://)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)"
    r"(?::(\d{1,5}))?/?"
)
RANGES: Final = ("netrange", "inetnum", "inet6num")
_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "netname": ("netname",),
    "netrange": (*RANGES, "cidr"),
    "organization": (
        "orgname",
        "org-name",
        "organization",
        "custname",
        "owner",
        "registrant organization",
        "organisation",
        "registrant",
        "registrant name",
        "descr",
    ),
    "country": ("country", "registrant country"),
    "registrar": ("registrar", "registrar name", "sponsoring registrar"),
    "created": ("creation date", "created", "registered on", "regdate", "registered"),
    "updated": ("updated date", "last-modified", "last updated", "updated", "changed"),
    "abuse_email": ("orgabuseemail", "abuse-mailbox", "registrar abuse contact email"),
}


class Server(msgspec.Struct, frozen=True):
    host: str
    port: int = WHOIS_PORT

    def __str__(self) -> str:
        return self.host if self.port == WHOIS_PORT else f"{self.host}:{self.port}"


class Referral(msgspec.Struct, frozen=True):
    """Where a text says that more is known.

    `registry`: the text itself is about something larger. `better`: the text is of less use than
    what is there. `registrar`: both count.
    """

    server: Server
    kind: Literal["registry", "better", "registrar"]


def text_of(data: bytes) -> str:
    """UTF-8 where it is, else Latin-1; one kind of line end; nothing that PostgreSQL refuses."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").strip()


def server_of(text: str) -> Server | None:
    """`host`, `host:port`, `whois://host:port`."""
    found = _SERVER.fullmatch(text.strip())
    if found is None:
        return None
    port = int(found[2] or WHOIS_PORT)
    return Server(found[1].strip("[]").lower(), port) if 0 < port < 65_536 else None


def referral_of(text: str) -> Referral | None:
    kinds: dict[str, Literal["registry", "better", "registrar"]] = {
        "refer": "registry",
        "referralserver": "better",
        "registrar whois server": "registrar",
    }
    found: dict[str, Referral] = {}
    for key, value in _lines(_shortened(text)):
        kind = kinds.get(key)
        server = server_of(value) if kind else None
        if kind and server:
            found.setdefault(kind, Referral(server, kind))
    return found.get("registry") or found.get("better") or found.get("registrar")


def registration_of(text: str, query: str) -> Registration:
    """Empty for a text that is about nothing, or about something else than `query`."""
    text = _shortened(text)
    lines = list(_lines(_section(text)))
    about = _first(lines, ("domain", "domain name")).lower().rstrip(".")
    if about and query.endswith(f".{about}"):
        return Registration()  # IANA on a top-level domain whose registry has no WHOIS
    found = {field: _first(lines, keys) for field, keys in _FIELDS.items()}
    found["organization"] = _HANDLE.sub("", found["organization"])
    found["registrar"] = _TAG.sub("", found["registrar"])
    if "@" in found["updated"]:  # RPSL's old form: who, and when
        found["updated"] = found["updated"].split()[-1]
    found["abuse_email"] = _abuse(text, lines, found["abuse_email"])
    return Registration(**{k: v[:LONGEST_VALUE] or UNSET for k, v in found.items()})


def together(parts: Sequence[Registration]) -> Registration:
    """Of each field what the last one says that says anything."""
    found: dict[str, str] = {}
    for part in parts:
        found |= {f: v for f in part.__struct_fields__ if (v := getattr(part, f)) is not UNSET}
    return Registration(**found)


def _shortened(text: str) -> str:
    return "\n".join(line[:LONGEST_LINE] for line in text.split("\n"))


def _lines(text: str) -> Iterator[Line]:
    """Keys with their values; a value may stand below its key, further right."""
    waiting: tuple[int, str] | None = None
    for raw in text.split("\n"):
        line = raw.expandtabs()
        if not line.strip() or line.startswith(("%", "#")):
            continue
        indent = len(line) - len(line.lstrip())
        found = _LINE.fullmatch(line)
        if found is None:
            if waiting is not None and indent > waiting[0]:
                yield waiting[1], line.strip()
            waiting = None
            continue
        key, value = found[2].lower(), found[3].strip()
        waiting = None if value else (indent, key)
        if value:
            yield key, value


def _first(lines: Iterable[Line], keys: Sequence[str]) -> str:
    known: dict[str, str] = {}
    for key, value in lines:
        known.setdefault(key, value)
    return next((known[key] for key in keys if key in known), "")


def _section(text: str) -> str:
    """Of ARIN's networks within networks the smallest, with what follows it."""
    parts = re.split(r"^# start$", text, flags=re.MULTILINE)
    if len(parts) < 3:
        return text
    return min(parts[1:], key=lambda part: _width(_first(_lines(part), RANGES)))


def _width(netrange: str) -> int:
    """How many addresses; very many where it cannot be read."""
    first, _, last = netrange.partition("-")
    try:
        begin, end = ipaddress.ip_address(first.strip()), ipaddress.ip_address(last.strip())
    except ValueError:
        return 1 << 128
    return int(end) - int(begin)


def _abuse(text: str, lines: list[Line], found: str) -> str:
    """An address that is said to be for it, a remark of RIPE's and APNIC's, or LACNIC's handle."""
    remark = _ABUSE.search(text)
    if remark:
        return remark[1]
    if found:
        address = _EMAIL.search(found)
        return address[0] if address else ""
    handle = _first(lines, ("abuse-c",))
    mine = False
    for key, value in lines:
        if key.startswith("nic-hdl"):
            mine = value == handle
        elif key == "e-mail" and mine and handle:
            address = _EMAIL.search(value)
            return address[0] if address else ""
    return ""
