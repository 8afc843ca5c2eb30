"""The panel as a browser fetches it: one page at all of its addresses, and its assets."""

from pathlib import Path

import httpx
import pytest

from forepost.controller.web.panel_files import WITHIN
from tests.running import ControllerProcess

DEEP = (
    "/w/1/sites",
    "/w/3/sites/10/probes/7?last=1h",
    "/w/1/traffic?group=staff+%26+co",
    "/w/1/no/such/page",
    "/shared/a-token_of-somebody",
)
NONE_SUCH = (
    "/w",
    "/shared",
    "/wx/1",
    "/W/1/sites",
    "/sites/1",
    "/forepost/w/1/sites",
    "/workspaces/1/nope",
    "/auth/nope",
    "/assets/nope.js",
    "/assets/../../x",
    "/assets/w/1/sites",
)


def get(controller: ControllerProcess, path: str) -> httpx.Response:
    return httpx.get(controller.url + path, verify=False)


@pytest.mark.parametrize("path", ["/", "/index.html", *DEEP])
def test_the_panel_is_served_under_a_strict_policy(
    controller: ControllerProcess, path: str
) -> None:
    page = get(controller, path)
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["cache-control"] == "no-cache"
    assert "inline" in page.headers["content-disposition"]
    script = page.text.split('src="', 1)[1].split('"', 1)[0]
    assert script.startswith("/assets/")
    asset = get(controller, script)
    assert asset.status_code == 200
    assert "immutable" in asset.headers["cache-control"]


@pytest.mark.parametrize("path", DEEP)
def test_only_its_head_is_sent_where_that_is_asked(
    controller: ControllerProcess, path: str
) -> None:
    head = httpx.head(controller.url + path, verify=False)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get(controller, path).headers["content-length"]


@pytest.mark.parametrize("path", NONE_SUCH)
def test_what_is_neither_page_nor_asset_is_404_in_json(
    controller: ControllerProcess, path: str
) -> None:
    answer = get(controller, path)
    assert (answer.status_code, answer.json()) == (404, {"error": "not found"})


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_page_is_only_looked_at(controller: ControllerProcess, method: str) -> None:
    answer = httpx.request(method, controller.url + DEEP[0], verify=False)
    assert answer.status_code == 405
    assert set(answer.json()) == {"error"}


def test_no_route_of_rest_stands_among_the_pages() -> None:
    rows = (Path(__file__).parents[1] / "rights.txt").read_text().splitlines()
    paths = [row.split()[1] for row in rows]
    for within in WITHIN:
        here = [path for path in paths if f"{path}/".startswith(f"{within}/")]
        assert here == [within + "/{place:path}"]
