"""Run by test_series_kill: adds until it is killed, and prints what was acknowledged.

Arguments: the store's file, and the first number.
"""

import asyncio
import logging
import sys
from pathlib import Path

import anyio

from forepost.controller.series.sqlite import SqliteSeries
from forepost.kit.clock import SystemClock
from forepost.kit.health import Health
from tests.controller.series.series_rows import MINUTE, START, row

BATCH = 20
ADDERS = 4


async def main(path: Path, first: int) -> None:
    store = await SqliteSeries.open(path, SystemClock(), Health(logging.getLogger()))

    async def add(adder: int) -> None:
        number = first + adder
        while True:
            start = number * BATCH
            # The one before is sent again, as after an acknowledgement that was lost.
            numbers = range(max(start - ADDERS * BATCH, 0), start + BATCH)
            await store.add([row(START + n * MINUTE, n, target=f"t{n % 7}") for n in numbers])
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()
            number += ADDERS

    async with anyio.create_task_group() as group:
        for adder in range(ADDERS):
            group.start_soon(add, adder)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
