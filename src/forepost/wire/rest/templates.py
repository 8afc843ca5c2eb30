"""Templates of notices, as REST has them."""

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from forepost.wire.base import ExternalId, Id, Name, Wire
from forepost.wire.rest.channels import ChannelZone

TitleTemplate = Annotated[str, Meta(max_length=500)]
TextTemplate = Annotated[str, Meta(max_length=10_000)]
BodyTemplate = Annotated[str, Meta(max_length=20_000)]


class TemplateTexts(Wire, frozen=True, kw_only=True):
    """What is empty is told in the usual words."""

    title: TitleTemplate = ""
    text: TextTemplate = ""
    webhook_body: BodyTemplate = ""


class NewTemplate(TemplateTexts, frozen=True, kw_only=True):
    """Body of `POST .../templates`."""

    name: Name
    external_id: ExternalId = ""


class TemplatePatch(Wire, frozen=True, kw_only=True):
    """Body of `PATCH .../templates/{id}`; what is left out stays."""

    name: Name | UnsetType = UNSET
    title: TitleTemplate | UnsetType = UNSET
    text: TextTemplate | UnsetType = UNSET
    webhook_body: BodyTemplate | UnsetType = UNSET
    external_id: ExternalId | UnsetType = UNSET


class NoticeTemplate(Wire, frozen=True, kw_only=True):
    id: int
    created_at: datetime
    updated_at: datetime
    workspace_id: int
    name: str
    title: str
    text: str
    webhook_body: str
    external_id: str


class AskedTexts(TemplateTexts, frozen=True, kw_only=True, forbid_unknown_fields=True): ...


class TemplateQuestion(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of `POST .../templates/preview`: of texts, or of a template that is there."""

    template: AskedTexts | None = None
    template_id: Id | None = None
    alert_id: Id | None = None
    """Of which it would be told; null: of a made-up one."""
    timezone: ChannelZone = ""
    content_type: Annotated[str, Meta(max_length=200)] = "application/json"
    """Of the webhook: where it is JSON, the body has to be."""


class TemplatePreview(Wire, frozen=True, kw_only=True):
    """What would be sent."""

    title: str
    text: str
    html: str
    body: str
    """Of a webhook."""
    problem: str
    """Why the usual words would be sent instead of the template; empty: they would not."""
