"""A type of probe is a `KIND` of the wire, and has its row in every table that is by type."""

import importlib
import pkgutil
from pathlib import Path
from typing import get_args

from forepost.agent.cores.permission import TYPES
from forepost.agent.probes import PROBES
from forepost.agent.probes.schedule import MOST_OPEN
from forepost.controller import payloads
from forepost.controller.alerts.metrics import FROM_SERIES, OF_TYPE, REMEMBERED
from forepost.controller.payloads.payload import Payload
from forepost.wire import probes as of_wire
from forepost.wire.disclosure import PUBLIC_OPTIONS
from forepost.wire.probes import KINDS, QUEUED, STANDS_FOR, TARGETLESS, ProbeType
from forepost.wire.rest.alerts import Metric

DOCS = Path(__file__).parents[2] / "docs/probes.md"


def test_every_kind_is_in_the_table_of_the_wire() -> None:
    files = [
        importlib.import_module(f"{of_wire.__name__}.{found.name}")
        for found in pkgutil.iter_modules(of_wire.__path__)
    ]
    kinds = [file.KIND for file in files if hasattr(file, "KIND")]
    assert {kind.name: kind for kind in kinds} == KINDS
    assert len(kinds) == len(KINDS), "two of one name"


def test_what_is_wanted_is_run_decoded_judged_and_documented() -> None:
    assert set(PROBES) == set(KINDS) <= set(get_args(ProbeType))
    assert set(MOST_OPEN) == set(KINDS)
    assert set(payloads.TYPES) == {*KINDS, "SPEEDTEST"}
    assert {kind for kinds in OF_TYPE.values() for kind in kinds} == set(payloads.TYPES)
    assert set(PUBLIC_OPTIONS) == {*KINDS, *STANDS_FOR}
    assert {*KINDS, "SPEEDTEST"} == TYPES
    text = DOCS.read_text()
    assert [kind for kind in KINDS if kind not in text] == []


def test_types_that_others_are_made_of_and_that_need_no_target_are_known() -> None:
    assert {kind for kinds in STANDS_FOR.values() for kind in kinds} <= set(KINDS)
    assert {*STANDS_FOR, *QUEUED, *TARGETLESS} <= set(get_args(ProbeType))


def test_a_kind_names_options_that_it_has() -> None:
    for kind in KINDS.values():
        fields = set(kind.options.__struct_fields__)
        assert {kind.named_in} - {""} <= fields, kind.name
        assert kind.secret | kind.told <= fields, kind.name
        assert kind.most_open > 0, kind.name
        assert kind.floor_sec <= kind.interval_sec, kind.name


def test_every_payload_says_what_it_can_be_asked() -> None:
    silent = [
        kind for kind, payload in payloads.TYPES.items() if payload.metrics is Payload.metrics
    ]
    assert silent == ["NETINFO", "SPEEDTEST"], "whose metrics compare two of them, or are none"
    assert all(payload.grade is not Payload.grade for payload in payloads.TYPES.values())
    said = {metric for payload in payloads.TYPES.values() for metric in payload.SAYS}
    assert said <= set(get_args(Metric))
    assert said >= FROM_SERIES | REMEMBERED
