"""Routes of alert rules."""

from typing import Final

import msgspec
from litestar import Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from forepost.controller.access.guard import RANK, READS, Caller, needs
from forepost.controller.alerts.preview import RulePreviews
from forepost.controller.alerts.service import Alerting
from forepost.kit.clock import Clock
from forepost.wire.disclosure import public_channel
from forepost.wire.rest.alerts import NewRule, Rule, RulePatch, RulePreview
from forepost.wire.rest.bodies import Done, ListOf

RULES: Final = "/workspaces/{workspace_id:int}/alert-rules"
RULE: Final = RULES + "/{rule_id:int}"


def routes(alerting: Alerting, previews: RulePreviews, clock: Clock) -> Router:
    @get(RULES, opt=needs("VIEWER"))
    async def list_rules(
        caller: NamedDependency[Caller], workspace_id: FromPath[int]
    ) -> ListOf[Rule]:
        """Only an ADMIN is shown whole URLs of webhooks and Apprise."""
        rules = [alerting.shown(rule) for rule in await alerting.store.rules_of(workspace_id)]
        return ListOf(data=[for_role(caller.role, rule) for rule in rules])

    @post(RULES, opt=needs("ADMIN"))
    async def add_rule(workspace_id: FromPath[int], data: JSONBody[NewRule]) -> Rule:
        rule = await alerting.store.add_rule(workspace_id, data, clock.now())
        await alerting.reload(workspace_id)
        return alerting.shown(rule)

    @post(RULES + "/preview", opt=needs("ADMIN", READS), status_code=HTTP_200_OK)
    async def preview_rule(workspace_id: FromPath[int], data: JSONBody[NewRule]) -> RulePreview:
        """How often the rule would have fired in the last seven days; nothing is made."""
        return await previews.of(workspace_id, data)

    @get(RULE, opt=needs("VIEWER"))
    async def get_rule(
        caller: NamedDependency[Caller], workspace_id: FromPath[int], rule_id: FromPath[int]
    ) -> Rule:
        rule = alerting.shown(await alerting.store.rule(workspace_id, rule_id))
        return for_role(caller.role, rule)

    @patch(RULE, opt=needs("ADMIN"))
    async def change_rule(
        workspace_id: FromPath[int], rule_id: FromPath[int], data: JSONBody[RulePatch]
    ) -> Rule:
        """Open alerts of a rule that is switched off, or asks something else now, are resolved."""
        return await alerting.change_rule(workspace_id, rule_id, data, clock.now())

    @delete(RULE, opt=needs("ADMIN"), status_code=HTTP_200_OK)
    async def delete_rule(workspace_id: FromPath[int], rule_id: FromPath[int]) -> Done:
        """Its alerts stay as a record; those that are open are resolved."""
        await alerting.delete_rule(workspace_id, rule_id, clock.now())
        return Done()

    return Router(
        "/",
        route_handlers=[list_rules, add_rule, preview_rule, get_rule, change_rule, delete_rule],
        tags=["alert-rules"],
    )


def for_role(role: str, rule: Rule) -> Rule:
    """The rule as somebody with this role may see it: keys stand in the URLs of channels."""
    if RANK[role] >= RANK["ADMIN"]:
        return rule
    return msgspec.structs.replace(
        rule,
        webhook_url=public_channel(rule.webhook_url),
        apprise_urls=[public_channel(url) for url in rule.apprise_urls],
        escalate_apprise_urls=[public_channel(url) for url in rule.escalate_apprise_urls],
    )
