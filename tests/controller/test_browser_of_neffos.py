"""What a browser's neffos client does on the agents' socket."""

import httpx
from websockets.sync.client import connect

from tests.running import ControllerProcess, Person


def test_it_looks_whether_a_server_is_there(controller: ControllerProcess) -> None:
    for path in ("/ws", "/ws/agent", "/ws/panel/raw"):
        assert httpx.head(controller.url + path, verify=False).status_code == 302
    assert httpx.head(f"{controller.url}/ws/nowhere", verify=False).status_code in (404, 405)


def test_its_headers_are_in_the_url(controller: ControllerProcess, person: Person) -> None:
    agent = person.agent(person.workspace("w"))
    asked = "&".join(f"X-Websocket-Header-{name}={value}" for name, value in agent.headers.items())
    with connect(f"{controller.ws}/ws?{asked}", proxy=None) as socket:
        socket.send("M")
        assert str(socket.recv(5)).startswith("A")
    wrong = {"X-Agent-PSK": "0" * 64}  # a header counts before what the URL says
    with connect(f"{controller.ws}/ws?{asked}", additional_headers=wrong, proxy=None) as socket:
        socket.send("M")
        assert socket.recv(5) == "Hunauthorized: invalid psk"
