"""The one form in which an e-mail address is kept, compared and written to. Pure.

Two addresses that look alike must never be two accounts: what is invisible, mixed or made to look
like something else is refused, with a text that names the field.
"""

import re
import unicodedata
from typing import Final

import idna

from forepost.kit.errors import Invalid

LONGEST: Final = 254
TOGETHER: Final = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
)
"""Scripts that people do write in one word (UTS 39, "highly restrictive")."""
ALIKE: Final = frozenset(
    "авеѕіјһкмнорԛгсԁтухԝьѵҽпгзэѡӏґєүαβγεηικνορτυχωϲϳօսոհցզյքհլգտք"  # Armenian
)
"""Letters of other scripts that look like Latin ones: a word of nothing else is taken for Latin."""
FILLERS: Final = frozenset(
    map(chr, (0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, *range(0x180B, 0x1810)))
) | frozenset(map(chr, range(0xFE00, 0xFE10)))
"""What shows nothing though it is a letter or a mark; the rest is known by its category."""
UNSEEN: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"})


MARKS: Final = frozenset('()<>[]:;,\\"')
"""What a mail server reads otherwise than as a letter: `(x)a@b.c` is a@b.c there."""
_HOST: Final = re.compile(r"[a-z0-9._-]+|\[(?:ipv6:)?[0-9a-f.:]+\]", re.ASCII)


def canonical(text: str, field: str = "email") -> str:
    """Raises Invalid, naming `field`."""
    stripped = text.strip()
    for form in (stripped, unicodedata.normalize("NFKC", stripped)):
        if any(unicodedata.category(c) in UNSEEN or c in FILLERS for c in form):
            raise Invalid(f"{field}: has a space or an invisible character in it")
    local, at, domain = unicodedata.normalize("NFKC", stripped).partition("@")
    if not at or not local or "@" in domain:
        raise Invalid(f"{field}: is not an address: name@domain")
    if mark := next((c for c in local if c in MARKS), ""):
        raise Invalid(f"{field}: {mark} has a meaning of its own before the @ of an address")
    # Folding can undo the normal form, and the other way round.
    local = unicodedata.normalize("NFKC", local.casefold())
    if not local.isascii():
        _check_looks(local, field)
    address = f"{local}@{_domain(domain, field)}"
    if len(address) > LONGEST:
        raise Invalid(f"{field}: is longer than {LONGEST} characters")
    return address


def kept_forms(text: str) -> tuple[str, ...]:
    """How an account may have kept an address: as it is typed, which is what a version did that had
    no one form (the account may be another's today, or nobody's), and in that form, the last.
    """
    as_typed = text.strip().lower()
    try:
        return as_typed, canonical(text)
    except Invalid:
        return (as_typed,)


def _domain(text: str, field: str) -> str:
    """In ASCII, as DNS has it."""
    domain = text.replace("\u3002", ".").removesuffix(".").lower()
    labels = domain.split(".")
    if not all(labels):
        raise Invalid(f"{field}: its domain has an empty part")
    if domain.isascii() and not any(label.startswith("xn--") for label in labels):
        if not _HOST.fullmatch(domain):
            raise Invalid(f"{field}: its domain is not a name of DNS")
        return domain
    try:
        written = idna.encode(domain, uts46=True, std3_rules=True).decode()
        shown = idna.decode(written)
    except idna.IDNAError:
        raise Invalid(f"{field}: its domain is not a name of DNS") from None
    for label in shown.split("."):
        if not label.isascii():
            _check_looks(label, field)
    return written


def _check_looks(word: str, field: str) -> None:
    """Raises Invalid where it looks like another word."""
    letters = [c for c in word if unicodedata.category(c)[0] == "L"]
    digits = [c for c in word if unicodedata.category(c) == "Nd" and not c.isascii()]
    scripts = {_script(c) for c in (*letters, *digits)}
    if len(scripts) > 1 and not any(scripts <= group for group in TOGETHER):
        mixed = " and ".join(sorted(script.capitalize() for script in scripts))
        raise Invalid(f"{field}: mixes {mixed} letters, and so looks like another address")
    if scripts == {"LATIN"}:
        odd = next((c for c in word if not c.isascii() and not _is_plain_latin(c)), None)
        if odd is not None:
            raise Invalid(f"{field}: {odd!r} looks like another letter")
    elif letters and all(c in ALIKE for c in letters):
        raise Invalid(f"{field}: {word!r} looks like Latin letters, and so like another address")


def _is_plain_latin(character: str) -> bool:
    """A letter of a European alphabet: with its own look, or a Latin letter with a mark."""
    if character in "æœøłđðþßħŋĸŧ":
        return True
    base = unicodedata.normalize("NFD", character)
    return base[0].isascii() and len(base) > 1


def _script(character: str) -> str:
    """The first word of its name, which for letters is the script."""
    return unicodedata.name(character, "UNKNOWN").split()[0].partition("-")[0]
