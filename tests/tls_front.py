"""TLS in front of a controller, as a reverse proxy is: bytes go on as they come.

One loop for both ways: a TLS connection of Python 3.11 that one thread reads while another writes
sometimes reads an end that nobody sent.
"""

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from pathlib import Path

import anyio
import trustme
from anyio.abc import ByteStream, SocketAttribute
from anyio.from_thread import start_blocking_portal
from anyio.streams.tls import TLSListener

from forepost.kit.pins import pin_of


class Front:
    """Its certificate is of an authority that nobody knows."""

    def __init__(self, folder: Path, name: str = "front") -> None:
        authority = trustme.CA()
        made = authority.issue_cert("127.0.0.1")
        self.ca_file = folder / f"{name}-ca.pem"
        authority.cert_pem.write_to_path(str(self.ca_file))
        cert, key = folder / f"{name}.pem", folder / f"{name}.key"
        cert.write_bytes(made.cert_chain_pems[0].bytes())
        key.write_bytes(made.private_key_pem.bytes())
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(cert, key)
        self.pin = pin_of(ssl.PEM_cert_to_DER_cert(cert.read_text()))

    @contextmanager
    def before(self, port: int, at: int = 0) -> Iterator[int]:
        """The port where it stands."""
        with (
            start_blocking_portal() as portal,
            portal.wrap_async_context_manager(self._stand(port, at)) as place,
        ):
            yield place

    @asynccontextmanager
    async def _stand(self, port: int, at: int) -> AsyncIterator[int]:
        async with (
            await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=at) as listener,
            anyio.create_task_group() as tasks,
        ):
            outer = TLSListener(listener, self._context, standard_compatible=False)
            tasks.start_soon(outer.serve, partial(_serve, port), tasks)
            yield listener.extra(SocketAttribute.local_port)
            tasks.cancel_scope.cancel()


async def _serve(port: int, outer: ByteStream) -> None:
    async with outer:
        with suppress(OSError):  # no controller there
            async with (
                await anyio.connect_tcp("127.0.0.1", port) as inner,
                anyio.create_task_group() as both,
            ):
                both.start_soon(_pump, outer, inner, both.cancel_scope)
                both.start_soon(_pump, inner, outer, both.cancel_scope)


async def _pump(source: ByteStream, sink: ByteStream, both: anyio.CancelScope) -> None:
    with suppress(anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
        while True:
            await sink.send(await source.receive())
    both.cancel()
