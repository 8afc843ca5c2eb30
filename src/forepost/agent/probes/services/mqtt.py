"""Connects to an MQTT broker, and waits for a message or for the answer to a ping."""

import uuid
from typing import Final

from forepost.agent.ports.dialer import Failed
from forepost.agent.ports.edges import Edges
from forepost.agent.probes.awaited import AwaitedAnswer
from forepost.agent.probes.hostport import host_port
from forepost.agent.probes.services import mqtt_packets
from forepost.agent.probes.services.mqtt_packets import PacketKind, WrongPacket
from forepost.agent.probes.services.service import Service
from forepost.kit.clock import Clock
from forepost.wire.probes.mqtt import MqttOptions, MqttResult

PORT, TLS_PORT = 1_883, 8_883
MOST_BYTES: Final = 65_536
"""Of one packet."""
NO_BROKER: Final = "the answer is no CONNACK: this is no MQTT broker"
FAILURE: Final = 0x80
"""Of a SUBACK."""


async def run(options: MqttOptions, target: str, clock: Clock, edges: Edges) -> MqttResult:
    async def talk(service: Service) -> None:
        await _connect(service, options)
        if options.topic:
            answer = AwaitedAnswer(
                options.expect, options.expect_match, edges.search, options.timeout_sec
            )
            await _subscribe(service, options, answer)
        else:
            with service.part("ping"):
                await service.say(mqtt_packets.packet(PacketKind.PINGREQ))
                await _until(service, PacketKind.PINGRESP)
        with service.part("end"):
            await service.say(mqtt_packets.packet(PacketKind.DISCONNECT))

    service = Service(options, target, clock, edges)
    port = TLS_PORT if options.tls else PORT
    await service.run(lambda: host_port(target, port), talk, alpn=() if options.tls else None)
    return MqttResult(**service.told())


async def _connect(service: Service, options: MqttOptions) -> None:
    with service.part("connack"):
        name = options.client_id or f"forepost-{uuid.uuid4().hex[:13]}"
        keep_alive_sec = min(65_535, int(options.timeout_sec) + 60)
        await service.say(
            mqtt_packets.connect(name, options.username, options.password, keep_alive_sec)
        )
        _, _, body = await _packet(service, is_first=True)
        if len(body) != 2:
            raise Failed("wrong", NO_BROKER)
        service.know(return_code=body[1])
        if body[1]:
            reason = mqtt_packets.REFUSALS.get(body[1], "the broker refuses")
            raise Failed("wrong", f"{reason} (return code {body[1]})")


async def _subscribe(service: Service, options: MqttOptions, answer: AwaitedAnswer) -> None:
    with service.part("message", late="not the one that is expected"):
        await service.say(mqtt_packets.subscribe(options.topic))
        messages = 0
        while True:
            kind, flags, body = await _packet(service)
            if kind == PacketKind.SUBACK and body[-1:] == bytes((FAILURE,)):
                raise Failed("wrong", "the broker does not let this client have the topic")
            if kind != PacketKind.PUBLISH:
                continue
            messages += 1
            service.know(messages=messages)
            try:
                message = mqtt_packets.message_of(body, flags)
            except WrongPacket as error:
                raise Failed("wrong", str(error)) from None
            if await answer.is_in(message):
                return


async def _until(service: Service, wanted: PacketKind) -> None:
    while True:
        kind, _, _ = await _packet(service)
        if kind == wanted:
            return


async def _packet(service: Service, *, is_first: bool = False) -> tuple[int, int, bytes]:
    """Return kind, flags and body."""
    (first,) = await service.replies.take(1)
    if is_first and first != PacketKind.CONNACK << 4:
        raise Failed("wrong", NO_BROKER)
    length = 0
    for place in range(mqtt_packets.MOST_LENGTH_BYTES):
        (digit,) = await service.replies.take(1)
        length |= (digit & 0x7F) << (7 * place)
        if not digit & 0x80:
            break
    else:
        raise Failed("wrong", "the length of a packet has no end")
    if length > MOST_BYTES:
        raise Failed("wrong", f"a packet of more than {MOST_BYTES >> 10} KiB")
    return first >> 4, first & 0x0F, await service.replies.take(length)
