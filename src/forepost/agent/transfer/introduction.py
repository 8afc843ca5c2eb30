"""How two members come to speak: TLS, then a word of who dialed, then one of who was dialed.

A device is who its key says. Who dials compares the key with the one that the job names before it
says anything; who is dialed asks the folder whether this device is a member.
"""

import socket
from collections.abc import Callable
from typing import Final

import msgspec

from forepost.agent.edges.peers.channel import Channel, ChannelEnded, accepted, dialed
from forepost.agent.edges.peers.credentials import (
    Credentials,
    WrongCertificate,
    device_at,
    device_of,
)
from forepost.wire.jobs.members import (
    LENGTH,
    MOST_FIRST,
    VERSION,
    MemberHello,
    Purpose,
    Welcome,
    Word,
    WrongWord,
    packed,
    read_word,
)

FIRST_SEC: Final = 10.0
"""For the words before anything is exchanged."""
Admits = Callable[[str, str, Purpose], str]
"""Folder, device, purpose: why it is refused; "": it is a member."""


class MeetingRefused(Exception):
    """The other side, or this one, will not speak; the text says why."""


class MemberConnection(msgspec.Struct, frozen=True):
    channel: Channel
    device_id: str
    key: str
    purpose: Purpose
    is_dialed: bool = False
    """Whether this agent has dialed."""


def receive(
    raw: socket.socket, address: str, credentials: Credentials, admits: Admits
) -> MemberConnection:
    """Speak with who has dialed. Raises ChannelEnded, MeetingRefused: then it is closed."""
    return received(accepted(raw, credentials.server(), address), credentials, admits)


def received(channel: Channel, credentials: Credentials, admits: Admits) -> MemberConnection:
    """Speak with who has dialed, on its channel. Raises as `receive`."""
    try:
        channel.bound(FIRST_SEC)
        device_id = device_at(channel.socket)
        hello = read_first(channel)
        if not isinstance(hello, MemberHello):
            raise MeetingRefused("its first word is not a greeting")
        refused = _refusal(hello, device_id, credentials, admits)
        channel.write(packed(Welcome(refused)))
        if refused or hello.purpose == "meet":
            raise MeetingRefused(refused or "it has shown its certificate")
        channel.bound(None)
        return MemberConnection(channel, device_id, hello.key, hello.purpose)
    except (WrongCertificate, WrongWord) as error:
        channel.close()
        raise MeetingRefused(str(error)) from None
    except (MeetingRefused, ChannelEnded):
        channel.close()
        raise


def _refusal(hello: MemberHello, device_id: str, credentials: Credentials, admits: Admits) -> str:
    if hello.version != VERSION:
        return f"this agent speaks version {VERSION}"
    if hello.purpose == "meet":
        # Not let in by this: the certificate is known from now on if its device is a member.
        try:
            from_certificate = device_of(hello.certificate)
        except WrongCertificate as error:
            return str(error)
        refused = admits("", from_certificate, "meet")
        if not refused:
            credentials.learn(hello.certificate)
        return refused
    if not device_id:
        return "no certificate was shown"
    return admits(hello.key, device_id, hello.purpose)


def reach(
    host: str, port: int, device_id: str, key: str, purpose: Purpose, credentials: Credentials
) -> MemberConnection:
    """Dial a device. Raises ChannelEnded, MeetingRefused."""
    try:
        return _reach(host, port, device_id, MemberHello(VERSION, purpose, key), credentials)
    except ChannelEnded:
        # Where it does not know this agent's certificate yet, TLS ends without a word.
        hello = MemberHello(VERSION, "meet", "", credentials.certificate)
        met = _reach(host, port, device_id, hello, credentials)
        met.channel.close()
        return _reach(host, port, device_id, MemberHello(VERSION, purpose, key), credentials)


def _reach(
    host: str, port: int, device_id: str, hello: MemberHello, credentials: Credentials
) -> MemberConnection:
    is_meeting = hello.purpose == "meet"
    context = credentials.meeting() if is_meeting else credentials.dialing()
    return greeted(dialed(host, port, context), device_id, hello)


def greeted(channel: Channel, device_id: str, hello: MemberHello) -> MemberConnection:
    """Speak first, with the device that is to be there. Raises as `reach`."""
    try:
        channel.bound(FIRST_SEC)
        found = device_at(channel.socket)
        if found != device_id:
            raise MeetingRefused(f"another device is there: {found}")
        channel.write(packed(hello))
        answer = read_first(channel)
        if not isinstance(answer, Welcome):
            raise MeetingRefused("its first word is not a welcome")
        if answer.refused:
            raise MeetingRefused(answer.refused[:200])
        channel.bound(None)
        return MemberConnection(channel, device_id, hello.key, hello.purpose, is_dialed=True)
    except (WrongCertificate, WrongWord) as error:
        channel.close()
        raise MeetingRefused(str(error)) from None
    except (MeetingRefused, ChannelEnded):
        channel.close()
        raise


def read_first(channel: Channel) -> Word:
    """Raises ChannelEnded, WrongWord."""
    (length,) = LENGTH.unpack(channel.read(LENGTH.size))
    if length > MOST_FIRST:
        raise WrongWord("a first word of too many bytes")
    return read_word(channel.read(length))
