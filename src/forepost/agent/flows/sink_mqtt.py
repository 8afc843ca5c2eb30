"""Telemetry to an MQTT broker: one message a record, on TOPIC/TYPE (extra `mqtt`)."""

import socket
from contextlib import suppress
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

import anyio
import anyio.from_thread
import anyio.lowlevel
import anyio.to_thread
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from forepost.agent.flows.sink import END_SEC, MOST_WAITING
from forepost.agent.settings import SinkSection
from forepost.kit.clock import Clock
from forepost.kit.dead_peers import give_up_dead
from forepost.kit.health import Health
from forepost.kit.proxies import Proxy
from forepost.kit.tunnel import reach

LONGEST_PAUSE_SEC: Final = 30
CONNECT_SEC: Final = 10.0
PORTS: Final = {"mqtt": 1_883, "mqtts": 8_883}
AT_LEAST_ONCE: Final = 1


class _Broker(paho.Client):
    """Connects to the first address that answers (paho would wait for each in turn)."""

    proxy: Proxy | None = None
    reason = ""
    """Why it could not be connected to last."""

    def _create_socket_connection(self) -> socket.socket:
        try:
            return reach(self.host, self.port, CONNECT_SEC, self.proxy)
        except (OSError, UnicodeError) as error:
            self.reason = str(getattr(error, "strerror", "") or error)
            raise OSError(self.reason) from None  # paho waits and tries again after no other


class MqttSink:
    """A record is forgotten when the broker has acknowledged it. Without room the newest is lost.

    The connection, and what waits for it, is in a thread of paho's.
    """

    def __init__(self, settings: SinkSection, clock: Clock, health: Health) -> None:
        self._kinds = frozenset(settings.records)
        self._topic = settings.topic.strip("/")
        self._at = urlsplit(settings.url)
        self._settings, self._clock, self._health = settings, clock, health
        self._subject = f"telemetry {self._at.scheme}://{self._at.hostname}"
        self._token: anyio.lowlevel.EventLoopToken | None = None
        self._broker = _Broker(CallbackAPIVersion.VERSION2)
        self._broker.proxy = settings.through()
        self._broker.max_queued_messages_set(MOST_WAITING)
        self._broker.reconnect_delay_set(1, LONGEST_PAUSE_SEC)
        self._broker.on_socket_open = self._opened
        self._broker.on_connect = self._connected
        self._broker.on_connect_fail = self._failed
        self._broker.on_disconnect = self._disconnected
        if self._at.username:
            self._broker.username_pw_set(self._at.username, self._at.password)
        self.lost = 0
        self._last: paho.MQTTMessageInfo | None = None

    def take(self, kind: str, line: bytes) -> None:
        if self._kinds and kind not in self._kinds:
            return
        said = self._broker.publish(f"{self._topic}/{kind}", line, qos=AT_LEAST_ONCE)
        if said.rc == MQTTErrorCode.MQTT_ERR_QUEUE_SIZE:
            self.lost += 1
        else:
            self._last = said

    async def run(self) -> None:
        self._token = anyio.lowlevel.current_token()
        while not self._believes():
            await self._clock.sleep(LONGEST_PAUSE_SEC)
        host, port = self._at.hostname or "", self._at.port or PORTS[self._at.scheme]
        self._broker.connect_async(host, port)
        self._broker.loop_start()
        await anyio.sleep_forever()

    def _believes(self) -> bool:
        """Whether it is known whom to believe: read once, before the first connection."""
        if self._at.scheme == "mqtts":
            try:
                self._broker.tls_set_context(self._settings.tls())
            except ValueError as error:
                self._health.ill(self._subject, str(error), minor=True)
                return False
        return True

    async def flush(self) -> None:
        await anyio.to_thread.run_sync(self._end)

    def _end(self) -> None:
        if self._last is not None and self._broker.is_connected():
            with suppress(RuntimeError):  # it was never connected
                self._last.wait_for_publish(END_SEC)
        self._broker.disconnect()
        self._broker.loop_stop()

    def _connected(self, _: Any, __: Any, ___: Any, reason: Any, ____: Any) -> None:
        if reason.is_failure:
            self._tell(f"the broker refused: {reason}")
        else:
            self._tell("")

    def _opened(self, _: Any, __: Any, opened: Any) -> None:
        give_up_dead(opened)

    def _failed(self, *_: Any) -> None:
        self._tell(f"{self._at.hostname}: cannot be connected to: {self._broker.reason}")

    def _disconnected(self, _: Any, __: Any, ___: Any, reason: Any, ____: Any) -> None:
        if reason.is_failure:
            self._tell(f"the connection broke: {reason}")

    def _tell(self, problem: str) -> None:
        """From paho's thread."""
        change = (
            partial(self._health.ill, self._subject, problem, minor=True)
            if problem
            else partial(self._health.well, self._subject)
        )
        try:
            anyio.from_thread.run_sync(change, token=self._token)
        except RuntimeError:
            return  # the agent is stopping: nobody wants to know
