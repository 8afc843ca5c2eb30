"""What waits in memory for its acknowledgement, and who loses it: `kill -9` of the agent alone."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.lab.ledger import MOMENT_SEC, Ledger, measured, numbering
from tests.running import AgentProcess, ControllerProcess, until

PROBES = 3
SYNC_SEC = 5.0
"""The default of `spool.sync_sec`."""


def files(process: AgentProcess) -> list[str]:
    return sorted(one.name for one in (process.folder / "spool").iterdir())


def wait_for_answers(ledger: Ledger, more: int) -> None:
    enough = len(ledger.answered) + more
    until(lambda: len(ledger.answered) >= enough, 60)


@pytest.mark.timeout(240)
def test_nothing_is_written_while_all_goes_well_and_kill_9_costs_seconds(tmp_path: Path) -> None:
    with numbering() as (ledger, port):
        controller = ControllerProcess(tmp_path / "c").start()
        person = controller.person()
        agent = person.agent(person.workspace("w"))
        often = {"interval_sec": 1, "timeout_sec": 1}
        probes = [
            person.probe(agent, type="HTTP", targets=[f"http://127.0.0.1:{port}/{n}"], **often)
            for n in range(PROBES)
        ]
        process = AgentProcess(tmp_path / "agent", controller.url, agent).start()
        killed: list[float] = []
        try:
            until(lambda: len(ledger.answered) > PROBES, 30, lambda: process.output)
            until(process.drained, 30, lambda: process.output)
            wait_for_answers(ledger, 10 * PROBES)
            assert files(process) == []
            process.stop()  # SIGTERM: what waited is written
            process.start()
            until(process.drained, 30, lambda: process.output)
            controller.kill()
            wait_for_answers(ledger, 5 * PROBES)
            assert files(process)  # at once: there is nobody to acknowledge it
            process.kill()
            killed.append(time.monotonic())
            controller.start()
            process.start()
            until(process.drained, 60, lambda: process.output)
            wait_for_answers(ledger, PROBES)
            assert controller.child is not None
            os.kill(controller.pid, signal.SIGSTOP)  # connected, and nothing is acknowledged
            wait_for_answers(ledger, 12 * PROBES)
            assert files(process)
            process.kill()
            late_kill = time.monotonic()
            os.kill(controller.pid, signal.SIGCONT)
            process.start()
            until(process.drained, 60, lambda: process.output)
            wait_for_answers(ledger, PROBES)
            stopped = time.monotonic()
            for probe in probes:
                path = f"/workspaces/{agent.workspace}/agents/{agent.id}/probes/{probe}"
                person.call("PATCH", path, {"enabled": False})
            until(lambda: process.status()["probes"] <= 2, 30, lambda: str(process.status()))
            until(process.drained, 30, lambda: str(process.status()))
            found = measured(person, agent, probes)
            assert not [number for number, times in found.items() if times > 1]
            missing = {number: at for number, at in ledger.answered.items() if number not in found}
            unexplained = {
                number: at - late_kill
                for number, at in missing.items()
                if not any(0 <= kill - at <= MOMENT_SEC for kill in killed)
                and not 0 <= late_kill - at <= SYNC_SEC + MOMENT_SEC
                and at < stopped - MOMENT_SEC  # what is switched off is measured no more
            }
            assert unexplained == {}
            assert process.status()["spool"]["lost"] == 0
        finally:
            process.end()
            controller.end()
