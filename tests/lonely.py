"""An agent without a controller, and a client of its Unix socket."""

import json
import socket
from pathlib import Path
from typing import Any

from tests.running import READY_SEC, Process, until


class LonelyAgent(Process):
    """Its state and its socket (`agent.sock`) are in `folder`."""

    def __init__(self, folder: Path, *, prefix: tuple[str, ...] = (), **sections: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.socket = folder, folder / "agent.sock"
        super().__init__(
            ["-m", "forepost.agent"],
            {
                "FOREPOST_NODE__STATE_DIR": str(folder / "state"),
                "FOREPOST_SOCKET__PATH": str(self.socket),
                **sections,
            },
            folder / "agent.log",
            list(prefix),
        )

    def ready(self) -> "LonelyAgent":
        until(self.answers, READY_SEC, self.log.read_text)
        return self

    def answers(self) -> bool:
        try:
            return bool(self.ask(command="list-address-groups")["code"] == 100)
        except (FileNotFoundError, ConnectionError):
            return False

    def ask(self, **request: Any) -> Any:
        """One request, one answer."""
        (answer,) = self.say(json.dumps(request).encode())
        return answer

    def say(self, text: bytes) -> list[Any]:
        """Send all of it, say that this was all, and read until the other side has said all."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(15)
            client.connect(str(self.socket))
            client.sendall(text)
            client.shutdown(socket.SHUT_WR)
            heard = b""
            while part := client.recv(65_536):
                heard += part
        return [json.loads(line) for line in heard.splitlines()]
