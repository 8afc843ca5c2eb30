"""An MTR probe from the controller's list to the stored result; the extra run that loss makes."""

from pathlib import Path

from tests.running import AgentProcess, ControllerProcess, until

REFUSED = "255.255.255.255"
"""This host lets nothing out to it, which is loss."""


def test_an_mtr_is_measured_stored_and_triggered_by_loss(tmp_path: Path) -> None:
    controller = ControllerProcess(tmp_path / "controller").start()
    try:
        person = controller.person()
        agent = person.agent(person.workspace("w"))
        fast = {"interval_sec": 60, "metadata": {"cycle_sec": 0.1}}
        near = person.probe(agent, type="MTR", targets=["127.0.0.1"], **fast)
        far = person.probe(agent, type="MTR", targets=[REFUSED], **fast)
        person.probe(agent, type="PING", targets=[REFUSED], interval_sec=2, count=1)
        process = AgentProcess(tmp_path / "agent", controller.url, agent)
        process.start()
        try:

            def triggered() -> bool:
                return any(row["triggered"] for row in person.results(agent, far))

            until(triggered, 8, lambda: process.output)
            until(lambda: person.results(agent, near), 12, lambda: process.output)
            (hop,) = person.results(agent, near)[0]["payload"]["report"]["hops"]
            assert [host["ip"] for host in hop["hosts"]] == ["127.0.0.1"]
            assert (hop["sent"], hop["recv"], hop["loss_pct"]) == (5, 5, "0.00")
        finally:
            process.end()
    finally:
        controller.end()
