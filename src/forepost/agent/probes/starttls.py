"""What is said in plain text until a server goes on in TLS, in each protocol that has it."""

from collections.abc import Awaitable, Callable
from typing import Final

from forepost.agent.ports.dialer import Failed, Stream
from forepost.agent.probes.reply_reader import ReplyReader
from forepost.wire.probes.tls import StartTls

PORTS: Final[dict[StartTls, int]] = {
    "": 443,
    "smtp": 25,
    "imap": 143,
    "pop3": 110,
    "ftp": 21,
    "ldap": 389,
    "xmpp": 5222,
    "postgres": 5432,
    "mysql": 3306,
}
"""Where a target names none."""
_LDAP_REQUEST: Final = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x16" + b"1.3.6.1.4.1.1466.20037"
_POSTGRES_REQUEST: Final = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"
_MYSQL_SSL: Final = 0x0800
_MYSQL_FLAGS: Final = 0x0008_AA00
"""CLIENT_PROTOCOL_41, SSL, SECURE_CONNECTION, PLUGIN_AUTH, TRANSACTIONS."""


async def start_tls(stream: Stream, protocol: StartTls, host: str) -> None:
    """Come to the point where a handshake may begin. Raises Failed."""
    if not protocol:
        return
    heard = ReplyReader(stream, before=" before TLS")
    await _TALKS[protocol](heard, host)
    heard.check_nothing_left()


def _refused(said: str) -> Failed:
    return Failed("wrong", f"it does not go on in TLS: {said[:200]}")


async def _reply(heard: ReplyReader, wanted: str) -> list[str]:
    lines = await heard.reply()
    if not lines[-1].startswith(wanted):
        raise _refused(lines[-1])
    return lines


async def _smtp(heard: ReplyReader, host: str) -> None:
    await _reply(heard, "220")
    await heard.say(b"EHLO forepost.invalid\r\n")
    offered = await _reply(heard, "250")
    if not any(line[4:].strip().upper() == "STARTTLS" for line in offered):
        raise _refused("it offers no STARTTLS")
    await heard.say(b"STARTTLS\r\n")
    await _reply(heard, "220")


async def _ftp(heard: ReplyReader, host: str) -> None:
    await _reply(heard, "220")
    await heard.say(b"AUTH TLS\r\n")
    await _reply(heard, "234")


async def _imap(heard: ReplyReader, host: str) -> None:
    greeting = await heard.line()
    if not greeting.upper().startswith("* OK"):
        raise _refused(greeting)
    await heard.say(b"a STARTTLS\r\n")
    while (line := await heard.line()).startswith("* "):
        continue
    if not line.upper().startswith("A OK"):
        raise _refused(line)


async def _pop3(heard: ReplyReader, host: str) -> None:
    for said in (b"", b"STLS\r\n"):
        await heard.say(said)
        line = await heard.line()
        if not line.upper().startswith("+OK"):
            raise _refused(line)


async def _xmpp(heard: ReplyReader, host: str) -> None:
    to = "".join(one for one in host if one not in "<>&'\"")
    head = (
        "<?xml version='1.0'?><stream:stream xmlns='jabber:client' version='1.0' "
        f"xmlns:stream='http://etherx.jabber.org/streams' to='{to}'>"
    )
    await heard.say(head.encode())
    features = await heard.until((b"</stream:features>", b"</stream:stream>"))
    if b"urn:ietf:params:xml:ns:xmpp-tls" not in features:
        raise _refused("it offers no STARTTLS")
    await heard.say(b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
    answer = await heard.until((b">",))
    if not answer.lstrip().startswith(b"<proceed"):
        raise _refused(answer.decode("latin-1"))
    if not answer.rstrip().endswith(b"/>"):
        await heard.until((b"</proceed>",))


async def _ldap(heard: ReplyReader, host: str) -> None:
    await heard.say(_LDAP_REQUEST)
    head = await heard.take(2)
    if head[0] != 0x30:
        raise _refused("no LDAP")
    length = head[1]
    if length & 0x80:
        if not 1 <= length & 0x7F <= 2:
            raise _refused("no LDAP")
        length = int.from_bytes(await heard.take(length & 0x7F))
    message = await heard.take(length)
    place = message.find(b"\x0a\x01")  # resultCode, the first that is enumerated
    if b"\x78" not in message[:place] or place < 0 or place + 2 >= len(message):
        raise _refused("no answer to StartTLS")
    if code := message[place + 2]:
        raise _refused(f"LDAP result {code}")


async def _postgres(heard: ReplyReader, host: str) -> None:
    await heard.say(_POSTGRES_REQUEST)
    if (said := await heard.take(1)) != b"S":
        raise _refused("PostgreSQL without TLS" if said == b"N" else repr(said))


async def _mysql(heard: ReplyReader, host: str) -> None:
    greeting = await heard.take(int.from_bytes((await heard.take(4))[:3], "little"))
    version, _, rest = greeting[1:].partition(b"\0")
    if greeting[:1] == b"\xff":
        raise _refused(greeting[3:].decode("latin-1"))
    if greeting[:1] != b"\x0a" or len(rest) < 15:
        raise _refused(f"no MySQL: {version[:50]!r}")
    if not int.from_bytes(rest[13:15], "little") & _MYSQL_SSL:
        raise _refused("MySQL without TLS")
    body = (
        _MYSQL_FLAGS.to_bytes(4, "little") + (1 << 24).to_bytes(4, "little") + b"\x2d" + bytes(23)
    )
    await heard.say(len(body).to_bytes(3, "little") + b"\x01" + body)


_TALKS: Final[dict[StartTls, Callable[[ReplyReader, str], Awaitable[None]]]] = {
    "smtp": _smtp,
    "imap": _imap,
    "pop3": _pop3,
    "ftp": _ftp,
    "ldap": _ldap,
    "xmpp": _xmpp,
    "postgres": _postgres,
    "mysql": _mysql,
}
