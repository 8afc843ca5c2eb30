"""Alerts: rules, what they raised, and incidents, as REST has them."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from forepost.wire.base import ExternalId, Id, Name, Text, Wire
from forepost.wire.rest.channels import ChannelIds
from forepost.wire.rest.hours import Hours, ZoneName
from forepost.wire.rest.notify import Ended

Metric = Literal[
    "failure",
    "loss",
    "packet_loss",
    "latency",
    "jitter",
    "mos",
    "offline",
    "identity_conflict",
    "end_hop_loss",
    "end_hop_latency",
    "worst_hop_loss",
    "worst_hop_combined",
    "route_change",
    "cpu_usage",
    "memory_usage",
    "disk_usage",
    "dns_query_time",
    "dns_query_failure",
    "dns_nxdomain",
    "http_ttfb",
    "http_total_ms",
    "http_status",
    "tls_expiry_days",
    "tls_version_mismatch",
    "tls_weak_cipher",
    "tls_chain_issue",
    "clock_offset",
    "snmp_response_ms",
    "snmp_trap_received",
    "health_score",
    "latency_baseline",
    "loss_baseline",
    "ip_change",
    "isp_change",
    "incident_count",
    "workload_down",
    "workload_stuck",
    "rollout_failed",
    "job_failed",
    "job_waiting",
]
Operator = Literal[">", "<", ">=", "<=", "=", "==", "gt", "lt", "gte", "lte", "eq"]
"""The document's spelling and the public implementation's; a rule keeps the one it was given."""
Severity = Literal["warning", "critical"]
ThresholdType = Literal["static", "dynamic_stddev", "dynamic_percentile"]
Logic = Literal["AND", "OR"]
AlertStatus = Literal["active", "acknowledged", "resolved"]
Tells = Literal["incidents", "alerts"]
"""What a rule's channels are told of: incidents (alerts that belong together, once), or each alert
by itself."""
State = Literal["ok", "degraded", "down", "unknown"]
"""Degraded: an open warning. Down: an open critical alert. Unknown: nothing was judged yet."""

WebhookUrl = Annotated[str, Meta(max_length=2_000)]
Secret = Annotated[str, Meta(max_length=1_000)]
AppriseUrls = Annotated[
    list[Annotated[str, Meta(min_length=1, max_length=2_000)]], Meta(max_length=20)
]
Days = Annotated[int, Meta(ge=1, le=90)]
Multiplier = Annotated[float, Meta(gt=0, le=100)]
Percent = Annotated[float, Meta(gt=0, lt=100)]
Samples = Annotated[int, Meta(ge=1, le=60)]
Minutes = Annotated[int, Meta(ge=0, le=10_080)]
SilentSec = Annotated[int, Meta(ge=0, le=2_592_000)]
Ids = Annotated[list[Id], Meta(max_length=1_000)]
SomeHours = Annotated[list[Hours], Meta(max_length=20)]
BaselineBy = Literal["none", "hour", "weekday_hour"]


class NewRule(Wire, frozen=True, kw_only=True):
    """Body of `POST .../alert-rules`. No probe and no agent: all of the workspace."""

    name: Name
    description: Text = ""
    probe_id: Id | None = None
    agent_id: Id | None = None
    """The agent that reports."""
    metric: Metric
    operator: Operator
    threshold: float
    severity: Severity = "warning"
    enabled: bool = True
    threshold_type: ThresholdType = "static"
    baseline_window_days: Days = 7
    stddev_multiplier: Multiplier = 2.0
    stddev_multiplier_critical: Multiplier = 3.0
    """A dynamic_stddev rule is critical from here on, whatever its severity."""
    percentile: Percent = 95.0
    metric2: Metric | None = None
    operator2: Operator | None = None
    threshold2: float | None = None
    logical_op: Logic | None = None
    for_count: Samples = 1
    of_count: Samples = 1
    """Raised when the condition held in `for_count` of the last `of_count` samples."""
    recovery_threshold: float | None = None
    """An open alert stays until the value is back on this side; none: the threshold itself."""
    no_data_sec: SilentSec = 0
    """Raised also when a probe that should report is silent for so long; 0: never."""
    notify_panel: bool = True
    notify_email: bool = False
    notify_webhook: bool = False
    webhook_url: WebhookUrl = ""
    webhook_secret: Secret = ""
    apprise_urls: AppriseUrls = []
    channel_ids: ChannelIds = []
    """Named channels that are told, besides."""
    cooldown_minutes: Minutes = 5
    maintenance_window_id: Id | None = None
    active_hours: SomeHours = []
    """Only then an alert opens; what is open goes on. None: always."""
    quiet_hours: SomeHours = []
    """What opens then is told when they end, and only if it is open still."""
    quiet_critical: bool = False
    """Whether critical alerts wait, too."""
    remind_minutes: Minutes = 0
    """Told again so long after its beginning, with growing pauses, while it is open and nobody
    acknowledges it; 0: never."""
    escalate_after_minutes: Minutes = 0
    """Told to others, too, when it is open for so long and nobody acknowledges it; 0: never."""
    escalate_channel_ids: ChannelIds = []
    escalate_apprise_urls: AppriseUrls = []
    baseline_by: BaselineBy = "none"
    """A dynamic threshold compares with what was usual at this hour of the day, or of the week, by
    the clocks of `timezone`."""
    timezone: ZoneName = "UTC"
    tells: Tells = "incidents"
    critical_threshold: float | None = None
    """From here on a warning of a static threshold is critical."""
    external_id: ExternalId = ""
    """A name of the caller's own, once in a workspace."""


