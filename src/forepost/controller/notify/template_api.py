"""Routes of templates of notices."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Annotated, Final

from litestar import Router, delete, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK

from forepost.controller.access.guard import READS, needs
from forepost.controller.calendar import zone_of
from forepost.controller.notify.rendition import rendered
from forepost.controller.notify.template_store import TemplateStore, check
from forepost.kit.clock import Clock
from forepost.wire.rest.bodies import Done, ListOf
from forepost.wire.rest.notify import Notice
from forepost.wire.rest.templates import (
    NewTemplate,
    NoticeTemplate,
    TemplatePatch,
    TemplatePreview,
    TemplateQuestion,
)

NoticeOf = Callable[[int, int], Awaitable[Notice]]
"""(workspace id, alert id) -> what would be told of it now. Raises NotFound."""

ALL: Final = "/workspaces/{workspace_id:int}/templates"
ONE: Final = ALL + "/{template_id:int}"


def routes(store: TemplateStore, notice_of: NoticeOf, clock: Clock, panel_url: str) -> Router:
    @get(ALL, opt=needs("VIEWER"))
    async def list_templates(workspace_id: FromPath[int]) -> ListOf[NoticeTemplate]:
        return ListOf(data=await store.all_of(workspace_id))

    @post(ALL, opt=needs("ADMIN"))
    async def add_template(
        workspace_id: FromPath[int], data: JSONBody[NewTemplate]
    ) -> NoticeTemplate:
        return await store.add(workspace_id, data, clock.now())

    @get(ONE, opt=needs("VIEWER"))
    async def get_template(
        workspace_id: FromPath[int], template_id: FromPath[int]
    ) -> NoticeTemplate:
        return await store.get(workspace_id, template_id)

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
        workspace_id: FromPath[int], data: JSONBody[TemplateQuestion]
    ) -> TemplatePreview:
        """What would be sent of an alert, or of a made-up one."""
        check(data.template)
        if data.timezone:
            zone_of(data.timezone)
        if data.alert_id is None:
            notice = sample_of(workspace_id, panel_url, clock.now())
        else:
            notice = await notice_of(workspace_id, data.alert_id)
        made = rendered(notice, data.timezone, data.template, data.content_type)
        return TemplatePreview(
            title=made.title,
            text=made.text,
            html=made.html,
            body=made.hook_body,
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
        message="packet_loss 12.5 > 5 on Gateway (198.18.0.1) from office",
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
        link=f"{panel_url.rstrip('/')}/w/{workspace_id}/sites/1/probes/1" if panel_url else "",
    )
