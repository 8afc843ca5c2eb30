"""NETINFO: where the agent's host is in the network."""

from typing import ClassVar

import msgspec

from forepost.controller.payloads.grade import FINE, UNSAID, Grade
from forepost.controller.payloads.payload import Figures, Payload


class Geo(msgspec.Struct):
    isp: str = ""
    asn_org: str = ""


class Interface(msgspec.Struct):
    ipv4: list[str] = []
    """Addresses with prefix length."""
    ipv6: list[str] = []
    is_default: bool = False


class Netinfo(Payload):
    SAYS: ClassVar = ("ip_change", "isp_change")

    UNIT: ClassVar = ""
    local_address: str = ""
    public_address: str = ""
    """"" where it is not known."""
    default_gateway: str = ""
    internet_provider: str = ""
    geo: Geo | None = None
    interfaces: list[Interface] | None = None

    @property
    def provider(self) -> str:
        """Whose the public address is; "" where it is not known."""
        geo = self.geo or Geo()
        return self.internet_provider or geo.isp or geo.asn_org

    def main_figure(self, figures: Figures) -> float | None:
        """Where a host is, is no number."""
        return None

    def grade(self, figures: Figures) -> Grade:
        """A host that tells where it is, is fine wherever it is."""
        return FINE if self.local_address or self.interfaces else UNSAID
