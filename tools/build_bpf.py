"""Make `flow.bpf.json` of `flow.bpf.c`: `.venv/bin/python tools/build_bpf.py`, or `make bpf`.

Needs Debian's clang and linux-libc-dev. What is shipped is instructions, maps and where the one
names the other, so that the agent needs neither a compiler nor a reader of ELF. A test builds it
again and compares.
"""

import base64
import hashlib
import json
import struct
import subprocess
import sysconfig
import tempfile
from pathlib import Path
from typing import Any, Final

from elftools.elf.elffile import ELFFile

CAPTURE: Final = Path(__file__).parents[1] / "src/forepost/agent/edges/capture"
SOURCE: Final = CAPTURE / "flow.bpf.c"
BUILT: Final = CAPTURE / "flow.bpf.json"
INSTRUCTION_BYTES: Final = 8
_MAP: Final = struct.Struct("<5I")


def build(source: Path) -> str:
    """Return the text of the built file. Raises CalledProcessError where it does not compile."""
    with tempfile.TemporaryDirectory() as folder:
        compiled = Path(folder, "flow.o")
        subprocess.run(  # noqa: S603 - our own source
            [
                *("clang", "-O2", "-Wall", "-Wextra", "-Werror", "-target", "bpf", "-mcpu=v2"),
                *("-I", f"/usr/include/{sysconfig.get_config_var('MULTIARCH')}"),
                *("-c", str(source), "-o", str(compiled)),
            ],
            check=True,
        )
        with compiled.open("rb") as file:
            built = _read(ELFFile(file))
    built["source_sha256"] = hashlib.sha256(source.read_bytes()).hexdigest()
    return json.dumps(built, indent=1, sort_keys=True) + "\n"


def _read(elf: ELFFile) -> dict[str, Any]:
    symbols = elf.get_section_by_name(".symtab")
    maps = elf.get_section_by_name("maps")
    at = elf.get_section_index("maps")
    defined = {
        symbol.name: _MAP.unpack_from(maps.data(), symbol["st_value"])
        for symbol in symbols.iter_symbols()
        if symbol["st_shndx"] == at and symbol.name
    }
    names = ("type", "key_size", "value_size", "max_entries", "flags")
    return {
        "license": elf.get_section_by_name("license").data().rstrip(b"\0").decode(),
        "maps": {name: dict(zip(names, found, strict=True)) for name, found in defined.items()},
        "uses": [
            {
                "instruction": entry["r_offset"] // INSTRUCTION_BYTES,
                "map": symbols.get_symbol(entry["r_info_sym"]).name,
            }
            for entry in elf.get_section_by_name(".relsocket").iter_relocations()
        ],
        "instructions": base64.b64encode(elf.get_section_by_name("socket").data()).decode(),
    }


if __name__ == "__main__":
    BUILT.write_text(build(SOURCE))
