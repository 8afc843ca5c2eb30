"""Debian's mtr, to compare with."""

import re
import subprocess
from typing import NamedTuple

from tests.lab.net import Namespace


class PeerHop(NamedTuple):
    address: str
    """"" for silence."""
    lost_pct: float
    sent: int


def peer_mtr(near: Namespace, target: str, *options: str) -> list[PeerHop]:
    command = ["ip", "netns", "exec", near.name, "mtr", "-n", "-r", "-w", *options, target]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = re.findall(r"\|-- (\S+)\s+([\d.]+)%?\s+(\d+)", done.stdout)
    return [PeerHop("" if a == "???" else a, float(pct), int(sent)) for a, pct, sent in lines]
