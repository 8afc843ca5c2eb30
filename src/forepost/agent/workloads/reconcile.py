"""What is to be done next for one microservice: wanted, seen and remembered in, a step out. Pure.

There is one step at a time, and after it everything is looked at again. So it does not matter where
the agent, or the engine, ended in between. What replaces what stands on the containers themselves:

- current: the container that counts. trial: one whose label says that it replaces the current one.
- A trial that works has the current one removed, and is the current one by that.
- A trial that does not work is refused (which is remembered first), removed, and the current one
  is started again.
"""

from collections.abc import Sequence

import msgspec

from forepost.agent.cores.container_body import may_run_beside
from forepost.agent.ports.containers import SeenContainer, SeenImage
from forepost.agent.workloads.history import MOST_TRIAL_STARTS, History, Trial
from forepost.agent.workloads.microservices import WantedMicroservice
from forepost.wire.workloads.delivery import WorkloadState
from forepost.wire.workloads.manifest import HealthCheck, fingerprint


class PullImage(msgspec.Struct, frozen=True):
    """Fetch the image."""


class CreateContainer(msgspec.Struct, frozen=True):
    """Make a container; `replaces`: the id of the current one, or ""."""

    replaces: str


class StartContainer(msgspec.Struct, frozen=True):
    container_id: str


class StopContainer(msgspec.Struct, frozen=True):
    container_id: str


class RemoveContainer(msgspec.Struct, frozen=True):
    container_id: str


class RefuseManifest(msgspec.Struct, frozen=True):
    """Remember on disk that this manifest does not work here."""

    fingerprint: str
    reason: str


Step = (
    PullImage | CreateContainer | StartContainer | StopContainer | RemoveContainer | RefuseManifest
)


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen of one microservice."""

    containers: Sequence[SeenContainer] = ()
    image: SeenImage | None = None
    """The one that its manifest asks for; None: it is not here, or was not asked for."""
    unfit: str = ""
    """Why that image cannot run on this host."""
    no_pull: str = ""
    """Why nothing is pulled now: no space, say."""
    held: frozenset[str] = frozenset()
    """Containers that hold their lock."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    step: Step | None = None
    state: WorkloadState
    problem: str = ""
    refused: bool = False
    again_sec: float | None = None
    """After which it may be another one though nothing happened."""


NOT_KNOWN = "it is not known whether it is wanted: it is left as it is"
LOCK_SEC = 5.0
"""How often a lock is looked at."""
NO_PULL_SEC = 60.0
UP = ("running", "restarting", "paused")


class ContainerParts(msgspec.Struct, frozen=True, kw_only=True):
    """The containers of one microservice, by what they are for."""

    current: SeenContainer | None
    trial: SeenContainer | None
    strays: tuple[SeenContainer, ...]

    @classmethod
    def of(cls, containers: Sequence[SeenContainer], wanted: str) -> "ContainerParts":
        """`wanted`: the fingerprint."""
        ids = {one.container_id for one in containers}
        rest = [one for one in containers if one.replaces not in ids]
        # there is one, unless somebody else copies containers with our labels
        rest.sort(
            key=lambda one: (one.fingerprint != wanted, one.state not in UP, one.container_id)
        )
        current = rest[0] if rest else None
        trials = [
            one
            for one in containers
            if current is not None and one.replaces == current.container_id
        ]
        trials.sort(key=lambda one: (one.fingerprint != wanted, one.container_id))
        trial = trials[0] if trials else None
        strays = tuple(one for one in containers if one not in (current, trial))
        return cls(current=current, trial=trial, strays=strays)

    @property
    def shown(self) -> SeenContainer | None:
        """The one that a status is about: the current one, unless just the trial runs."""
        is_down = self.current is None or self.current.state not in UP
        is_trial = self.trial is not None and self.trial.state in UP
        return self.trial if is_trial and is_down else self.current


