"""Jobs in the document of `forepost apply`: what is hidden, filled in and compared. Pure."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from forepost.wire.disclosure import MASK, public_channel
from forepost.wire.jobs.job import JobScript, JobTriggers
from forepost.wire.rest.apply import JobItem, JobNoticesItem

_TRIGGERS = tuple(field.name for field in msgspec.structs.fields(JobTriggers))

OnScript = Callable[[str, JobScript], JobScript]
"""(what it is called in its job, script) -> what takes its place."""


def public_job(item: JobItem) -> JobItem:
    """Without what scripts are, and where notices go: fit for git."""
    return msgspec.structs.replace(
        _each_script(item, lambda _, script: _hidden(script)), notices=_public_notices(item.notices)
    )


def job_as_known(wanted: JobItem, known: JobItem) -> JobItem:
    """What is wanted, with the values that are there for those that the document hides."""
    there = dict(_scripts(known))

    def filled(name: str, script: JobScript) -> JobScript:
        before = there.get(name)
        if before is None:
            return script
        command = before.command if script.command == MASK else script.command
        env = {
            key: before.env.get(key, value) if value == MASK else value
            for key, value in script.env.items()
        }
        return msgspec.structs.replace(script, command=command, env=env)

    made = _each_script(wanted, filled)
    if wanted.notices is None or known.notices is None:
        return made
    urls = {public_channel(url): url for url in known.notices.apprise_urls}
    hidden = wanted.notices.webhook_url == public_channel(known.notices.webhook_url)
    notices = msgspec.structs.replace(
        wanted.notices,
        webhook_url=known.notices.webhook_url if hidden else wanted.notices.webhook_url,
        apprise_urls=[urls.get(url, url) for url in wanted.notices.apprise_urls],
    )
    return msgspec.structs.replace(made, notices=notices)


def hidden_values(item: JobItem) -> Iterator[Any]:
    """All values that the document may hide."""
    for _, script in _scripts(item):
        yield from [script.command] if isinstance(script.command, str) else script.command
        yield from script.env.values()
    if item.notices is not None:
        yield item.notices.webhook_url
        yield from item.notices.apprise_urls


def comparable_job(item: JobItem, fields: dict[str, Any]) -> dict[str, Any]:
    """`webhook_secret` is never compared."""
    agents = sorted(item.agents, key=lambda one: one.agent)
    notices = item.notices
    if notices is not None:
        notices = msgspec.structs.replace(notices, webhook_secret="")
    return {**fields, "agents": agents, "notices": notices}


def _public_notices(notices: JobNoticesItem | None) -> JobNoticesItem | None:
    if notices is None:
        return None
    return msgspec.structs.replace(
        notices,
        webhook_url=public_channel(notices.webhook_url),
        webhook_secret="",
        apprise_urls=[public_channel(url) for url in notices.apprise_urls],
    )


def _scripts(item: JobItem) -> Iterator[tuple[str, JobScript]]:
    if item.script is not None:
        yield "script", item.script
    for name in _TRIGGERS:
        if (script := getattr(item.triggers, name)) is not None:
            yield name, script


def _each_script(item: JobItem, change: OnScript) -> JobItem:
    made = {name: change(name, script) for name, script in _scripts(item)}
    script = made.pop("script", None)
    return msgspec.structs.replace(item, script=script, triggers=JobTriggers(**made))


def _hidden(script: JobScript) -> JobScript:
    env = dict.fromkeys(script.env, MASK)
    return msgspec.structs.replace(script, command=MASK, env=env)
