"""The pictures of docs/panel.md: which page of the demo each shows, and what is clicked before.

The last of them change the demo, so their order counts.
"""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Final

from playwright.sync_api import Page

SIZE: Final = {"width": 1280, "height": 800}
QUALITY: Final = 0.82
# The browser has an encoder of its own.
_ENCODE: Final = """async ([png, quality]) => {
  const image = new Image();
  image.src = `data:image/png;base64,${png}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [image.width, image.height];
  canvas.getContext('2d').drawImage(image, 0, 0);
  return canvas.toDataURL('image/webp', quality).split(',')[1];
}"""


def _nothing(page: Page) -> None:
    """What is shown at first is the picture."""


def _press(*names: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        for name in names:
            page.get_by_role("button", name=name).first.click()

    return act


def _new_probe(page: Page) -> None:
    page.get_by_label("Targets, one a line").fill("198.18.1.10")


def _time(page: Page) -> None:
    page.get_by_test_id("time-range").click()


def _probe_menu(page: Page) -> None:
    page.get_by_role("button", name="Of this probe").click()


def _new_rule(page: Page) -> None:
    page.get_by_role("button", name="Add rule").click()
    form = page.get_by_role("form", name="New rule")
    form.get_by_label("Name", exact=True).fill("Lines that lose packets")
    form.get_by_label("Metric", exact=True).select_option("packet_loss")
    form.get_by_label("Operator", exact=True).select_option(">=")
    form.get_by_label("Threshold", exact=True).fill("5")
    form.get_by_role("button", name="Try it on the past").click()
    page.get_by_test_id("preview").wait_for()


def _new_route(page: Page) -> None:
    page.get_by_role("button", name="Add route").click()
    form = page.get_by_role("form", name="New route")
    form.get_by_label("Name").fill("Nights")
    form.get_by_label("Critical").check()


def _trial(page: Page) -> None:
    page.get_by_label("Target", exact=True).fill("198.18.1.10")


def _look_up(page: Page) -> None:
    form = page.get_by_role("form", name="Look up")
    form.get_by_label("Address").fill("198.18.1.10")
    form.get_by_role("button").click()
    page.get_by_test_id("looked-up").wait_for()


def _invite(page: Page) -> None:
    page.get_by_role("button", name="Invite somebody").click()
    page.get_by_label("Mail address").fill("colleague@example.com")


def _new_key(page: Page) -> None:
    page.get_by_role("button", name="New key").click()
    form = page.get_by_role("form", name="New key")
    form.get_by_label("Name").fill("grafana")
    form.scroll_into_view_if_needed()


def _one_device(page: Page) -> None:
    page.get_by_test_id("top-device").get_by_role("link").first.click()
    page.get_by_test_id("only-device").wait_for()
    page.get_by_test_id("talk-row").first.wait_for()


def _new_microservice(page: Page) -> None:
    page.get_by_label("Name").first.fill("collector")
    page.get_by_label("Image").first.fill("registry.example.com/collector:2.1")


def _new_site(page: Page) -> None:
    page.get_by_label("Name", exact=True).fill("Bergen")
    page.get_by_label("Labels").fill("site=Bergen, customer=Acme")
    page.get_by_role("button", name="Add and show its line").click()
    page.locator("code").first.wait_for()


GUIDE: Final[dict[str, tuple[str, Callable[[Page], None]]]] = {
    "now": ("now", _nothing),
    "sites": ("sites", _nothing),
    "map": ("map", _nothing),
    "matrix": ("matrix", _nothing),
    "site": ("site", _nothing),
    "site-settings": ("site-settings", _nothing),
    "ping": ("ping", _nothing),
    "probe-menu": ("ping", _probe_menu),
    "time": ("ping", _time),
    "share": ("ping", _press("Share")),
    "export": ("ping", _press("Export")),
    "http": ("http", _nothing),
    "add-probe": ("add-probe", _new_probe),
    "mtr": ("mtr", _nothing),
    "route-change": ("mtr", _press("What changed")),
    "target": ("target", _nothing),
    "compare": ("compare", _nothing),
    "traffic": ("traffic", _nothing),
    "talkers": ("traffic", _one_device),
    "group": ("group", _nothing),
    "incident": ("incident", _nothing),
    "acknowledge": ("incident", _press("Note …")),
    "mute": ("incident", _press("Mute …")),
    "rule": ("rules", _new_rule),
    "channel": ("channels", _nothing),
    "route": ("routes", _new_route),
    "tools": ("tools", _trial),
    "look-up": ("tools", _look_up),
    "microservice": ("microservice", _nothing),
    "deploy": ("add-workload", _new_microservice),
    "job": ("job", _nothing),
    "invite": ("settings", _invite),
    "key": ("settings", _new_key),
    "account": ("account", _nothing),
    "add-site": ("add-site", _new_site),
}


def keep(page: Page, encoder: Page, path: Path) -> None:
    """The picture of a page as WebP, which another page makes of it."""
    png = base64.b64encode(page.screenshot()).decode()
    path.write_bytes(base64.b64decode(encoder.evaluate(_ENCODE, [png, QUALITY])))
