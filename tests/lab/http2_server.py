"""An HTTP/2 server in a test's event loop that answers as it is told to."""

import asyncio
from collections.abc import Callable

import h2.config
import h2.connection
import h2.events

from tests.lab.peers import Talk

Answer = Callable[[h2.connection.H2Connection, h2.events.Event], None]
"""What it does about an event of a connection."""


def speaking(answer: Answer, *, more: bytes = b"") -> Talk:
    """`more` is said behind each answer, whatever it is."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        config = h2.config.H2Configuration(client_side=False, validate_outbound_headers=False)
        http = h2.connection.H2Connection(config)
        http.initiate_connection()
        writer.write(http.data_to_send())
        while data := await reader.read(65_536):
            for event in http.receive_data(data):
                answer(http, event)
            writer.write(http.data_to_send() + more)
            await writer.drain()

    return talk
