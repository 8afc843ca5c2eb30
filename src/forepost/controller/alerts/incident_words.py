"""What a notice of an incident says in one sentence. Pure."""

from datetime import datetime
from typing import Final

from forepost.controller.alerts.flaps import SPAN
from forepost.wire.rest.notify import NoticeEvent, NoticeIncident
from forepost.wire.rest.units import duration

_ORDINALS: Final = {2: "second", 3: "third"}


def sentence(message: str, incident: NoticeIncident, event: NoticeEvent, at: datetime) -> str:
    """What is so of the alert that heads it, with how many others there are and why."""
    others = incident.open_alerts + incident.symptoms - 1
    beside = [f"and {others} more"] if others >= 1 and event != "resolved" else []
    if incident.cause_text and (beside or event == "cause"):
        was = "" if incident.cause_ended_at is None else "before: "
        beside.append(was + incident.cause_text)
    said = f"{message} ({'; '.join(beside)})" if beside else message
    if incident.flapping_since is not None:
        lasted = duration(max(1, round((at - incident.flapping_since).total_seconds())))
        state = "open now" if incident.open_alerts else "well now"
        return f"flapping, {incident.times} times in {lasted}, {state}: {said}"
    if event == "triggered" and incident.times > 1:
        minutes = SPAN.total_seconds() / 60
        ordinal = _ORDINALS.get(incident.times, f"{incident.times}th")
        return f"again, {ordinal} time in {minutes:.0f} minutes: {said}"
    if event == "withdrawn":
        return f"this channel is told no more of what is still so: {said}"
    return said
