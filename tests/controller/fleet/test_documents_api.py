"""Who has which document, as REST shows it: to members alone, and whoever else is just deleted."""

from collections.abc import AsyncIterator

import msgspec
import pytest

from forepost.controller.db.engine import Database
from forepost.controller.fleet.reports import DocumentReports
from forepost.controller.fleet.roster import Roster
from forepost.controller.fleet.store import Agents, Enrolled
from forepost.controller.joins.documents import DocumentsJoin
from forepost.controller.joins.probes import ProbesJoin
from forepost.kit.clock import SystemClock
from forepost.wire.uplink.documents import PROBES, HaveDocument
from tests.agent_socket import agent_socket
from tests.controller.probes.test_pair_keys import Ours
from tests.rows import home
from tests.running import ControllerProcess, Person, until


@pytest.fixture
async def db(metadata_url: str) -> AsyncIterator[Database]:
    """With agent 1 of workspace 1."""
    db = Database.at(metadata_url)
    await home(db)
    yield db
    await db.close()


class DeletedMeanwhile(Agents):
    """Agents as they were a moment ago: the last one has been deleted since."""

    async def enrolled_in(self, workspace_id: int) -> list[Enrolled]:
        fleet = await super().enrolled_in(workspace_id)
        return [*fleet, msgspec.structs.replace(fleet[-1], agent_id=99)]


@pytest.mark.anyio
async def test_an_agent_that_is_deleted_meanwhile_hides_no_other(db: Database) -> None:
    clock, agents = SystemClock(), DeletedMeanwhile(db)
    roster, reports = Roster(agents, clock), DocumentReports(db, clock)
    lists = ProbesJoin(db, roster, reports, clock, b"secret").lists
    reports.says(1, HaveDocument(document=PROBES, revision="", problems=["\0 and ö"]))
    await reports.late.flush()
    join = DocumentsJoin([lists], reports, agents, roster)
    rows, total = await join.shown(1, "", 0, 50, 0)
    assert [(row.agent_id, row.document, row.state) for row in rows] == [(1, "probes", "waiting")]
    assert total == 2


def test_rows_are_of_the_workspace_and_for_its_members(
    controller: ControllerProcess, person: Person
) -> None:
    workspace = person.workspace("w")
    agent = person.agent(workspace)
    other = controller.person("other-of-documents@example.com", "a good password")
    viewer = controller.person("viewer-of-documents@example.com", "a good password")
    path = f"/workspaces/{workspace}/documents"
    membership = person.admit(viewer, workspace, "VIEWER")

    def rows() -> list[tuple[str, str, bool, list[str]]]:
        return [
            (one["document"], one["state"], one["connected"], one["problems"])
            for one in viewer.call("GET", path)["data"]
        ]

    assert rows() == [("probes", "unknown", False, [])]
    with agent_socket(controller, agent) as socket:
        ours = Ours(socket, "report", "want", "documents", "groups")
        for document in ("probes", "groups", "nonsense"):
            ours.has(document, "r0", "failed", "no room")
        until(lambda: len(rows()) == 2, 10, rows)
        until(lambda: rows()[1] == ("probes", "waiting", True, ["no room"]), 10, rows)
        revision = viewer.call("GET", f"{path}?document=probes")["data"][0]["revision"]
        ours.has("probes", revision, "failed", "no room")
        until(lambda: rows()[1] == ("probes", "failed", True, ["no room"]), 10, rows)
    assert viewer.ask("GET", f"{path}?document=nonsense").status_code == 400
    elsewhere = other.workspace("elsewhere")
    strange = f"/workspaces/{elsewhere}/documents?agent_id={agent.id}"
    assert other.ask("GET", strange).status_code == 404
    refused = other.ask("GET", path).status_code
    assert refused in (403, 404)
    person.call("DELETE", f"/workspaces/{workspace}/members/{membership}")
    assert viewer.ask("GET", path).status_code == refused