def decide(
    wanted: WantedMicroservice | None, sight: Sight, history: History, now: float
) -> Decision | None:
    """Return the next step, if any, and how things are; None: there is, and shall be, nothing."""
    target = fingerprint(wanted.microservice) if wanted is not None else ""
    parts = ContainerParts.of(sight.containers, target)
    if parts.strays:
        return _end(parts.strays[0], history, now, "DELETING")
    if wanted is None:
        last = parts.trial or parts.current
        if last is None:
            return None
        if last.container_id in sight.held:
            return Decision(state="STOPPING", problem=_held(last.lock), again_sec=LOCK_SEC)
        return _end(last, history, now, "DELETING")
    return _wanted(wanted, target, parts, sight, history, now)


def left_alone(sight: Sight) -> Decision:
    """Nothing is done to one of which it is not known whether it is wanted."""
    runs = any(one.state in UP for one in sight.containers)
    return Decision(state="RUNNING" if runs else "STOPPED", problem=NOT_KNOWN)


def _wanted(
    wanted: WantedMicroservice,
    target: str,
    parts: ContainerParts,
    sight: Sight,
    history: History,
    now: float,
) -> Decision:
    current, trial = parts.current, parts.trial
    refusal = history.refusal
    refused = wanted.refused or (
        refusal.reason if refusal is not None and refusal.fingerprint == target else ""
    )
    if current is None:
        if wanted.refused:
            return Decision(state="FAILED", problem=wanted.refused, refused=True)
        return _make(sight, history, now, replaces="")
    is_vain = trial is not None and trial.fingerprint != target
    if trial is not None and (refused or is_vain or current.fingerprint == target):
        return _end(trial, history, now, "UPDATING")
    if wanted.refused and current.fingerprint == target:
        return _end(current, history, now, "STOPPING")
    if current.fingerprint == target:
        return _settle(current, history, now)
    if refused:
        return _with(_settle(current, history, now), refused, refused=True)
    if trial is not None:
        return _try(wanted, current, trial, sight, history, now)
    return _replace(current, sight, history, now)


def _replace(current: SeenContainer, sight: Sight, history: History, now: float) -> Decision:
    """There is another one than is wanted, and no trial yet."""
    settled = _settle(current, history, now)
    if isinstance(settled.step, StartContainer | RemoveContainer):
        return settled  # it runs while the image comes
    if current.container_id in sight.held:
        return _with(settled, _held(current.lock), again_sec=LOCK_SEC)
    making = _make(sight, history, now, replaces=current.container_id)
    if making.step is not None:
        return msgspec.structs.replace(making, state="UPDATING")
    return _with(settled, making.problem, refused=making.refused, again_sec=making.again_sec)


def _make(sight: Sight, history: History, now: float, *, replaces: str) -> Decision:
    if left := history.fetch.left(now):
        fetch = history.fetch
        return Decision(
            state="FAILED", problem=fetch.problem, refused=fetch.refused, again_sec=left
        )
    if sight.image is None:
        if sight.no_pull:
            return Decision(state="FAILED", problem=sight.no_pull, again_sec=NO_PULL_SEC)
        return Decision(step=PullImage(), state="PULLING", problem=history.fetch.problem)
    if sight.unfit:
        return Decision(state="FAILED", problem=sight.unfit, refused=True)
    return Decision(step=CreateContainer(replaces), state="CREATING", problem=history.fetch.problem)


def _try(
    wanted: WantedMicroservice,
    current: SeenContainer,
    trial: SeenContainer,
    sight: Sight,
    history: History,
    now: float,
) -> Decision:
    """The trial is of what is wanted."""
    target = trial.fingerprint
    beside = current.beside and may_run_beside(wanted.microservice)
    known = (
        history.trial
        if history.trial and history.trial.container_id == trial.container_id
        else None
    )
    if left := history.work.left(now):
        return Decision(state="UPDATING", problem=history.work.problem, again_sec=left)
    if known is not None and known.problem:
        return Decision(step=RefuseManifest(target, known.problem), state="UPDATING")
    if trial.state == "removing":
        return Decision(state="UPDATING", again_sec=1.0)
    if trial.state == "dead":
        return Decision(step=RefuseManifest(target, "its container is dead"), state="UPDATING")
    if trial.state in ("created", "exited"):
        return _begin(current, trial, known, sight, history, now, beside=beside)
    since = known.since if known is not None and known.since is not None else now
    verdict = _judge(trial, wanted.microservice.health, since, now)
    if isinstance(verdict, str):
        return Decision(step=RefuseManifest(target, verdict), state="UPDATING")
    if verdict > 0:
        return Decision(state="UPDATING", again_sec=verdict)
    if current.container_id in sight.held and current.state in UP:
        return Decision(state="UPDATING", problem=_held(current.lock), again_sec=LOCK_SEC)
    return _end(current, history, now, "UPDATING")


