"""Prints the controller's OpenAPI document, as `GET /schema` serves it."""

import sys
import tempfile
from pathlib import Path
from typing import Any

import anyio
import msgspec

from forepost.controller.main import build
from forepost.controller.settings import DataSection, Settings
from forepost.kit.clock import SystemClock


async def document() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=DataSection(dir=str(Path(folder) / "data")))
        async with build(settings, SystemClock()) as controller:
            http: Any = controller.http
            plain = msgspec.json.encode(http.openapi_schema.to_schema(), order="deterministic")
    return msgspec.json.format(plain, indent=1) + b"\n"


if __name__ == "__main__":
    sys.stdout.buffer.write(anyio.run(document))
