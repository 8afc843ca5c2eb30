"""Packets of the demo: round trips and hops, as the lines of the moment let them through."""

from datetime import datetime
from random import Random
from statistics import fmean, pstdev
from typing import Any, Final

from forepost.cli.demo.sites import DATACENTRE, SITES, DemoSite
from forepost.cli.demo.troubles import Trouble, has_another_way, of_line

MS: Final = 1_000_000
GATEWAY_MS: Final = 0.6


class Line:
    """From a site to one target, at one moment."""

    def __init__(self, site: DemoSite, target: str, before_sec: float, chance: Random) -> None:
        self._chance = chance
        far = next((one for one in SITES if one.address == target), DATACENTRE)
        self.base_ms = GATEWAY_MS if target == site.gateway else site.rtt_ms + far.rtt_ms
        mine = Trouble() if target == site.gateway else of_line(site, before_sec)
        theirs = Trouble() if target == site.gateway else of_line(far, before_sec)
        self.loss = 1 - (1 - mine.loss) * (1 - theirs.loss)
        self.base_ms += mine.added_ms + theirs.added_ms
        self._jitter_ms = 0.02 * self.base_ms + 0.05 + mine.jitter_ms + theirs.jitter_ms

    def rtt_ms(self) -> float | None:
        """None: lost."""
        if self._chance.random() < self.loss:
            return None
        return self.base_ms + self._chance.gammavariate(1.5, self._jitter_ms / 1.5)

    def rtts_ns(self, count: int) -> list[int | None]:
        found = [self.rtt_ms() for _ in range(count)]
        return [None if one is None else int(one * MS) for one in found]


def ping(line: Line, target: str, began: datetime, ended: datetime, count: int) -> dict[str, Any]:
    rtts = line.rtts_ns(count)
    came = [one for one in rtts if one is not None]
    return {
        "start_timestamp": began,
        "stop_timestamp": ended,
        "packets_sent": count,
        "packets_recv": len(came),
        "packet_loss": 100 * (1 - len(came) / count),
        "addr": target,
        "min_rtt": min(came, default=0),
        "max_rtt": max(came, default=0),
        "avg_rtt": int(fmean(came)) if came else 0,
        "std_dev_rtt": int(pstdev(came)) if came else 0,
        "rtts_ns": rtts,
        "error": "" if came else "no answer",
    }


def way(site: DemoSite, before_sec: float) -> list[dict[str, Any]]:
    """The hops to the datacentre: addresses, names, networks, and their share of the way."""
    provider = {"asn": site.asn, "as_org": site.provider}
    core = {"asn": 64_500, "as_org": "Northline Transit"}
    word = site.provider.lower().replace(" ", "-")
    hops: list[dict[str, Any]] = [
        {"ip": site.gateway, "hostname": "gateway.lan", "share": 0.02},
        {
            "ip": f"198.19.{site.number}.1",
            "hostname": f"bras1.{word}.example",
            "share": 0.2,
            **provider,
        },
        {
            "ip": f"198.19.{site.number}.9",
            "hostname": f"core2.{word}.example",
            "share": 0.35,
            **provider,
        },
    ]
    if has_another_way(site, before_sec):
        hops.append(
            {
                "ip": "198.19.90.3",
                "hostname": "ffm-b4.longhaul.example",
                "share": 0.85,
                "asn": 64_590,
                "as_org": "Longhaul Carrier",
            }
        )
    hops.append(
        {
            "ip": "198.19.100.5",
            "hostname": "ams-ix.northline.example",
            "share": 0.9,
            **core,
        }
    )
    hops.append({"ip": DATACENTRE.address, "hostname": "edge.acme.example", "share": 1.0, **core})
    return hops


def mtr(
    line: Line, site: DemoSite, before_sec: float, began: datetime, ended: datetime
) -> dict[str, Any]:
    hops = []
    known = way(site, before_sec)
    for ttl, hop in enumerate(known, 1):
        share = hop.pop("share")
        is_lossy = ttl >= 3
        rtts = [
            None
            if one is None and is_lossy
            else int(share * (one if one is not None else line.base_ms * MS))
            for one in line.rtts_ns(10)
        ]
        came = [one / MS for one in rtts if one is not None]
        texts = {
            "last": came[-1] if came else 0,
            "avg": fmean(came) if came else 0,
            "best": min(came, default=0),
            "worst": max(came, default=0),
            "stddev": pstdev(came) if came else 0,
        }
        hops.append(
            {
                "ttl": ttl,
                "hosts": [hop] if came else [],
                "extensions": [],
                "loss_pct": f"{100 * (1 - len(came) / 10):.2f}",
                "sent": 10,
                "recv": len(came),
                **{name: f"{value:.2f}" for name, value in texts.items()},
                "rtts_ns": rtts,
            }
        )
    target = {"ip": DATACENTRE.address, "hostname": "edge.acme.example"}
    return {
        "start_timestamp": began,
        "stop_timestamp": ended,
        "report": {"info": {"target": target}, "hops": hops},
        "reached": bool(hops[-1]["recv"]),
        "fingerprint": f"{'b7' if has_another_way(site, before_sec) else 'a4'}{site.number:04x}",
    }
