"""Settings as an ioFog Controller names them, and as `/v2/config` does. Pure."""

from collections.abc import Callable, Mapping
from typing import Any, Final

NUMBERS: Final = {
    "diskLimit": "disk-limit",
    "memoryLimit": "memory-limit",
    "cpuLimit": "cpu-limit",
    "logLimit": "logs-limit",
    "logFileCount": "logs-count",
    "statusFrequency": "status-frequency",
    "changeFrequency": "changes-frequency",
    "deviceScanFrequency": "device-scan-frequency",
    "readyToUpgradeScanFrequency": "upgrade-scan-frequency",
    "availableDiskThreshold": "disk-threshold integer",
    "dockerPruningFrequency": "docker-pruning-frequency",
}
"""A Controller takes whole numbers only."""
TEXTS: Final = {
    "dockerUrl": "docker-url",
    "diskDirectory": "disk-directory",
    "logDirectory": "logs-directory",
    "logLevel": "log-level",
    "networkInterface": "network-adapter",
    "timeZone": "time-zone",
}
LARGEST: Final = 1e15
"""What is larger is no number of anything here."""
ISOLATED: Final = "isolated"
WATCHDOG: Final = "watchdogEnabled"


def as_options(said: Mapping[str, Any]) -> dict[str, str]:
    """What a Controller says, with the keys of `/v2/config`; null and what is new is left out.

    A frequency of 0 says "not": the setting of the site stays.
    """
    found = {key: f"{said[name]:g}" for name, key in NUMBERS.items() if _is_number(said.get(name))}
    found |= {key: said[name] for name, key in TEXTS.items() if isinstance(said.get(name), str)}
    if isinstance(said.get(WATCHDOG), bool):
        found[ISOLATED] = "on" if said[WATCHDOG] else "off"
    place = said.get("latitude"), said.get("longitude")
    if all(_is_number(one) for one in place):
        found["gps"] = f"{place[0]},{place[1]}"
    return found


def as_told(option: Callable[[str], str], place: tuple[float, float] | None) -> dict[str, Any]:
    """What a Controller is told; `option`: the value of a key now."""
    told: dict[str, Any] = {name: round(float(option(key))) for name, key in NUMBERS.items()}
    told |= {name: option(key) for name, key in TEXTS.items()}
    told[WATCHDOG] = option(ISOLATED) == "on"
    if place is not None:
        told["latitude"], told["longitude"] = (str(degrees) for degrees in place)
    return told


def _is_number(value: object) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return 0 < abs(value) <= LARGEST
