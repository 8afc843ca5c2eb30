"""Prints the controller's OpenAPI document, as `GET /schema` serves it."""

import sys
import tempfile
from pathlib import Path
from typing import Any

import anyio
import msgspec

from forepost.controller.main import build
from forepost.controller.settings import DataSection, HttpSection, Settings
from forepost.kit.clock import SystemClock


async def document() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        # Whoever may register needs no word that there is no account yet.
        http = HttpSection(registration=True)
        settings = Settings(data=DataSection(dir=str(Path(folder) / "data")), http=http)
        async with build(settings, SystemClock()) as controller:
            served: Any = controller.http
            plain = msgspec.json.encode(served.openapi_schema.to_schema(), order="deterministic")
    return msgspec.json.format(plain, indent=1) + b"\n"


if __name__ == "__main__":
    sys.stdout.buffer.write(anyio.run(document))
