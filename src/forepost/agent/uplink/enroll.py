"""From a PIN to a PSK."""

from forepost.agent.node import Identity, Node


class Refused(Exception):
    """The controller knows this agent not, or not by this PIN; the text is for a person."""


async def enroll(
    node: Node, url: str, workspace_id: int, agent_id: int, pin: str, pin_sha256: str = ""
) -> Identity:
    """Trade the PIN for a PSK and keep it. Raises Refused, Unreachable when none answers, OSError
    where the key could not be kept.

    `pin_sha256`: of the controller's key, which is compared before the PIN is sent.
    """
    node.try_to_keep()
    answer = await node.way.request(
        "POST",
        f"{url}/agent",
        body={"workspace_id": workspace_id, "agent_id": agent_id, "pin": pin},
        pin_sha256=pin_sha256,
    )
    found = answer.json()
    psk = found.get("psk", "") if isinstance(found, dict) else ""
    if answer.status != 200 or not psk:
        error = found.get("error", "") if isinstance(found, dict) else ""
        raise Refused(
            f"{url} refused agent {agent_id} of workspace {workspace_id} "
            f"(HTTP {answer.status} {error}): is the PIN right, unused and not expired? "
            "`issue-pin` on the controller makes a new one"
        )
    identity = Identity(
        url=url,
        workspace_id=workspace_id,
        agent_id=agent_id,
        psk=psk,
        pin_sha256=pin_sha256,
    )
    node.keep(identity)
    return identity
