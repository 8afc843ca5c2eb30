"""What the profiles ask for, and the names of what they ask for. Pure."""

from typing import Final

import msgspec

_SYSTEM: Final = "1.3.6.1.2.1.1"
_IF: Final = "1.3.6.1.2.1.2.2.1"
_IFX: Final = "1.3.6.1.2.1.31.1.1.1"
_HOST: Final = "1.3.6.1.2.1.25"
_UCD: Final = "1.3.6.1.4.1.2021"

SCALARS: Final = {
    f"{_SYSTEM}.1": "sysDescr",
    f"{_SYSTEM}.2": "sysObjectID",
    f"{_SYSTEM}.3": "sysUpTime",
    f"{_SYSTEM}.4": "sysContact",
    f"{_SYSTEM}.5": "sysName",
    f"{_SYSTEM}.6": "sysLocation",
    f"{_SYSTEM}.7": "sysServices",
    "1.3.6.1.2.1.2.1": "ifNumber",
    f"{_HOST}.1.1": "hrSystemUptime",
    f"{_HOST}.1.6": "hrSystemProcesses",
    f"{_HOST}.2.2": "hrMemorySize",
    f"{_UCD}.4.3": "memTotalSwap",
    f"{_UCD}.4.4": "memAvailSwap",
    f"{_UCD}.4.5": "memTotalReal",
    f"{_UCD}.4.6": "memAvailReal",
    f"{_UCD}.4.11": "memTotalFree",
    f"{_UCD}.4.14": "memBuffer",
    f"{_UCD}.4.15": "memCached",
    f"{_UCD}.11.50": "ssCpuRawUser",
    f"{_UCD}.11.51": "ssCpuRawNice",
    f"{_UCD}.11.52": "ssCpuRawSystem",
    f"{_UCD}.11.53": "ssCpuRawIdle",
    f"{_UCD}.11.54": "ssCpuRawWait",
}
COLUMNS: Final = {
    f"{_IF}.1": "ifIndex",
    f"{_IF}.2": "ifDescr",
    f"{_IF}.3": "ifType",
    f"{_IF}.4": "ifMtu",
    f"{_IF}.5": "ifSpeed",
    f"{_IF}.6": "ifPhysAddress",
    f"{_IF}.7": "ifAdminStatus",
    f"{_IF}.8": "ifOperStatus",
    f"{_IF}.10": "ifInOctets",
    f"{_IF}.13": "ifInDiscards",
    f"{_IF}.14": "ifInErrors",
    f"{_IF}.16": "ifOutOctets",
    f"{_IF}.19": "ifOutDiscards",
    f"{_IF}.20": "ifOutErrors",
    f"{_IFX}.1": "ifName",
    f"{_IFX}.6": "ifHCInOctets",
    f"{_IFX}.10": "ifHCOutOctets",
    f"{_IFX}.15": "ifHighSpeed",
    f"{_IFX}.18": "ifAlias",
    f"{_HOST}.2.3.1.3": "hrStorageDescr",
    f"{_HOST}.2.3.1.4": "hrStorageAllocationUnits",
    f"{_HOST}.2.3.1.5": "hrStorageSize",
    f"{_HOST}.2.3.1.6": "hrStorageUsed",
    f"{_HOST}.3.3.1.2": "hrProcessorLoad",
    f"{_UCD}.10.1.2": "laNames",
    f"{_UCD}.10.1.3": "laLoad",
}


MACS: Final = frozenset(
    {
        f"{_IF}.6",  # ifPhysAddress
        "1.3.6.1.2.1.3.1.1.2",  # atPhysAddress
        "1.3.6.1.2.1.4.22.1.2",  # ipNetToMediaPhysAddress
        "1.3.6.1.2.1.4.35.1.4",  # ipNetToPhysicalPhysAddress
        "1.3.6.1.2.1.17.1.1",  # dot1dBaseBridgeAddress
        "1.3.6.1.2.1.17.4.3.1.1",  # dot1dTpFdbAddress
        "1.3.6.1.2.1.17.7.1.2.2.1.1",  # dot1qTpFdbAddress
    }
)
"""Columns whose values are PhysAddress or MacAddress."""
_MACS: Final = tuple(f"{column}." for column in MACS)


_NUMBERS_OF: Final = {name: oid for oid, name in (SCALARS | COLUMNS).items()}
SYS_UP_TIME: Final = f"{_SYSTEM}.3.0"


class Profile(msgspec.Struct, frozen=True):
    gets: list[str]
    walks: list[str]


def _below(root: str, names: dict[str, str], ending: str = "") -> list[str]:
    return [f"{oid}{ending}" for oid in names if oid.startswith(f"{root}.")]


PROFILES: Final = {
    "system": Profile(_below(_SYSTEM, SCALARS, ".0"), []),
    "interface": Profile(["1.3.6.1.2.1.2.1.0"], _below(_IF, COLUMNS) + _below(_IFX, COLUMNS)),
    "cpu": Profile(
        _below(f"{_UCD}.11", SCALARS, ".0"),
        [*_below(f"{_HOST}.3", COLUMNS), *_below(f"{_UCD}.10", COLUMNS)],
    ),
    "memory": Profile(
        [f"{_HOST}.2.2.0", *_below(f"{_UCD}.4", SCALARS, ".0")],
        _below(f"{_HOST}.2.3", COLUMNS),
    ),
}


def name_of(oid: str) -> str:
    """As ifDescr.2, sysName; "" for what is in no profile."""
    if oid.endswith(".0") and oid[:-2] in SCALARS:
        return SCALARS[oid[:-2]]
    parts = oid.split(".")
    for length in range(len(parts), 1, -1):
        column = COLUMNS.get(".".join(parts[:length]))
        if column is not None:
            return ".".join((column, *parts[length:]))
    return ""


def oid_of(name: str) -> str:
    """Return what `name_of` calls so, or the OID itself without its leading dot; "" where no
    profile has such a name.
    """
    if name.strip(".")[:1].isdigit():
        return name.strip(".")
    word, _, index = name.partition(".")
    if oid := _NUMBERS_OF.get(word, ""):
        return f"{oid}.{index or '0'}"
    return ""


def root_of(name: str) -> str:
    """Return what is walked for a name without an index: the column, or the OID itself."""
    return _NUMBERS_OF.get(name, "") or oid_of(name)


def is_mac(oid: str) -> bool:
    return oid.startswith(_MACS)


def numbers(oid: str) -> tuple[int, ...]:
    return tuple(int(part) for part in oid.strip(".").split("."))


def is_below(oid: str, root: str) -> bool:
    wanted = numbers(root)
    return numbers(oid)[: len(wanted)] == wanted
