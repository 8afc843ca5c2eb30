"""A notice as it leaves over a channel: written once, when it is caused. Pure."""

from html import escape
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from forepost.controller.calendar import kept_zone
from forepost.controller.notify import words
from forepost.controller.notify.template import Template, WrongTemplate, in_json, template_of
from forepost.controller.notify.template_values import NAMES, values_of
from forepost.wire.rest.notify import Channel, Notice
from forepost.wire.rest.templates import TemplateTexts

LONGEST_TITLE: Final = 500
JSON: Final = "application/json"


class Rendition(msgspec.Struct, frozen=True):
    title: str
    text: str
    html: str
    hook_body: str
    """Of a webhook."""
    note: str = ""
    """Why it is in the usual words, though there is a template."""

    def body_for(self, kind: str) -> str:
        return self.hook_body if kind == "webhook" else self.text

    def html_for(self, kind: str) -> str:
        return self.html if kind == "email" else ""


def rendered(
    notice: Notice,
    zone_name: str = "",
    template: TemplateTexts | None = None,
    content_type: str = JSON,
) -> Rendition:
    """A name that is no zone (of a setting that nobody checks) is UTC. A template that fails is not
    used: nothing that is to be told is lost.
    """
    zone = kept_zone(zone_name)
    if template is None:
        return _usual(notice, zone)
    try:
        return _by(template, notice, zone, is_json="json" in content_type.lower())
    except WrongTemplate as wrong:
        usual = _usual(notice, zone)
        return msgspec.structs.replace(usual, note=f"the usual words: template: {wrong}")


def parsed(texts: TemplateTexts) -> dict[str, Template]:
    """The parts that are not empty. Raises WrongTemplate, naming field and line."""
    found: dict[str, Template] = {}
    for field in TemplateTexts.__struct_fields__:
        text: str = getattr(texts, field)
        if not text:
            continue
        try:
            found[field] = template_of(text, NAMES)
        except WrongTemplate as wrong:
            raise WrongTemplate(f"{field}: {wrong}") from None
    return found


def content_type_of(channel: Channel) -> str:
    named = {name.lower(): value for name, value in channel.headers.items()}
    return named.get("content-type", JSON)


def _usual(notice: Notice, zone: ZoneInfo) -> Rendition:
    return Rendition(
        title=words.title(notice),
        text=words.text(notice, zone),
        html=words.html(notice, zone),
        hook_body=msgspec.json.encode(notice).decode(),
    )


def _by(texts: TemplateTexts, notice: Notice, zone: ZoneInfo, *, is_json: bool) -> Rendition:
    """Raises WrongTemplate."""
    parts, values, made = parsed(texts), values_of(notice, zone), _usual(notice, zone)
    if "title" in parts:
        title = words.one_line(_filled(parts, "title", values))[:LONGEST_TITLE]
        values["title"] = title or made.title
        made = msgspec.structs.replace(made, title=values["title"])
    if "text" in parts:
        text = words.printable(_filled(parts, "text", values))
        values["text"] = text
        made = msgspec.structs.replace(made, text=f"{text}\n", html=_page(made.title, text))
    if "webhook_body" in parts:
        body = _filled(parts, "webhook_body", values, is_json=is_json)
        if is_json:
            _check_json(body)
        made = msgspec.structs.replace(made, hook_body=body)
    return made


def _filled(
    parts: dict[str, Template], field: str, values: dict[str, str], *, is_json: bool = False
) -> str:
    try:
        return parts[field].filled(values, in_json) if is_json else parts[field].filled(values)
    except WrongTemplate as wrong:
        raise WrongTemplate(f"{field}: {wrong}") from None


def _check_json(body: str) -> None:
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise WrongTemplate(f"webhook_body: what comes of it is no JSON: {error}") from None


def _page(title: str, text: str) -> str:
    return (
        f"<!doctype html><html><body><h2>{escape(title)}</h2>"
        f'<div style="white-space:pre-wrap">{escape(text)}</div></body></html>\n'
    )
