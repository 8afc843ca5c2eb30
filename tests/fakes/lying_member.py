"""A member that says it has everything, and gives other bytes than it was asked for."""

import logging
import os
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

import msgspec

from forepost.agent.edges.device_key import device_key
from forepost.agent.edges.peers.channel import Channel, ChannelEnded
from forepost.agent.edges.peers.credentials import Credentials
from forepost.agent.transfer.introduction import MeetingRefused, receive
from forepost.agent.transfer.rate import RateLimit
from forepost.agent.transfer.service import give
from forepost.kit.clock import SystemClock
from forepost.kit.health import Health
from forepost.wire.jobs.folder import Root
from forepost.wire.jobs.job import JobPeer
from forepost.wire.jobs.members import LENGTH, Holding, Roots, WantedChunk, packed, read_word
from tests.free_ports import free_port


class LyingMember:
    """`knows`: the device that it lets in."""

    def __init__(self, state: Path, knows: str) -> None:
        state.mkdir()
        key = device_key(state, Health(logging.getLogger()))
        self._credentials = Credentials(key.key_file, key.certificate_file, state)
        self._listener = socket.create_server(("127.0.0.1", free_port()))
        self._knows = knows
        self.peer = JobPeer(
            deviceid=key.device_id,
            address="{}:{}".format(*self._listener.getsockname()),
            permission="ro",
        )
        self.asked = 0

    @classmethod
    @contextmanager
    def listening(cls, state: Path, knows: str) -> Iterator[Self]:
        made = cls(state, knows)
        thread = threading.Thread(target=made._listen)
        thread.start()
        try:
            yield made
        finally:
            made._listener.shutdown(socket.SHUT_RDWR)
            made._listener.close()
            thread.join()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                raw, address = self._listener.accept()
                threading.Thread(target=self._serve, args=(raw, address[0]), daemon=True).start()

    def _admits(self, _key: str, device_id: str, _purpose: str) -> str:
        return "" if device_id == self._knows else "nobody"

    def _serve(self, raw: socket.socket, address: str) -> None:
        with suppress(ChannelEnded, MeetingRefused):
            met = receive(raw, address, self._credentials, self._admits)
            try:
                if met.purpose == "control":
                    self._converse(met.channel)
                else:
                    rate = RateLimit(SystemClock().monotonic)
                    give(met.channel, self._lie, rate, lambda _: None)
            finally:
                met.channel.close()

    @staticmethod
    def _converse(channel: Channel) -> None:
        """Have whatever anybody else has."""
        while True:
            (length,) = LENGTH.unpack(channel.read(LENGTH.size))
            word = read_word(channel.read(length))
            if isinstance(word, Roots):
                for said in word.roots:
                    root = msgspec.msgpack.decode(said.root, type=Root)
                    channel.write(packed(Holding(root.top.hash, complete=True)))

    def _lie(self, asked: Sequence[WantedChunk]) -> Iterator[bytes | None]:
        for one in asked:
            self.asked += 1
            yield os.urandom(one.length)
