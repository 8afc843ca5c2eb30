"""What is set of this agent by `/v2/config`, over what its settings say. Pure, but for its file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from forepost.agent.workloads.local_api.option import (
    BY_KEY,
    LONGEST,
    OPTIONS,
    WrongValue,
    coordinates,
    python_level,
)
from forepost.agent.workloads.local_api.words import NotDone
from forepost.kit.health import Health
from forepost.kit.state_file import StateFile

FILE: Final = "local-config.json"
LARGEST: Final = 1 << 20


class LocalConfig(msgspec.Struct, frozen=True):
    """`base`: of the settings, by the keys of `OPTIONS`; `said`: what was set over it."""

    base: Mapping[str, str] = {}
    said: Mapping[str, str] = {}
    is_dynamic: bool = False
    """The coordinates came by `/v2/gps`."""

    def __getitem__(self, key: str) -> str:
        found = self.said.get(key, self.base.get(key))
        return BY_KEY[key].default if found is None else found

    @property
    def log_level(self) -> str | None:
        """A level of our logs; None: nobody set one here."""
        return python_level(self.said["log-level"]) if "log-level" in self.said else None

    @property
    def gps_mode(self) -> str:
        if self["gps"] in ("auto", "off"):
            return self["gps"]
        return "dynamic" if self.is_dynamic else "manual"

    @property
    def place(self) -> tuple[float, float] | None:
        """Coordinates that were set; `auto` has none of its own."""
        return coordinates(self["gps"])

    @property
    def prune_threshold_percent(self) -> float:
        return min(float(self["disk-threshold integer"]), 100.0)

    @property
    def prune_hours(self) -> float:
        """0: not."""
        return float(self["docker-pruning-frequency"])

    @property
    def controller_url(self) -> str:
        return self["controller-url"]


def change(config: LocalConfig, wanted: Mapping[str, Any]) -> tuple[LocalConfig, dict[str, str]]:
    """Return what is set from now on, and why keys of `wanted` are refused: the others are taken.
    What is not understood is passed over. Raises NotDone, and then nothing is taken.
    """
    known = {name: value for name, value in wanted.items() if name in BY_KEY}
    if not known:
        raise NotDone(400, "Request not valid")
    said, refused = dict(config.said), dict[str, str]()
    for name, value in known.items():
        option = BY_KEY[name]
        if not isinstance(value, str):
            raise NotDone(400, f"Log message parsing error, {name}: not a string")
        if len(value) > LONGEST or "\x00" in value:
            raise NotDone(400, f"Error updating new config {name}: too long, or with a zero byte")
        if not value.strip() and not option.may_be_blank:
            raise NotDone(400, f"Error updating new config {name}: is blank")
        try:
            said[option.key] = option.value(value)
        except WrongValue as wrong:
            refused[name] = str(wrong)
    is_dynamic = config.is_dynamic and said.get("gps") == config.said.get("gps")
    return LocalConfig(config.base, said, is_dynamic), refused


def moved(config: LocalConfig, latitude: str, longitude: str) -> LocalConfig:
    """Set the coordinates that `/v2/gps` was told. Raises NotDone."""
    text = f"{latitude.strip()},{longitude.strip()}"
    if coordinates(text) is None:
        raise NotDone(400, "Error with setting GPS")
    return LocalConfig(config.base, {**config.said, "gps": text.replace("+", "")}, is_dynamic=True)


class _Document(msgspec.Struct):
    said: dict[str, str] = {}
    is_dynamic: bool = False


class ConfigFile:
    """Keeps what is set in the state folder, whole or not at all."""

    def __init__(self, state_dir: Path) -> None:
        decode = msgspec.json.Decoder(_Document).decode
        self._file = StateFile(state_dir / FILE, decode, largest=LARGEST)

    def load(self, base: Mapping[str, str], health: Health) -> LocalConfig:
        """What an older version kept and this one does not understand is left out."""
        found = self._file.recall(health) or _Document()
        keys = {one.key for one in OPTIONS}
        said = {
            key: value for key, value in found.said.items() if key in keys and _fits(key, value)
        }
        return LocalConfig(base, said, found.is_dynamic and "gps" in said)

    def save(self, config: LocalConfig) -> None:
        """Raises OSError."""
        document = _Document(dict(config.said), config.is_dynamic)
        self._file.save(msgspec.json.encode(document))


def _fits(key: str, value: str) -> bool:
    try:
        BY_KEY[key].value(value)
    except WrongValue:
        return False
    return True