def _begin(
    current: SeenContainer,
    trial: SeenContainer,
    known: Trial | None,
    sight: Sight,
    history: History,
    now: float,
    *,
    beside: bool,
) -> Decision:
    if known is not None and known.starts >= MOST_TRIAL_STARTS:
        reason = f"it did not stay up; its exit code was {trial.exit_code}"
        return Decision(step=RefuseManifest(trial.fingerprint, reason), state="UPDATING")
    if current.state not in UP or beside:
        return Decision(step=StartContainer(trial.container_id), state="UPDATING")
    if current.container_id in sight.held:
        return _with(_settle(current, history, now), _held(current.lock), again_sec=LOCK_SEC)
    return Decision(step=StopContainer(current.container_id), state="UPDATING")


def _judge(trial: SeenContainer, health: HealthCheck, since: float, now: float) -> float | str:
    """0: it works. Seconds: it is to be looked at again after them. Text: why it does not."""
    if trial.restarts or trial.state == "restarting":
        code = f" with exit code {trial.exit_code}" if trial.exit_code else ""
        return f"it ended by itself{code}"
    if trial.health == "unhealthy":
        return "its health check fails"
    if trial.state == "paused":
        return health.window or 1.0
    left = since + health.window - now
    if trial.health == "healthy":
        return 0.0
    if left > 0:
        return left
    return f"it was not healthy within {health.window:g} s" if trial.health == "starting" else 0.0


def _settle(current: SeenContainer, history: History, now: float) -> Decision:
    """Have what there is run."""
    if left := history.work.left(now):
        state: WorkloadState = "RUNNING" if current.state == "running" else "FAILED"
        return Decision(state=state, problem=history.work.problem, again_sec=left)
    match current.state:
        case "running" | "restarting":
            if history.must_stop:
                return Decision(
                    step=StopContainer(current.container_id),
                    state="STUCK_IN_RESTART",
                    problem=history.stuck.problem,
                )
            if current.state == "running":
                return Decision(state="RUNNING")
            return Decision(state="RESTARTING", problem=_ended(current))
        case "paused":
            return Decision(state="STOPPED", problem="somebody paused it")
        case "removing":
            return Decision(state="DELETING", again_sec=1.0)
        case "dead":
            return Decision(step=RemoveContainer(current.container_id), state="DELETING")
        case "created" | "exited":
            if left := history.stuck.left(now):
                return Decision(
                    state="STUCK_IN_RESTART", problem=history.stuck.problem, again_sec=left
                )
            return Decision(step=StartContainer(current.container_id), state="STARTING")


def _end(one: SeenContainer, history: History, now: float, state: WorkloadState) -> Decision:
    """Have a container stop, and then be gone."""
    if left := history.work.left(now):
        return Decision(state=state, problem=history.work.problem, again_sec=left)
    if one.state == "removing":
        return Decision(state=state, again_sec=1.0)
    if one.state in UP:
        return Decision(
            step=StopContainer(one.container_id), state="STOPPING" if state == "DELETING" else state
        )
    return Decision(step=RemoveContainer(one.container_id), state=state)


def _with(
    settled: Decision, problem: str, *, refused: bool = False, again_sec: float | None = None
) -> Decision:
    sooner = [one for one in (settled.again_sec, again_sec) if one is not None]
    return msgspec.structs.replace(
        settled,
        problem=problem or settled.problem,
        refused=refused,
        again_sec=min(sooner, default=None),
    )


def _held(lock: str) -> str:
    return f"it holds its lock {lock}"


def _ended(one: SeenContainer) -> str:
    return f"it ended with exit code {one.exit_code}" if one.exit_code else "it ended"
