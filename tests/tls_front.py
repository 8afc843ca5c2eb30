"""TLS in front of a controller, as a reverse proxy is: bytes go on as they come."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import trustme

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
        with socket.create_server(("127.0.0.1", at)) as listening:
            stopping = threading.Event()
            listening.settimeout(0.1)
            thread = threading.Thread(target=self._accept, args=(listening, port, stopping))
            thread.start()
            try:
                yield listening.getsockname()[1]
            finally:
                stopping.set()
                thread.join()

    def _accept(self, listening: socket.socket, port: int, stopping: threading.Event) -> None:
        pumps: list[threading.Thread] = []
        while not stopping.is_set():
            with suppress(TimeoutError):
                raw, _ = listening.accept()
                pumps.append(threading.Thread(target=self._serve, args=(raw, port, stopping)))
                pumps[-1].start()
        for pump in pumps:
            pump.join()

    def _serve(self, raw: socket.socket, port: int, stopping: threading.Event) -> None:
        raw.settimeout(5)
        with (
            suppress(OSError),
            self._context.wrap_socket(raw, server_side=True) as outer,
            socket.create_connection(("127.0.0.1", port)) as inner,
        ):
            ends = threading.Event()
            back = threading.Thread(target=_pump, args=(inner, outer, stopping, ends))
            back.start()
            _pump(outer, inner, stopping, ends)
            back.join()


def _pump(
    source: socket.socket, sink: socket.socket, stopping: threading.Event, ends: threading.Event
) -> None:
    source.settimeout(0.1)
    while not (stopping.is_set() or ends.is_set()):
        try:
            data = source.recv(65_536)
        except TimeoutError:
            continue
        except OSError:
            data = b""
        if not data:
            break
        with suppress(OSError):
            sink.sendall(data)
    ends.set()
