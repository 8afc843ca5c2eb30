"""What ports are known for: IANA's registrations that are seen, in the words of our own parsers.

The same on every host: /etc/services differs from one to the next, and calls DNS "domain". Pure.
"""

from typing import Final

TCP, UDP = 6, 17
_BOTH: Final = {
    7: "ECHO",
    53: "DNS",
    88: "Kerberos",
    111: "RPC",
    123: "NTP",
    137: "NetBIOS",
    138: "NetBIOS",
    161: "SNMP",
    162: "SNMP",
    389: "LDAP",
    464: "Kerberos",
    514: "Syslog",
    1194: "OpenVPN",
    2049: "NFS",
    3389: "RDP",
    3478: "STUN",
    4789: "VXLAN",
    5060: "SIP",
    5061: "SIP",
    5349: "STUN",
    5353: "MDNS",
    5355: "LLMNR",
    6881: "BitTorrent",
}
_TCP: Final = {
    20: "FTP",
    21: "FTP",
    22: "SSH",
    23: "Telnet",
    25: "SMTP",
    43: "WHOIS",
    70: "Gopher",
    79: "Finger",
    80: "HTTP",
    110: "POP3",
    119: "NNTP",
    135: "RPC",
    139: "NetBIOS",
    143: "IMAP",
    179: "BGP",
    443: "TLS",
    445: "SMB",
    465: "SMTP",
    502: "Modbus",
    515: "LPD",
    554: "RTSP",
    587: "SMTP",
    631: "IPP",
    636: "LDAP",
    853: "DNS",
    873: "Rsync",
    989: "FTP",
    990: "FTP",
    993: "IMAP",
    995: "POP3",
    1080: "SOCKS",
    1433: "MSSQL",
    1521: "Oracle",
    1723: "PPTP",
    1883: "MQTT",
    2181: "ZooKeeper",
    2379: "etcd",
    3128: "HTTP",
    3260: "iSCSI",
    3268: "LDAP",
    3306: "MySQL",
    4222: "NATS",
    5222: "XMPP",
    5269: "XMPP",
    5432: "PostgreSQL",
    5671: "AMQP",
    5672: "AMQP",
    5900: "VNC",
    5985: "WinRM",
    5986: "WinRM",
    6379: "Redis",
    6443: "TLS",
    6667: "IRC",
    6697: "IRC",
    7680: "WindowsUpdate",
    8000: "HTTP",
    8008: "HTTP",
    8080: "HTTP",
    8088: "HTTP",
    8443: "TLS",
    8883: "MQTT",
    9000: "HTTP",
    9042: "Cassandra",
    9090: "HTTP",
    9092: "Kafka",
    9100: "JetDirect",
    9200: "Elasticsearch",
    9418: "Git",
    10050: "Zabbix",
    10051: "Zabbix",
    11211: "Memcached",
    27017: "MongoDB",
}
_UDP: Final = {
    67: "DHCP",
    68: "DHCP",
    69: "TFTP",
    80: "QUIC",
    443: "QUIC",
    500: "IKE",
    520: "RIP",
    546: "DHCPv6",
    547: "DHCPv6",
    623: "IPMI",
    853: "DNS",
    1645: "RADIUS",
    1646: "RADIUS",
    1701: "L2TP",
    1812: "RADIUS",
    1813: "RADIUS",
    1900: "SSDP",
    2055: "NetFlow",
    2123: "GTP",
    2152: "GTP",
    3702: "WSD",
    3544: "Teredo",
    4500: "IKE",
    4739: "IPFIX",
    5351: "NAT-PMP",
    5683: "CoAP",
    6081: "Geneve",
    6343: "sFlow",
    51820: "WireGuard",
}
_KNOWN: Final = {TCP: _BOTH | _TCP, UDP: _BOTH | _UDP}
_NONE: Final[dict[int, str]] = {}
SYSTEM: Final = 1_024
"""Ports below it are those of services (RFC 6335)."""
_ONE_WORD: Final = {
    "POSTGRES": "PostgreSQL",
    "MS-SQL-TDS": "MSSQL",
    "MDNS": "MDNS",
    "HTTP_PROXY": "HTTP",
    "HTTP_CONNECT": "HTTP",
    "DOH_DOT": "DNS",
    "IPSEC": "IKE",
    "SMTPS": "SMTP",
    "IMAPS": "IMAP",
    "POPS": "POP3",
    "POP": "POP3",
    "LDAPS": "LDAP",
    "FTP_CONTROL": "FTP",
    "FTP_DATA": "FTP",
    "FTPS": "FTP",
    "SMBV23": "SMB",
    "SMBV1": "SMB",
}
"""nDPI's words for what has another one here; in capitals."""
_SPELLED: Final = {word.upper(): word for known in (_BOTH, _TCP, _UDP) for word in known.values()}


def well_known(protocol: int, port: int) -> str:
    """What a port of TCP or UDP is known for; empty: nothing."""
    return _KNOWN.get(protocol, _NONE).get(port, "")


def one_word(protocol: str) -> str:
    """The word that is used here for what somebody else calls `protocol`."""
    upper = protocol.upper()
    return _ONE_WORD.get(upper) or _SPELLED.get(upper) or protocol


def serves(protocol: int, one: int, other: int) -> bool | None:
    """Whether the port `one` is that of the service, and not `other`; None: neither shows it."""
    if one == other:
        return None
    for shows in (lambda port: bool(well_known(protocol, port)), lambda port: 0 < port < SYSTEM):
        if shows(one) != shows(other):
            return shows(one)
    return None
