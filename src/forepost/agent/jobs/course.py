"""What is to be done next for the runs of this agent. Pure: values in, decisions out."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

from forepost.agent.jobs.record import (
    SCRIPT_STEPS,
    RunRecord,
    ScriptStep,
    Step,
    script_of,
)
from forepost.wire.jobs.delivery import RunState
from forepost.wire.jobs.transfer import TransferStatus

MOST_SCRIPTS: Final = 4
"""That run at a time; the others wait."""
LINGER_SEC: Final = 60.0
"""How long what a finished transfer has is still given to others."""
BUSY: Final = frozenset(
    ("loading", "indexing", "processing files", "writing acl", "cleaning up destination folder")
)
"""While it is not known yet whether everything is here."""
COMPLETE: Final = frozenset(("seeding", "successfully finished"))


class BeginRun(msgspec.Struct, frozen=True):
    """Begin a run, or its next step: what is here is on disk before anything is done."""

    uid: str
    step: Step


class StopScript(msgspec.Struct, frozen=True):
    """End the script of a run, with everything that it started."""

    uid: str


class EndRun(msgspec.Struct, frozen=True):
    uid: str
    state: RunState
    reason: str = ""


RunDecision = BeginRun | StopScript | EndRun


class RunSituation(msgspec.Struct, frozen=True, kw_only=True):
    now: datetime
    paused: bool = False
    running: frozenset[str] = frozenset()
    """Runs whose script has not ended yet, with all that it started."""
    transfers: Mapping[str, TransferStatus] = {}
    """By task key."""
    refusal: Callable[[RunRecord], str] = lambda _: ""
    """What the site has against a run."""


def decisions(records: Iterable[RunRecord], situation: RunSituation) -> list[RunDecision]:
    """Return what is to be done now; at most one decision for a run."""
    ordered = sorted(records, key=lambda one: (one.queued_at, one.run_id, one.uid))
    begun = [one for one in ordered if one.state == "started"]
    lanes = {one.lane for one in begun} | {
        one.lane for one in ordered if one.uid in situation.running
    }
    found: list[RunDecision] = []
    room = MOST_SCRIPTS - len(situation.running)
    for one in [*begun, *(other for other in ordered if other.state != "started")]:
        decision = _next(one, situation, lanes, room)
        if decision is None:
            continue
        found.append(decision)
        if isinstance(decision, BeginRun):
            lanes.add(one.lane)
            room -= decision.step in SCRIPT_STEPS
    return found


def recovered(record: RunRecord) -> RunRecord | EndRun:
    """Return how a run is after the agent ended in the middle of it: the run, or its end."""
    if record.state != "started" or record.step not in SCRIPT_STEPS:
        return record
    script = script_of(record.job, record.step)
    if script is None or not script.again:
        return EndRun(record.uid, "interrupted", "the agent ended while the script ran")
    if record.step == "script":
        state: RunState = "delivered" if record.of_controller else "queued"
        return msgspec.structs.replace(record, state=state, step="")
    before: dict[Step, Step] = {
        "pre_indexing": "",
        "post_download": "transfer",
        "complete": "downloaded",
    }
    return msgspec.structs.replace(record, step=before[record.step])


def first_step(record: RunRecord) -> Step:
    if record.job.type == "script":
        return "script"
    return "pre_indexing" if script_of(record.job, "pre_indexing") else "transfer"


def after_script(record: RunRecord, step: ScriptStep) -> Step:
    """Return the step that follows a script that did well; "": the run is finished."""
    follows: dict[ScriptStep, Step] = {
        "script": "",
        "pre_indexing": "transfer",
        "post_download": "downloaded",
        "complete": "",
    }
    return follows[step]


def is_served(record: RunRecord, now: datetime) -> bool:
    """Whether the engine is to have the folder of this run."""
    if record.is_transferred:
        return True
    if record.state != "finished" or record.job.type == "script" or record.ended_at is None:
        return False
    return record.ended_at <= now < record.ended_at + timedelta(seconds=LINGER_SEC)


def _next(
    one: RunRecord, situation: RunSituation, lanes: set[str], room: int
) -> RunDecision | None:
    runs = one.uid in situation.running
    if one.is_over:
        return StopScript(one.uid) if runs else None
    if one.wished == "cancel":
        return StopScript(one.uid) if runs else EndRun(one.uid, "canceled", one.reason)
    if runs:
        return None
    if one.state != "started":
        return _first(one, situation, lanes, room)
    if one.job.type == "script":
        return None
    if refused := situation.refusal(one):
        return EndRun(one.uid, "error", refused)
    if situation.paused or one.wished == "pause":
        return None
    told = situation.transfers.get(one.task_key)
    if one.incomplete:
        return _incomplete(one, told, room)
    step = _following(one, told)
    if step is None or (step in SCRIPT_STEPS and room <= 0):
        return None
    return BeginRun(one.uid, step) if step else EndRun(one.uid, "finished")


def _first(
    one: RunRecord, situation: RunSituation, lanes: set[str], room: int
) -> RunDecision | None:
    if one.expires_at is not None and situation.now >= one.expires_at and not one.has_begun:
        return EndRun(one.uid, "lost", "its time was over before it could begin")
    if situation.paused or one.wished == "pause" or one.lane in lanes:
        return None
    if one.begin_at is not None and situation.now < one.begin_at:
        return None
    step = first_step(one)
    if step in SCRIPT_STEPS and room <= 0:
        return None
    refused = situation.refusal(one)
    return EndRun(one.uid, "error", refused) if refused else BeginRun(one.uid, step)


def _incomplete(one: RunRecord, told: TransferStatus | None, room: int) -> RunDecision | None:
    """Nothing more comes: a source has given what could be given; what a destination has is all, or
    too little.
    """
    if one.job.permission == "rw":
        return EndRun(one.uid, "finished")
    if one.step and (told is None or told.status in BUSY):
        return None
    if told is None or not _is_here(told):
        return EndRun(one.uid, "error", "others of it failed before everything was here")
    if one.step == "transfer" and script_of(one.job, "post_download"):
        return BeginRun(one.uid, "post_download") if room > 0 else None
    return EndRun(one.uid, "finished")


def _is_here(told: TransferStatus) -> bool:
    is_well = not told.errors and not told.held
    return is_well and told.status in COMPLETE and told.files_completed == told.files_total


def _following(one: RunRecord, told: TransferStatus | None) -> Step | None:
    """The step after the one that a transfer is in; "": it is finished; None: not yet."""
    if one.step == "":
        return first_step(one)
    if one.job.type == "folder" or told is None or not _is_here(told):
        return None
    if one.step == "transfer":
        return "post_download" if script_of(one.job, "post_download") else "downloaded"
    if one.step == "downloaded":
        others = len(one.job.peers)
        all_have_it = one.complete if one.of_controller else told.peers_complete >= others > 0
        if all_have_it:
            return "complete" if script_of(one.job, "complete") else ""
    return None
