"""When an agent was heard of last, as its object says it."""

from datetime import datetime

from tests.agent_socket import agent_socket
from tests.running import ControllerProcess, Person


def test_an_agent_is_updated_when_it_is_heard_of(
    controller: ControllerProcess, person: Person
) -> None:
    """NetWatcher's panel takes `updated_at` for whether an agent is online."""
    workspace = person.workspace("w")
    agent = person.agent(workspace)
    agents = f"/workspaces/{workspace}/agents"
    before = person.call("GET", f"{agents}/{agent.id}")
    with agent_socket(controller, agent) as socket:
        socket.ask("ping", {}, "pong")
        (listed,) = person.call("GET", agents)["data"]
    one = person.call("GET", f"{agents}/{agent.id}")
    changed = person.call("PATCH", f"{agents}/{agent.id}", {"location": "Oslo"})
    for found in (listed, one, changed):
        seen = datetime.fromisoformat(found["last_seen_at"])
        assert seen > datetime.fromisoformat(before["updated_at"])
        assert datetime.fromisoformat(found["updated_at"]) >= seen
