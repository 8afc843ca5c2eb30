"""What came of a trial, in words. Pure."""

from datetime import datetime
from typing import Final

import msgspec

from forepost.controller.payloads import TYPES, grade_in, measures_of, read
from forepost.controller.payloads.figure import shown_figure
from forepost.wire.disclosure import public_target, reason_without_secrets, without_secrets
from forepost.wire.probes.trial import TrialEnded
from forepost.wire.rest.trials import NewTrial, Trial

LONGEST_WORDS: Final = 200
NOTHING: Final = msgspec.Raw(b"null")


def trial_of(
    asked: NewTrial, ended: TrialEnded, agent_id: int, asked_at: datetime, asked_by: str
) -> Trial:
    """Return the trial with the verdict that a result like this has; what the agent refused is
    unknown, for the reason that the agent gave. What the target's URL hides is in none of it.
    """
    payload = NOTHING
    if not ended.problem:
        payload = msgspec.Raw(without_secrets(bytes(ended.payload), asked.target))
    said = None if ended.problem else read(asked.type, payload)
    figures = measures_of(said)
    grade = grade_in(said, figures)
    value = None if said is None else said.main_figure(figures)
    of_network = TYPES[asked.type].IS_OF_NETWORK
    figure = shown_figure(asked.type, value, figures.loss_pct, of_network=of_network)
    reason = reason_without_secrets(ended.problem, asked.target) or grade.reason
    if said is None and not reason:
        reason = f"the agent's answer is not what a result of {asked.type} looks like"
    return Trial(
        id=0,
        agent_id=agent_id,
        type=asked.type,
        target=public_target(asked.target),
        count=asked.count,
        timeout_sec=asked.timeout_sec,
        asked_at=asked_at,
        asked_by=asked_by,
        took_ms=round(ended.took_ms, 3),
        status=grade.status,
        reason=reason,
        words="" if figure is None else figure.words[:LONGEST_WORDS],
        payload=payload,
    )