class RulePatch(Wire, frozen=True, kw_only=True):
    """Body of `PATCH .../alert-rules/{id}`; what is left out stays, null takes away."""

    name: Name | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    probe_id: Id | UnsetType | None = UNSET
    agent_id: Id | UnsetType | None = UNSET
    metric: Metric | UnsetType = UNSET
    operator: Operator | UnsetType = UNSET
    threshold: float | UnsetType = UNSET
    severity: Severity | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    threshold_type: ThresholdType | UnsetType = UNSET
    baseline_window_days: Days | UnsetType = UNSET
    stddev_multiplier: Multiplier | UnsetType = UNSET
    stddev_multiplier_critical: Multiplier | UnsetType = UNSET
    percentile: Percent | UnsetType = UNSET
    metric2: Metric | UnsetType | None = UNSET
    operator2: Operator | UnsetType | None = UNSET
    threshold2: float | UnsetType | None = UNSET
    logical_op: Logic | UnsetType | None = UNSET
    for_count: Samples | UnsetType = UNSET
    of_count: Samples | UnsetType = UNSET
    recovery_threshold: float | UnsetType | None = UNSET
    no_data_sec: SilentSec | UnsetType = UNSET
    notify_panel: bool | UnsetType = UNSET
    notify_email: bool | UnsetType = UNSET
    notify_webhook: bool | UnsetType = UNSET
    webhook_url: WebhookUrl | UnsetType = UNSET
    webhook_secret: Secret | UnsetType = UNSET
    apprise_urls: AppriseUrls | UnsetType = UNSET
    channel_ids: ChannelIds | UnsetType = UNSET
    cooldown_minutes: Minutes | UnsetType = UNSET
    maintenance_window_id: Id | UnsetType | None = UNSET
    active_hours: SomeHours | UnsetType = UNSET
    quiet_hours: SomeHours | UnsetType = UNSET
    quiet_critical: bool | UnsetType = UNSET
    remind_minutes: Minutes | UnsetType = UNSET
    escalate_after_minutes: Minutes | UnsetType = UNSET
    escalate_channel_ids: ChannelIds | UnsetType = UNSET
    escalate_apprise_urls: AppriseUrls | UnsetType = UNSET
    baseline_by: BaselineBy | UnsetType = UNSET
    timezone: ZoneName | UnsetType = UNSET
    tells: Tells | UnsetType = UNSET
    critical_threshold: float | UnsetType | None = UNSET
    external_id: ExternalId | UnsetType = UNSET


