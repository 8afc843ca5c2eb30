"""Flows of the demo: who of a site talks with whom, a minute at a time."""

from random import Random
from typing import Any, Final

from forepost.cli.demo.hosts import daily
from forepost.cli.demo.sites import PORTAL, DemoSite
from forepost.cli.demo.troubles import uploads

TALKS: Final = (
    (21, "TLS", PORTAL, 0.22),
    (22, "YouTube", "googlevideo.example", 0.3),
    (23, "Teams", "teams.example", 0.2),
    (24, "DNS", "198.18.1.0/24", 0.01),
    (25, "TLS", "updates.example", 0.15),
    (26, "SSH", "198.18.1.0/24", 0.04),
    (30, "RTP", "voip.acme.example", 0.08),
)
"""Last byte of the device's address, application, remote side, share of the bytes."""
BACKUP: Final = (40, "Backup", "backup.example")
UPLOAD_BYTES: Final = 60 * 1_200_000
"""A minute of the upload that fills Porto's line."""


def flows(site: DemoSite, at: float, before_sec: float, chance: Random) -> dict[str, Any]:
    whole = 60 * (3e4 + 8e5 * daily(at)) * chance.uniform(0.8, 1.25)
    talks = []
    for last, application, remote, share in TALKS:
        came = int(whole * share * chance.uniform(0.6, 1.4))
        talks.append(_talk(site, last, application, remote, came, came // 9))
    if uploads(site, before_sec):
        last, application, remote = BACKUP
        sent = int(UPLOAD_BYTES * chance.uniform(0.9, 1.1))
        talks.append(_talk(site, last, application, remote, sent // 40, sent))
    talks.sort(key=lambda one: -(one["bytes_in"] + one["bytes_out"]))
    total = _sum(talks)
    return {
        "minute": int(at),
        "interfaces": ["eth0"],
        "total": total,
        "devices": {"top": _by(talks, "device"), "rest": {}},
        "applications": {"top": _by(talks, "application"), "rest": {}},
        "remotes": {"top": _by(talks, "remote"), "rest": {}},
        "talks": {"top": talks, "rest": {}},
        "honesty": {"packets": total["packets_in"] + total["packets_out"]},
    }


def _talk(
    site: DemoSite, last: int, application: str, remote: str, came: int, went: int
) -> dict[str, Any]:
    return {
        "device": f"198.18.{site.number}.{last}",
        "application": application,
        "remote": remote,
        "bytes_in": came,
        "bytes_out": went,
        "packets_in": came // 1_100 + 1,
        "packets_out": went // 700 + 1,
        "flows": 1 + came // 2_000_000,
    }


def _by(talks: list[dict[str, Any]], what: str) -> list[dict[str, Any]]:
    names = dict.fromkeys(talk[what] for talk in talks)
    rows = [
        {"name": name, **_sum([talk for talk in talks if talk[what] == name])} for name in names
    ]
    return sorted(rows, key=lambda one: -(one["bytes_in"] + one["bytes_out"]))


def _sum(talks: list[dict[str, Any]]) -> dict[str, int]:
    names = ("bytes_in", "bytes_out", "packets_in", "packets_out", "flows")
    return {name: sum(talk[name] for talk in talks) for name in names}
