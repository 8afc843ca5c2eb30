"""SNMP: what is asked, and what came of it."""

import re
from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from forepost.wire.base import Wire
from forepost.wire.probes.cost import Cost, of_connecting
from forepost.wire.probes.kind import Kind
from forepost.wire.probes.options import HostOptions

Oid = Annotated[str, Meta(pattern=r"^\.?[0-9]{1,10}(\.[0-9]{1,10}){1,127}\Z")]
MOST_ARC: Final = 2**32 - 1
Oids = Annotated[list[Oid], Meta(max_length=64)]
ExpectedSnmpValue = Annotated[
    str,
    Meta(pattern=r"^[A-Za-z0-9.]{1,400} (==|!=|<|<=|>|>=|contains) .+\Z", max_length=2_000),
]
Password = Annotated[str, Meta(max_length=256)]
AuthProtocol = Literal["", "MD5", "SHA", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512"]
PrivacyProtocol = Literal["", "DES", "AES", "AES192", "AES256", "AES192C", "AES256C"]


class SnmpOptions(HostOptions, frozen=True, kw_only=True):
    """`metadata` of an SNMP probe."""

    version: Literal["1", "2c", "3"] = "2c"
    target: Annotated[str, Meta(max_length=300)] = ""
    """Goes before the probe's target. HOST or HOST:PORT (161)."""
    community: Annotated[str, Meta(max_length=256)] = "public"
    retries: Annotated[int, Meta(ge=0, le=10)] = 3
    timeout_ms: Annotated[int, Meta(ge=0, le=60_000)] = 0
    """Of each request; 0: what `timeout_sec` allows, which bounds the whole."""
    oids: Oids = []
    """Of the profile `custom`: asked for by GET."""
    walk_oids: Oids = []
    """Walked besides, whatever the profile: all that is below. Ours."""
    profile: Literal["", "system", "interface", "cpu", "memory", "custom"] = ""
    """Empty: custom where `oids` or `walk_oids` are given, else system. Table columns of a profile
    are walked."""
    user_name: Annotated[str, Meta(max_length=32)] = ""
    auth_password: Password = ""
    auth_protocol: AuthProtocol = ""
    """Empty: SHA."""
    privacy_password: Password = ""
    privacy_protocol: PrivacyProtocol = ""
    """Empty: AES. AES192 and AES256 lengthen the key as Blumenthal's draft does, AES192C and
    AES256C as Cisco does (Reeder's draft)."""
    security_level: Literal["", "noAuthNoPriv", "authNoPriv", "authPriv"] = ""
    """Empty: what the passwords allow."""
    context: Annotated[str, Meta(max_length=255)] = ""
    """Of version 3: which of the agent's contexts. Ours, as all that follows."""
    transport: Literal["udp", "tcp"] = "udp"
    """TCP: RFC 3430."""
    max_repetitions: Annotated[int, Meta(ge=1, le=250)] = 25
    """Rows that are asked for at once (2c, 3); fewer where the agent cannot."""
    other_source: bool = False
    """Take answers from other addresses than the one that is asked: of an agent with several.
    Whoever knows the number of a request may answer it then."""
    expected_values: Annotated[list[ExpectedSnmpValue], Meta(max_length=64)] = []
    """Each OID COMPARISON VALUE: "ifOperStatus.1 == 1", "1.3.6.1.2.1.1.5.0 contains core". An OID,
    or a name of a profile's values; what is not asked for anyway is asked for besides.
    Comparisons: ==, !=, <, <=, >, >=, contains."""
    rates: bool = False
    """Of counters: how much they grew in a second since the round before (`per_sec`)."""

    def __post_init__(self) -> None:
        for field, oids in (("oids", self.oids), ("walk_oids", self.walk_oids)):
            for oid in oids:
                first, second, *rest = (int(part) for part in oid.strip(".").split("."))
                if first > 2 or (first < 2 and second > 39) or max(second, *rest, 0) > MOST_ARC:
                    raise ValueError(f"{field}: {oid} is no object identifier")
        for one in self.expected_values:
            self._check_expectation(one)
        if self.profile == "custom" and not (self.oids or self.walk_oids):
            raise ValueError("oids: the profile custom needs some")
        if self.transport == "tcp" and self.other_source:
            raise ValueError("other_source: TCP has no answers from elsewhere")
        if self.version == "3":
            self._check_user()
        elif self.context:
            raise ValueError("context: version 3 has it")

    def _check_expectation(self, text: str) -> None:
        oid = text.partition(" ")[0].strip(".")
        if oid[:1].isdigit() and not re.fullmatch(r"[0-9]{1,10}(\.[0-9]{1,10}){1,127}", oid):
            raise ValueError(f"expected_values: {oid} is no object identifier")

    def _check_user(self) -> None:
        if not self.user_name:
            raise ValueError("user_name: version 3 needs one")
        wanted = self.level
        if wanted != "noAuthNoPriv" and len(self.auth_password) < 8:
            raise ValueError(f"auth_password: {wanted} needs one of 8 characters or more")
        if wanted == "authPriv" and len(self.privacy_password) < 8:
            raise ValueError("privacy_password: authPriv needs one of 8 characters or more")

    @property
    def level(self) -> Literal["noAuthNoPriv", "authNoPriv", "authPriv"]:
        if self.security_level:
            return self.security_level
        if self.auth_password:
            return "authPriv" if self.privacy_password else "authNoPriv"
        return "noAuthNoPriv"


class SnmpValue(Wire, frozen=True, kw_only=True):
    oid: str
    """Without a leading dot."""
    value: int | float | str | None
    """Bytes that are no text are hex; null where `type` says that there is nothing."""
    type: str
    """integer, string, hex, mac, oid, ipaddress, counter32, gauge32, timeticks, counter64, gauge64,
    float, null, noSuchObject, noSuchInstance; unreadable, with its bytes in hex, where it is not
    what it says that it is. The rows of one column have one form: mac (00:1b:44:11:3a:b7), or hex
    where one of them is no text. genErr, noAccess, ...: what the agent answered for this one."""
    name: str
    """As the MIB has it, with the index: ifDescr.2; a scalar without its .0; "" where unknown."""
    per_sec: float | None = None
    """Of a counter: how much it grew in a second since the round before, over a wrap, too. Null:
    not asked for, the first round, or the agent began anew. Ours."""


class SnmpResult(Wire, frozen=True, kw_only=True):
    start_timestamp: datetime
    stop_timestamp: datetime
    query_time_ms: float = 0.0
    """Waiting for answers, all requests together."""
    version: str
    target: str
    """With the port."""
    profile: str
    results: list[SnmpValue] = []
    """5,000 at most; `error` says where there were more."""
    error: str = ""
    """With an error, `results` has what came before it."""
    remote_addr: str = ""
    """Address and port. Empty: nothing could be sent (an unknown name, no permission). This and
    what follows: ours."""
    requests: int = 0
    """Sent, repetitions included."""
    ignored: int = 0
    """Datagrams that were no answer to what we asked: a wrong id, key or form."""
    other_addr: str = ""
    """Who answered, where it was another address (`other_source`)."""
    as_expected: bool | None = None
    """Null: nothing is expected, or not all could be asked for."""


def _cost(options: SnmpOptions) -> Cost:
    per_sec = 1 / options.interval_sec
    walks = len(options.walk_oids) + 8 * (options.profile not in ("", "system", "custom"))
    requests = 1 + len(options.oids) / 16 + 4 * walks
    each_pct = 0.7 if options.version == "3" else 0.3
    asked = of_connecting(options, per_sec, requests, each_pct * requests * per_sec)
    return msgspec.structs.replace(asked, connections=0.0)


KIND: Final = Kind(
    name="SNMP",
    options=SnmpOptions,
    result=SnmpResult,
    cost=_cost,
    most_open=200,
    interval_sec=300,
    target="endpoint",
    named_in="target",
    public=frozenset(
        {
            "version",
            "target",
            "retries",
            "timeout_ms",
            "oids",
            "walk_oids",
            "profile",
            "auth_protocol",
            "privacy_protocol",
            "security_level",
            "context",
            "transport",
            "max_repetitions",
            "other_source",
            "rates",
        }
    ),
    secret=frozenset(
        {"community", "user_name", "auth_password", "privacy_password", "expected_values"}
    ),
)
