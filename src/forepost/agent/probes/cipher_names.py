"""IANA's names of cipher suites out of OpenSSL's. Pure."""

import re
from typing import Final

_SUITE: Final = re.compile(
    r"(?:(?P<kx>ECDHE|DHE)-(?:(?P<auth>ECDSA|RSA|DSS)-)?)?"
    r"(?P<cipher>AES|ARIA|CAMELLIA)(?P<bits>128|256)"
    r"(?:-(?P<mode>GCM|CCM8|CCM))?(?:-(?P<digest>SHA\d*))?"
)
_CHACHA: Final = re.compile(r"(?P<kx>ECDHE|DHE)-(?P<auth>ECDSA|RSA)-CHACHA20-POLY1305")
_MODES: Final = {None: "_CBC", "GCM": "_GCM", "CCM": "_CCM", "CCM8": "_CCM_8"}


def iana(name: str) -> str:
    """TLS_RSA_WITH_AES_128_CBC_SHA for AES128-SHA; what is not known (TLS 1.3 has IANA's names
    already) stays as it is.
    """
    if found := _CHACHA.fullmatch(name):
        return f"TLS_{found['kx']}_{found['auth']}_WITH_CHACHA20_POLY1305_SHA256"
    found = _SUITE.fullmatch(name)
    if found is None:
        return name
    exchange = f"{found['kx']}_{found['auth'] or 'RSA'}" if found["kx"] else "RSA"
    digest = f"_{found['digest']}" if found["digest"] else ""
    return f"TLS_{exchange}_WITH_{found['cipher']}_{found['bits']}{_MODES[found['mode']]}{digest}"
