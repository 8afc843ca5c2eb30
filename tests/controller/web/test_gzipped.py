"""Long answers without a secret are packed for who takes it, and for nobody else."""

import gzip
import re

import httpx
import pytest

from forepost.controller.web.gzipped import takes_gzip
from tests.running import ControllerProcess, Person

GZIP = {"Accept-Encoding": "gzip"}
PLAIN = {"Accept-Encoding": "identity"}


@pytest.mark.parametrize(
    ("said", "takes"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("*", True),
        ("", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("identity", False),
        ("notgzip", False),
    ],
)
def test_who_takes_it_says_so(said: str, takes: bool) -> None:
    assert takes_gzip({"accept-encoding": said}) is takes
    assert not takes_gzip({"accept-encoding": said, "range": "bytes=0-9"})


def test_files_of_the_panel_and_lists_are_packed(
    controller: ControllerProcess, person: Person
) -> None:
    workspace = person.workspace("w")
    for n in range(12):
        person.agent(workspace, f"site {n}")
    lists = f"/workspaces/{workspace}/"
    bearer = {"Authorization": f"Bearer {person.token}"}
    with httpx.Client(base_url=controller.url, verify=False, headers=bearer) as client:
        page = client.get("/").text
        (script,) = re.findall(r'src="(/assets/index-[\w-]+\.js)"', page)
        for path in (script, f"{lists}sites", f"{lists}health"):
            plain = client.get(path, headers=PLAIN)
            with client.stream("GET", path, headers=GZIP) as answer:
                raw = b"".join(answer.iter_raw())
            assert (answer.status_code, answer.headers["content-encoding"]) == (200, "gzip")
            assert int(answer.headers["content-length"]) == len(raw)
            assert "accept-encoding" in answer.headers["vary"].lower()
            assert "content-encoding" not in plain.headers
            assert len(gzip.decompress(raw)) == len(plain.content) > 2 * len(raw)
            kept = ("content-type", "cache-control", "content-security-policy")
            assert [answer.headers.get(n) for n in kept] == [plain.headers.get(n) for n in kept]
        # What has secrets is not, and neither is what is short, or no answer.
        for path, status in (
            ("/auth/sessions", 200),
            (f"{lists}agents", 200),
            ("/assets/none-here.js", 404),
        ):
            answer = client.get(path, headers=GZIP)
            assert (answer.status_code, answer.headers.get("content-encoding")) == (status, None)