class Rule(Wire, frozen=True, kw_only=True):
    """A rule as it is shown. Its secret is not: `has_webhook_secret` says whether there is one."""

    id: int
    created_at: datetime
    updated_at: datetime
    workspace_id: int
    name: str
    description: str
    probe_id: int | None
    agent_id: int | None
    metric: Metric
    operator: Operator
    threshold: float
    severity: Severity
    enabled: bool
    threshold_type: ThresholdType
    baseline_window_days: int
    stddev_multiplier: float
    stddev_multiplier_critical: float
    percentile: float
    metric2: Metric | None
    operator2: Operator | None
    threshold2: float | None
    logical_op: Logic | None
    for_count: int
    of_count: int
    recovery_threshold: float | None
    no_data_sec: int
    notify_panel: bool
    notify_email: bool
    notify_webhook: bool
    webhook_url: str
    has_webhook_secret: bool
    apprise_urls: list[str]
    channel_ids: list[int]
    cooldown_minutes: int
    maintenance_window_id: int | None
    tells: Tells
    critical_threshold: float | None
    external_id: str
    active_hours: list[Hours] = []
    quiet_hours: list[Hours] = []
    quiet_critical: bool = False
    remind_minutes: int = 0
    escalate_after_minutes: int = 0
    escalate_channel_ids: list[int] = []
    escalate_apprise_urls: list[str] = []
    baseline_by: BaselineBy = "none"
    timezone: str = "UTC"
    state: State = "unknown"
    """The worst of what it watches."""
    plain_baselines: int = 0
    """On how many lines there is too little of this hour yet, so that the baseline of all hours is
    used."""


class RulePreview(Wire, frozen=True, kw_only=True):
    """What a rule would have done on what was measured already."""

    fired: int
    lines_firing_now: int
    results: int
    """How many were looked at, the newest of each probe."""
    since: datetime
    """From when on all that was measured was looked at."""
    text: str
    """`would have fired 412 times in 7 days`"""


class Alert(Wire, frozen=True, kw_only=True):
    """`metric`, `value` and `threshold` are those of the condition that was true."""

    id: int
    created_at: datetime
    updated_at: datetime
    alert_rule_id: int
    rule_name: str
    workspace_id: int
    probe_id: int | None
    agent_id: int | None
    probe_type: str
    probe_name: str
    probe_target: str
    agent_name: str
    metric: str
    value: float | None
    threshold: float | None
    severity: Severity
    status: AlertStatus
    message: str
    triggered_at: datetime
    resolved_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: int | None
    """Who did first; with an API key, who made it."""
    incident_id: int | None
    ended: Ended = ""
    is_known: bool = True
    """False while its agent is away: whether it is still so is not known."""
    last_value: float | None = None
    """Of now, or of its end; null: not known."""
    worst_value: float | None = None
    acknowledged_name: str = ""
    """An e-mail address, or "key: " and the name of an API key; as it was then."""
    acknowledged_until: datetime | None = None
    """From then on it counts as not acknowledged; null: it stays so."""
    escalated_at: datetime | None = None
    symptom_of: int | None = None
    """The alert that explains it: nobody is told of this one while that one is open."""
    is_replayed: bool = False
    """It was over before the controller knew of it: its results came late."""


class AlertCount(Wire, frozen=True, kw_only=True):
    count: int


class AlertPage(Wire, frozen=True, kw_only=True):
    data: list[Alert]
    total: int
    limit: int
    offset: int
    next: str = ""
    """Where `since` was given: what to go on with, for alerts that change later."""
