"""What `/v2/config` may set: names, ranges and refusals, as ioFog has them. Pure."""

import re
from collections.abc import Callable
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

LONGEST: Final = 1_000
"""Characters of a value."""
JAVA_LEVELS: Final = {
    "SEVERE": "ERROR",
    "WARNING": "WARNING",
    "INFO": "INFO",
    "CONFIG": "INFO",
    "FINE": "DEBUG",
    "FINER": "DEBUG",
    "FINEST": "DEBUG",
    "ALL": "DEBUG",
    "OFF": "CRITICAL",
}
"""To those of Python."""
_NUMBER: Final = re.compile(r"\+?(\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?")
_WHOLE: Final = re.compile(r"\+?\d{1,9}")
_PLACE: Final = re.compile(r"([+-]?\d{1,3}(?:\.\d{1,12})?)\s*,\s*([+-]?\d{1,3}(?:\.\d{1,12})?)")


class WrongValue(Exception):
    """The text is the one of ioFog."""


class Option(msgspec.Struct, frozen=True):
    key: str
    flag: str
    default: str
    read: Callable[[str], str]
    """Returns a value as it is kept. Raises WrongValue, and ValueError where it is of no right
    form."""
    also: tuple[str, ...] = ()
    """Other spellings of `key`."""
    may_be_blank: bool = False

    def value(self, text: str) -> str:
        """Raises WrongValue."""
        try:
            return self.read(text.strip())
        except ValueError:
            flag = "" if len(self.flag) == 1 else f" -{self.flag}"
            raise WrongValue(f"Option{flag} has invalid value: {text}") from None


def _between(least: float, most: float, message: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not _NUMBER.fullmatch(text):
            raise ValueError(text)
        if not least <= float(text) <= most:
            raise WrongValue(message)
        return f"{float(text):g}" if float(text) < 1e6 else f"{float(text):.0f}"

    return read


def _whole(least: int, most: int, message: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not _WHOLE.fullmatch(text.removeprefix("-")):
            raise ValueError(text)
        if not least <= int(text) <= most:
            raise WrongValue(message)
        return str(int(text))

    return read


def _at_least_1(what: str) -> Callable[[str], str]:
    return _whole(1, 10**9, f"{what} must be greater than 1")


def _folder(text: str) -> str:
    _text(text)
    return "/" + text.strip("/") + "/" if text.strip("/") else "/"


def _address(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s]+", text):
        raise ValueError(text)
    return text if text.endswith("/") else f"{text}/"


def _engine(text: str) -> str:
    if not text.startswith(("tcp://", "unix://")):
        raise WrongValue("Unsupported protocol scheme. Only 'tcp://' or 'unix://' supported.\n")
    return text


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.lower() not in words:
            raise ValueError(text)
        return text.lower()

    return read


def _level(text: str) -> str:
    if text.upper() not in JAVA_LEVELS and not _WHOLE.fullmatch(text):
        raise ValueError(text)
    return text.upper()


def python_level(text: str) -> str:
    """The level of our logs for one that `_level` let through; numbers are those of Java."""
    if text in JAVA_LEVELS:
        return JAVA_LEVELS[text]
    number = int(text)
    return "ERROR" if number > 900 else "WARNING" if number > 800 else (
        "INFO" if number >= 700 else "DEBUG"
    )  # fmt: skip


def _text(text: str) -> str:
    if not text.isprintable():
        raise ValueError(text)
    return text


def coordinates(text: str) -> tuple[float, float] | None:
    """Latitude and longitude, in degrees; None: it is no such pair, or not on this planet."""
    found = _PLACE.fullmatch(text.strip())
    if found is None:
        return None
    latitude, longitude = float(found[1]), float(found[2])
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def _gps(text: str) -> str:
    if text in ("auto", "off"):
        return text
    if coordinates(text) is None:
        raise ValueError(text)
    return ",".join(part.strip().removeprefix("+") for part in text.split(","))


def _zone(text: str) -> str:
    if text:
        try:
            ZoneInfo(text)
        except (KeyError, OSError):
            raise ValueError(text) from None
    return text


OPTIONS: Final = (
    Option(
        "disk-limit", "d", "10", _between(1, 1_048_576, "Disk limit range must be 1 to 1048576 GB")
    ),
    Option("disk-directory", "dl", "/var/lib/iofog-agent/", _folder),
    Option(
        "memory-limit",
        "m",
        "4096",
        _between(128, 1_048_576, "Memory limit range must be 128 to 1048576 MB"),
    ),
    Option("cpu-limit", "p", "80", _between(5, 100, "CPU limit range must be 5% to 100%")),
    Option("controller-url", "a", "", _address),
    Option("cert-directory", "ac", "/etc/iofog-agent/cert.crt", _text, may_be_blank=True),
    Option("docker-url", "c", "unix:///var/run/docker.sock", _engine),
    Option("network-adapter", "n", "dynamic", _text),
    Option(
        "logs-limit", "l", "10", _between(0.5, 100, "Log disk limit range must be 0.5 to 100 GB")
    ),
    Option("logs-directory", "ld", "/var/log/iofog-agent/", _folder),
    Option("logs-count", "lc", "10", _whole(1, 100, "Log file count range must be 1 to 100")),
    Option("log-level", "ll", "INFO", _level, ("logs-level",)),
    Option("status-frequency", "sf", "10", _at_least_1("Status update frequency")),
    Option("changes-frequency", "cf", "20", _at_least_1("Get changes frequency")),
    Option("diagnostics-frequency", "df", "10", _at_least_1("Post diagnostics frequency")),
    Option("device-scan-frequency", "sd", "60", _at_least_1("Get scan devices frequency")),
    Option(
        "upgrade-scan-frequency",
        "uf",
        "24",
        _at_least_1("isReadyToUpgrade scan frequency"),
        ("ready-to-upgrade-scan-frequency",),
    ),
    Option("docker-pruning-frequency", "pf", "1", _at_least_1("Docker pruning frequency")),
    Option(
        "disk-threshold integer",
        "dt",
        "20",
        _at_least_1("Available disk threshold"),
        ("disk-threshold", "available-disk-threshold"),
    ),
    Option("isolated", "idc", "off", _one_of("on", "off")),
    Option("gps", "gps", "off", _gps),
    Option("fog-type", "ft", "auto", _one_of("auto", "intel_amd", "arm")),
    Option("secure-mode", "sec", "off", _one_of("on", "off")),
    Option("developer-mode", "dev", "off", _one_of("on", "off")),
    Option("time-zone", "tz", "", _zone, may_be_blank=True),
)
BY_KEY: Final = {name: one for one in OPTIONS for name in (one.key, *one.also)}
BY_FLAG: Final = {one.flag: one for one in OPTIONS}
