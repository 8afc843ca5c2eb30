"""What may be shown to whoever may not change a thing: an allow-list. All else is `***`. Pure.

A field that nobody has decided about is not shown; a test asks for the decision.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final
from urllib.parse import unquote

import msgspec

from forepost.wire.probes import KINDS, STANDS_FOR

MASK: Final = "***"
LIKE_A_KEY: Final = 6
"""A value of a URL's query with so many letters is looked for in what was measured, too."""

MOST_WORK: Final = 4 << 20
"""Bytes of a payload, times the texts that are looked for in it. Where it is more, as only somebody
who wants it has it, no text of the payload is kept."""
_TEXT: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"')

_OF_ALL: Final = frozenset(
    {"interval_sec", "timeout_sec", "count", "bind_interface", "name", "family"}
)
_PUBLIC: Final = {kind.name: _OF_ALL | kind.public for kind in KINDS.values()}
PUBLIC_OPTIONS: Final[dict[str, frozenset[str]]] = _PUBLIC | {
    name: frozenset({"include_ping"}).union(*(_PUBLIC[kind] for kind in kinds))
    for name, kinds in STANDS_FOR.items()
}
"""Which options of a probe of each type anybody in its workspace may see."""

_URLS: Final = frozenset({"url", "target", "dns_server", "more_servers"})


def public_metadata(kind: str, metadata: Any) -> Any:
    """The metadata of a probe of this type, with `***` for the value of what is not public."""
    if not isinstance(metadata, dict):
        return metadata
    known = PUBLIC_OPTIONS.get(kind, frozenset())
    return {key: _public(kind, key, value, known) for key, value in metadata.items()}


def _public(kind: str, key: str, value: Any, known: frozenset[str]) -> Any:
    if value in (None, "", [], {}, MASK):
        return value
    if key not in known:
        return MASK
    if key == "trafficsim":
        return public_metadata(kind, value)
    if key not in _URLS:
        return value
    if isinstance(value, list):
        return [public_target(one) if isinstance(one, str) else MASK for one in value]
    return public_target(value) if isinstance(value, str) else value


def public_target(target: str) -> str:
    """A target without what a URL can hide: user and password, the query, the fragment.

    `https://user:pw@host/path?token=x` becomes `https://***@host/path?***`.
    """
    if "?" not in target and "@" not in target and "#" not in target:
        return target
    plain, query, _ = target.partition("#")[0].partition("?")
    scheme, found, rest = plain.partition("://")
    if not found:
        scheme, rest = "", plain
    place, slash, path = rest.partition("/")
    user, at, host = place.rpartition("@")
    shown = f"{MASK}@{host}" if user or at else host
    return f"{scheme}{found}{shown}{slash}{path}{'?' + MASK if query else ''}"


def public_channel(url: str) -> str:
    """A webhook or a URL of Apprise, as far as everybody may see it: `https://host/***`.

    Apprise has keys anywhere, the place of the host included: of all but http(s) only the scheme.
    """
    scheme, found, rest = url.partition("://")
    if not url or not found:
        return MASK if url else ""
    if scheme not in ("http", "https"):
        return f"{scheme}://{MASK}"
    place, slash, path = rest.partition("/")
    host = place.partition("?")[0].partition("#")[0].rpartition("@")[2]
    return f"{scheme}://{host}/{MASK}" if (slash and path) or host != place else url


def without_secrets(payload: bytes, target: str) -> bytes:
    """A payload (JSON) in which nothing is left of what `public_target` takes from its target.

    It stays JSON: only texts are looked into, as they read and not as they are written.
    """
    if public_target(target) == target:
        return payload
    secrets = _longest_first(target)
    if len(payload) * len(secrets) > MOST_WORK:
        return _TEXT.sub(b'"***"', payload)
    if b"\\" not in payload and not any(secret.encode() in payload for secret, _ in secrets):
        return payload

    def masked(found: re.Match[bytes]) -> bytes:
        text = msgspec.json.decode(found.group(), type=str)
        told = _without(text, secrets)
        return found.group() if told == text else msgspec.json.encode(told)

    return _TEXT.sub(masked, payload)


def reason_without_secrets(reason: str, target: str) -> str:
    """The same of a text about a result."""
    return _without(reason, _longest_first(target)) if public_target(target) != target else reason


def _without(text: str, secrets: Sequence[tuple[str, str]]) -> str:
    for secret, instead in secrets:
        text = text.replace(secret, instead)
    return text


def _longest_first(target: str) -> list[tuple[str, str]]:
    return sorted(set(_secrets(target)), key=lambda pair: len(pair[0]), reverse=True)


def _secrets(target: str) -> Iterator[tuple[str, str]]:
    """What a target hides, and what stands for it. A short text may be any word, or half of one:
    it is hidden only where it stands as in a URL.
    """
    whole, _, fragment = target.partition("#")
    plain, _, query = whole.partition("?")
    place = plain.partition("://")[2] or plain
    user = place.partition("/")[0].rpartition("@")[0]
    for before, text, after in (("?", query, ""), ("", user, "@"), ("#", fragment, "")):
        if len(text) >= LIKE_A_KEY:
            yield text, MASK
        elif text and text != MASK:
            yield f"{before}{text}{after}", f"{before}{MASK}{after}"
    parts = [value for pair in re.split("[&;]", query) for value in (pair.partition("=")[2],)]
    for part in (*parts, user.partition(":")[2]):
        for text in (part, unquote(part)):
            if len(text) >= LIKE_A_KEY:
                yield text, MASK
