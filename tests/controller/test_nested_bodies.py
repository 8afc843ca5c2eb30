"""What is nested beyond all measure is refused at the door, and nothing behind it falls over."""

import json

import httpx
import pytest

from forepost.controller.web.bodies import BYTES_A_VALUE, STRANGERS_BODY_BYTES
from tests.agent_socket import agent_socket
from tests.running import ControllerProcess

DEPTHS = (101, 900, 975, 985, 995, 5_000, 100_000)
"""Those near 1,000 were read at the door and not behind it, where less of the stack is left."""


def nested(levels: int) -> str:
    return '{"a":' * levels + "1" + "}" * levels


@pytest.mark.parametrize("levels", DEPTHS)
def test_a_body_is_refused(controller: ControllerProcess, levels: int) -> None:
    answer = httpx.post(f"{controller.url}/auth/login", content=nested(levels), verify=False)
    if len(nested(levels)) > STRANGERS_BODY_BYTES:
        assert answer.status_code == 413
        return
    too_many = STRANGERS_BODY_BYTES // BYTES_A_VALUE
    why = f"more than {too_many} values" if levels > too_many else "nested too deeply"
    assert (answer.status_code, answer.json()) == (400, {"error": f"body: {why}"})


def test_a_result_is_refused_and_the_others_are_kept(controller: ControllerProcess) -> None:
    person = controller.person()
    agent, before = person.agent(person.workspace("nested")), controller.output
    with agent_socket(controller, agent) as socket:
        for kind in ("PING", "NETINFO", "DNS"):
            for levels in DEPTHS:
                body = (
                    f'{{"probe_id":0,"created_at":"2026-01-01T00:00:00Z","type":"{kind}",'
                    f'"payload":{nested(levels)}}}'
                )
                socket._socket.send(f";agent;;probe_post;0;0;{body}")
                said = str(socket._socket.recv(5))
                assert said == ";agent;;probe_post;1;0;body: nested too deeply"
            socket.post(kind, json.loads(nested(50)))
    assert "Traceback" not in controller.output[len(before) :]
