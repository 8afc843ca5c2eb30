"""Routes of templates of notices."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Annotated, Final

import msgspec
from litestar import Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK

from forepost.controller.access.guard import RANK, READS, Caller, needs
from forepost.controller.calendar import zone_of
from forepost.controller.notify.rendition import rendered
from forepost.controller.notify.template_store import TemplateStore, check
from forepost.kit.clock import Clock
from forepost.kit.errors import Invalid
from forepost.wire.disclosure import MASK
from forepost.wire.rest.bodies import Done, ListOf
from forepost.wire.rest.notify import Notice
from forepost.wire.rest.templates import (
    NewTemplate,
    NoticeTemplate,
    TemplatePatch,
    TemplatePreview,
    TemplateQuestion,
    TemplateTexts,
)

NoticeOf = Callable[[int, int], Awaitable[Notice]]
"""(workspace id, alert id) -> what would be told of it now. Raises NotFound."""

ALL: Final = "/workspaces/{workspace_id:int}/templates"
ONE: Final = ALL + "/{template_id:int}"


def routes(store: TemplateStore, notice_of: NoticeOf, clock: Clock, panel_url: str) -> Router:
    @get(ALL, opt=needs("VIEWER"))
    async def list_templates(
        caller: NamedDependency[Caller], workspace_id: FromPath[int]
    ) -> ListOf[NoticeTemplate]:
        """Only an ADMIN is shown the bodies of webhooks: receivers have their keys in them."""
        found = await store.all_of(workspace_id)
        return ListOf(data=[for_role(caller.role, template) for template in found])

    @post(ALL, opt=needs("ADMIN"))
    async def add_template(
        workspace_id: FromPath[int], data: JSONBody[NewTemplate]
    ) -> NoticeTemplate:
        return await store.add(workspace_id, data, clock.now())

    @get(ONE, opt=needs("VIEWER"))
    async def get_template(
        caller: NamedDependency[Caller], workspace_id: FromPath[int], template_id: FromPath[int]
    ) -> NoticeTemplate:
        return for_role(caller.role, await store.get(workspace_id, template_id))

    @patch(ONE, opt=needs("ADMIN"))
    async def change_template(
        workspace_id: FromPath[int], template_id: FromPath[int], data: JSONBody[TemplatePatch]
    ) -> NoticeTemplate:
        return await store.change(workspace_id, template_id, data, clock.now())

    @delete(ONE, opt=needs("ADMIN"), status_code=HTTP_200_OK)
    async def delete_template(
        workspace_id: FromPath[int],
        template_id: FromPath[int],
        force: Annotated[bool, QueryParameter(name="force")] = False,
    ) -> Done:
        """Refused while channels tell by it; `?force=true` has them tell in the usual words."""
        await store.delete(workspace_id, template_id, force=force)
        return Done()

    @post(ALL + "/preview", opt=needs("VIEWER", READS), status_code=HTTP_200_OK)
    async def preview_template(
        caller: NamedDependency[Caller],
        workspace_id: FromPath[int],
        data: JSONBody[TemplateQuestion],
    ) -> TemplatePreview:
        """What would be sent of an alert, or of a made-up one; without a template in the usual
        words.
        """
        texts: TemplateTexts | None = data.template
        hides = False
        if data.template_id is not None:
            if texts is not None:
                raise Invalid("template: not with template_id")
            known = await store.get(workspace_id, data.template_id)
            hides = for_role(caller.role, known) != known
            texts = TemplateTexts(
                title=known.title, text=known.text, webhook_body=known.webhook_body
            )
        elif texts is not None:
            check(texts)
        if data.timezone:
            zone_of(data.timezone)
        if data.alert_id is None:
            notice = sample_of(workspace_id, panel_url, clock.now())
        else:
            notice = await notice_of(workspace_id, data.alert_id)
        made = rendered(notice, data.timezone, texts, data.content_type)
        return TemplatePreview(
            title=made.title,
            text=made.text,
            html=made.html,
            body=MASK if hides else made.hook_body,
            problem=made.note,
        )

    return Router(
        "/",
        route_handlers=[
            list_templates,
            add_template,
            get_template,
            change_template,
            delete_template,
            preview_template,
        ],
        tags=["templates"],
    )


def for_role(role: str, template: NoticeTemplate) -> NoticeTemplate:
    """The template as somebody with this role may see it."""
    if RANK[role] >= RANK["ADMIN"] or not template.webhook_body:
        return template
    return msgspec.structs.replace(template, webhook_body=MASK)


def sample_of(workspace_id: int, panel_url: str, now: datetime) -> Notice:
    """A notice as an alert causes it that there is not."""
    return Notice(
        alert_id=1,
        workspace_id=workspace_id,
        probe_id=1,
        agent_id=1,
        probe_type="PING",
        probe_name="Gateway",
        probe_target="198.18.0.1",
        agent_name="office",
        panel_url=panel_url,
        metric="packet_loss",
        value=12.5,
        threshold=5.0,
        severity="critical",
        message="packet_loss 12.5 % > 5 % on Gateway (198.18.0.1) from office",
        triggered_at=now - timedelta(minutes=5),
        event="triggered",
        resolved_at=None,
        rule_id=1,
        rule_name="High packet loss",
        incident_id=1,
        seq=1,
        status="active",
        last_value=12.5,
        worst_value=37.5,
        unit="%",
        workspace_name="Workspace",
        link=f"{panel_url.rstrip('/')}/w/{workspace_id}/sites/1/probes/1" if panel_url else "",
    )
