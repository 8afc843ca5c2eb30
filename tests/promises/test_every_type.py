"""A type of probe that the wire knows has its row in every table that is by type."""

from pathlib import Path
from typing import get_args

from forepost.agent.probes import PROBES
from forepost.agent.probes.schedule import MOST_OPEN
from forepost.controller import payloads
from forepost.controller.alerts.metrics import OF_TYPE
from forepost.controller.payloads.payload import Payload
from forepost.wire.probes.probe import OPTIONS, ProbeType

DOCS = Path(__file__).parents[2] / "docs/probes.md"


def test_what_is_wanted_is_run_decoded_judged_and_documented() -> None:
    assert set(PROBES) == set(OPTIONS) <= set(get_args(ProbeType))
    assert set(MOST_OPEN) == set(OPTIONS)
    assert set(payloads.TYPES) == set(OPTIONS)
    assert {kind for kinds in OF_TYPE.values() for kind in kinds} == set(OPTIONS)
    text = DOCS.read_text()
    assert [kind for kind in OPTIONS if kind not in text] == []


def test_every_payload_says_what_it_can_be_asked() -> None:
    silent = [
        kind for kind, payload in payloads.TYPES.items() if payload.metrics is Payload.metrics
    ]
    assert silent == ["NETINFO"], "whose metrics compare two of them"
