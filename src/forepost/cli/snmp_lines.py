"""Values of SNMP as lines, as net-snmp's commands write them. Pure."""

from collections.abc import Callable
from typing import Final

from forepost.wire.probes.snmp import SnmpValue

_WORDS: Final = {
    "integer": "INTEGER: {}",
    "oid": "OID: .{}",
    "ipaddress": "IpAddress: {}",
    "counter32": "Counter32: {}",
    "gauge32": "Gauge32: {}",
    "counter64": "Counter64: {}",
    "gauge64": "Opaque: UInt64: {}",
    "float": "Opaque: Float: {}",
    "mac": "STRING: {}",
    "null": "NULL",
    "noSuchObject": "No Such Object available on this agent at this OID",
    "noSuchInstance": "No Such Instance currently exists at this OID",
}
_DAY, _HOUR, _MINUTE, _SECOND = 8_640_000, 360_000, 6_000, 100


def snmp_line(value: SnmpValue, *, numeric: bool) -> str:
    """Return `sysName.0 = STRING: "lab"`, or the same with the OID."""
    scalar = value.oid.endswith(".0") and not value.name.endswith(".0")
    name = f"{value.name}.0" if scalar and value.name else value.name
    shown = f".{value.oid}" if numeric or not name else name
    rate = "" if value.per_sec is None else f" ({value.per_sec:.6g} a second)"
    return f"{shown} = {_shown(value)}{rate}"


def _shown(value: SnmpValue) -> str:
    special = _SPECIAL.get(value.type)
    if special is not None:
        return special(value.value)
    if value.type in _WORDS:
        return _WORDS[value.type].format(value.value)
    return value.type  # what the agent answered instead: genErr, noAccess


def _string(value: object) -> str:
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'STRING: "{escaped}"'


def _hex(value: object) -> str:
    return f"Hex-STRING: {bytes.fromhex(str(value)).hex(' ').upper()}".rstrip()


def _unreadable(value: object) -> str:
    return f"Unreadable: {value}".rstrip()


def _timeticks(value: object) -> str:
    ticks = int(str(value))
    days, rest = divmod(ticks, _DAY)
    hours, rest = divmod(rest, _HOUR)
    minutes, rest = divmod(rest, _MINUTE)
    seconds, hundredths = divmod(rest, _SECOND)
    clock = f"{hours}:{minutes:02}:{seconds:02}.{hundredths:02}"
    shown = f"{days} day{'s' * (days != 1)}, {clock}" if days else clock
    return f"Timeticks: ({ticks}) {shown}"


_SPECIAL: Final[dict[str, Callable[[object], str]]] = {
    "string": _string,
    "hex": _hex,
    "timeticks": _timeticks,
    "unreadable": _unreadable,
}
