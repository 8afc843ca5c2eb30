"""The least that any server on this stack could do: answer every message, keep nothing.

What `bench/ingest.py` compares with. Run as `python -m bench.echo PORT`.
"""

import sys
from typing import Any

import uvicorn

from forepost.controller.fleet.session import POSTED_OK


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] != "websocket.disconnect":
        text = message["text"]
        answer = POSTED_OK
        if text == "M":
            answer = "A1"
        elif text.startswith("$"):
            answer = "$1;;;;;;"
        await send({"type": "websocket.send", "text": answer})


if __name__ == "__main__":
    uvicorn.run(
        app,
        port=int(sys.argv[1]),
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        access_log=False,
    )
