"""Alerting in the document of `forepost apply`: rules, windows, channels, routes, parents."""

from typing import Annotated

from msgspec import Meta

from forepost.wire.base import Name, Text, Wire
from forepost.wire.labels import Selector
from forepost.wire.probes import ProbeType
from forepost.wire.rest.alerts import (
    AppriseUrls,
    BaselineBy,
    Days,
    Logic,
    Metric,
    Minutes,
    Multiplier,
    Operator,
    Percent,
    Samples,
    Secret,
    Severity,
    SilentSec,
    SomeHours,
    Tells,
    ThresholdType,
    WebhookUrl,
)
from forepost.wire.rest.apply_item import Item, Key
from forepost.wire.rest.channels import (
    ChannelSecret,
    ChannelUrl,
    ChannelZone,
    Headers,
    MailAddresses,
)
from forepost.wire.rest.hours import Hours, Weekdays, ZoneName
from forepost.wire.rest.maintenance import Aware, DayOfMonth, Every, Reason, Recurrence, WeekOfMonth
from forepost.wire.rest.notify import ChannelKind
from forepost.wire.rest.templates import BodyTemplate, TextTemplate, TitleTemplate


class RuleItem(Item, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """`webhook_secret` is never exported and never compared."""

    name: Name
    description: Text = ""
    probe: Key | None = None
    agent: Key | None = None
    metric: Metric
    operator: Operator
    threshold: float
    severity: Severity = "warning"
    enabled: bool = True
    threshold_type: ThresholdType = "static"
    baseline_window_days: Days = 7
    stddev_multiplier: Multiplier = 2.0
    stddev_multiplier_critical: Multiplier = 3.0
    percentile: Percent = 95.0
    metric2: Metric | None = None
    operator2: Operator | None = None
    threshold2: float | None = None
    logical_op: Logic | None = None
    for_count: Samples = 1
    of_count: Samples = 1
    recovery_threshold: float | None = None
    no_data_sec: SilentSec = 0
    notify_panel: bool = True
    notify_email: bool = False
    notify_webhook: bool = False
    webhook_url: WebhookUrl = ""
    webhook_secret: Secret = ""
    apprise_urls: AppriseUrls = []
    channels: Annotated[list[Key], Meta(max_length=20)] = []
    cooldown_minutes: Minutes = 5
    window: Key | None = None
    tells: Tells = "incidents"
    critical_threshold: float | None = None
    active_hours: SomeHours = []
    quiet_hours: SomeHours = []
    quiet_critical: bool = False
    remind_minutes: Minutes = 0
    escalate_after_minutes: Minutes = 0
    escalate_channels: Annotated[list[Key], Meta(max_length=20)] = []
    escalate_apprise_urls: AppriseUrls = []
    baseline_by: BaselineBy = "none"
    timezone: ZoneName = "UTC"


class WindowItem(Item, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A maintenance window; the mutes of alerts are none."""

    name: Name
    starts_at: Aware
    ends_at: Aware
    recurrence: Recurrence = "none"
    every: Every = 1
    timezone: ZoneName = "UTC"
    weekdays: Weekdays = []
    day_of_month: DayOfMonth | None = None
    week_of_month: WeekOfMonth | None = None
    until: Aware | None = None
    paused: bool = False
    reason: Reason = ""
    agents: Annotated[list[Key], Meta(max_length=1_000)] = []
    probes: Annotated[list[Key], Meta(max_length=1_000)] = []


class TemplateItem(Item, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    name: Name
    title: TitleTemplate = ""
    text: TextTemplate = ""
    webhook_body: BodyTemplate = ""


class ChannelItem(Item, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """`secret` and the values of `headers` are never exported and never compared."""

    name: Name
    kind: ChannelKind
    url: ChannelUrl = ""
    addresses: MailAddresses = []
    secret: ChannelSecret = ""
    headers: Headers = {}
    timezone: ChannelZone = ""
    template: Key | None = None
    enabled: bool = True


class RouteMatchItem(
    Wire, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    labels: Selector = {}
    severities: list[Severity] = []
    rules: list[Key] = []
    agents: list[Key] = []
    probe_types: list[ProbeType] = []
    metrics: list[Metric] = []


class RouteItem(Item, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Routes are asked in the order of the document."""

    name: Name
    match: RouteMatchItem = RouteMatchItem()
    hours: Hours | None = None
    channels: Annotated[list[Key], Meta(max_length=20)] = []
    also: bool = False
    stop: bool = True
    enabled: bool = True


class ParentItem(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What depends, a probe or an agent, and on what. It is known by what it names."""

    probe: Key | None = None
    agent: Key | None = None
    parent_probe: Key | None = None
    parent_agent: Key | None = None

    def __post_init__(self) -> None:
        for one, other in (("probe", "agent"), ("parent_probe", "parent_agent")):
            if (getattr(self, one) is None) == (getattr(self, other) is None):
                raise ValueError(f"one of {one} and {other} is needed, and not both")

    @property
    def id(self) -> str:
        child = f"agent {self.agent}" if self.probe is None else f"probe {self.probe}"
        above = (
            f"agent {self.parent_agent}"
            if self.parent_probe is None
            else f"probe {self.parent_probe}"
        )
        return f"{child} on {above}"
