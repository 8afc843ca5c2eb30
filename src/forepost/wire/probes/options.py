"""What every probe is told, and how the options of one type are read from its metadata."""

from functools import lru_cache
from typing import Annotated, Any, Final, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from forepost.wire.base import Wire, complaint

TIMEOUT_SEC: Final = 10
LEAST_GAP_SEC: Final = 0.02
"""Between two packets of a round."""


def usual_timeout(interval_sec: int) -> int:
    """Of a probe that does not say: a round ends before the next begins."""
    return min(TIMEOUT_SEC, max(1, interval_sec // 2))


def spacing(options: "Options", count: int, most_sec: float) -> float:
    """Seconds from one packet of a round to the next: `most_sec`, or less, so that they fit into
    the interval and, where `count` is the probe's own, the last one's timeout does too.
    """
    gap_sec = min(most_sec, options.interval_sec / count)
    room_sec = options.interval_sec - options.timeout_sec
    if options.count > 1 and room_sec > 0:
        gap_sec = min(gap_sec, max(room_sec / (count - 1), LEAST_GAP_SEC))
    return gap_sec


class Options(Wire, frozen=True, kw_only=True):
    """What every type of probe is told. `count` 0 leaves the number to the probe."""

    interval_sec: Annotated[float, Meta(gt=0, le=366 * 86_400)] = 60.0
    timeout_sec: Annotated[float, Meta(gt=0, le=86_400)] = 10.0
    count: int = 0
    bind_interface: str = ""


IpVersion = Literal["auto", "4", "6"]
"""Of one IP version, or as the system prefers them."""


class HostOptions(Options, frozen=True, kw_only=True):
    """Of a probe whose target is a host."""

    family: IpVersion = "auto"
    """Addresses of the host to measure: of one IP version only, or as the system prefers them."""


Opts = TypeVar("Opts", bound=Options)
_OF_THE_PROBE = frozenset(Options.__struct_fields__) - {"timeout_sec"}


class WrongOption(ValueError):
    """The text names the field of the metadata and the reason."""


def read_options(kind: type[Opts], told: dict[str, Any], metadata: Any) -> Opts:
    """Build the options of a type from what its probe object says itself and from its metadata.

    Of the metadata only what this type knows is looked at; a null says nothing, as what is left
    out. Numbers in quotes are numbers, and words are taken in either case, as NetWatcher's agent
    does. `timeout_sec` in the metadata goes before the probe's own unless it is 0. Raises
    WrongOption.
    """
    known = frozenset(kind.__struct_fields__) - _OF_THE_PROBE
    asked = metadata if isinstance(metadata, dict) else {}
    words = _words(kind)
    named = {
        key: words.get(key, {}).get(str(asked[key]).casefold(), asked[key])
        for key in known & asked.keys()
        if asked[key] is not None
    }
    if named.get("timeout_sec") in (0, "0", ""):
        del named["timeout_sec"]
    try:
        return msgspec.convert({**told, **named}, kind, strict=False)
    except msgspec.ValidationError as error:
        # A check across fields names its field itself.
        raise WrongOption(complaint(error, kind).removeprefix("body: ")) from None


@lru_cache
def _words(kind: type[Options]) -> dict[str, dict[str, str]]:
    """Field to its words, by their small letters."""
    return {
        field: {str(word).casefold(): word for word in get_args(hint)}
        for field, hint in get_type_hints(kind).items()
        if get_origin(hint) is Literal
    }
