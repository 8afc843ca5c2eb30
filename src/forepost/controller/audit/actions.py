"""What a request is called in the audit log, and what it was about. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from forepost.controller.access.guard import ACTION, AGENT, NEEDS, PUBLIC, READS

VERBS: Final = {"POST": "create", "PUT": "update", "PATCH": "update", "DELETE": "delete"}
LARGEST: Final = 1 << 20
"""Bytes of an answer that is searched for the id of what was made."""

_object: msgspec.json.Decoder[dict[str, msgspec.Raw]] = msgspec.json.Decoder(dict[str, msgspec.Raw])
_id: msgspec.json.Decoder[int] = msgspec.json.Decoder(int)


def action_of(method: str, opt: Mapping[str, Any], tags: Sequence[str]) -> str | None:
    """The route's own word for it, else its tag and what its method does: `probes.create`.

    None: it changes nothing, or nobody in particular may call it.
    """
    own: str = opt.get(ACTION, "")
    if method not in VERBS or own == READS:
        return None
    if own:
        return own
    return None if opt[NEEDS] in (PUBLIC, AGENT) else f"{tags[0]}.{VERBS[method]}"


def object_of(
    action: str, template: str, path: Mapping[str, Any], answer: bytes
) -> tuple[str, int | None]:
    """Kind and id: of what was made, of the last object of the path, or of what was answered.

    Kinds are the words of paths: `rule` of `{rule_id}`, and of `alert-rules.create`.
    """
    subject, _, verb = action.partition(".")
    kind = subject.rpartition("-")[2].removesuffix("s")
    names = [name for name in re.findall(r"{(\w+)_id\b", template) if f"{name}_id" in path]
    own = [name for name in names if name != "workspace" or kind == name]
    if verb == "create" or not own:
        return kind, _answered(answer)
    return own[-1], path[f"{own[-1]}_id"]


def _answered(answer: bytes) -> int | None:
    """The id of an object, or of the first object in it that has one: `{"agent": {"id": 7}}`."""
    if len(answer) > LARGEST:
        return None
    fields = _fields(answer)
    for one in (fields, *map(_fields, fields.values())):
        try:
            return _id.decode(one["id"])
        except (KeyError, msgspec.DecodeError):
            continue
    return None


def _fields(json: bytes | msgspec.Raw) -> dict[str, msgspec.Raw]:
    try:
        return _object.decode(json)
    except msgspec.DecodeError:
        return {}
