"""What `forepost doctor --json` prints."""

from typing import Literal

from forepost.wire.base import Wire

State = Literal["ok", "lacks", "off"]
"""`off`: this host does not have it, or nobody asked for it; nothing is wrong."""


class Stage(Wire, frozen=True, kw_only=True):
    """One step on the way to a controller."""

    stage: str
    state: Literal["ok", "fails", "off"]
    """`off`: an earlier one failed, or nobody can say."""
    detail: str = ""


class Finding(Wire, frozen=True, kw_only=True):
    check: str
    state: State
    detail: str = ""
    """What was found, or why it is lacking."""
    grant: str = ""
    """How to get it; empty where it is there."""
    needed_by: list[str] = []
    """Types of probes, and parts of the agent."""
    stages: list[Stage] = []
    """Of the check that takes several steps."""
    configured: bool = False
    """Whether something that is configured needs it: then lacking it is a failure."""

    @property
    def fails(self) -> bool:
        return self.state == "lacks" and self.configured


class Diagnosis(Wire, frozen=True, kw_only=True):
    user: str
    findings: list[Finding]
