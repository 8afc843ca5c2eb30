"""Two sites that reach nobody but the controller: their files go through its relay."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.controller.jobs.test_job_talk import figure
from tests.lab.net import Namespace, pair
from tests.running import ControllerProcess, until
from tests.whole.test_jobs_by_rest import LONG_SEC, JobSite, Sites
from tests.whole.test_two_families import PORT, handed_on

pytestmark = pytest.mark.timeout(420)
HUB = "198.18.0.2"
LISTENS = ("198.18.8.1", "198.18.9.1")
"""Of the sites: each is known to the other, and there is no way to it."""
PAIR_KIB_PER_SEC = 2_048


class FarSites(Sites):
    """Each in a network of its own."""

    spaces: list[Namespace]

    def join_networks(self) -> None:
        """Lay a cable between the two sites."""
        one, two = self.spaces
        one.ip(f"link add direct type veth peer name direct netns {two.name}")
        for space, other in ((one, LISTENS[1]), (two, LISTENS[0])):
            space.ip("link set direct up")
            space.ip(f"route add {other}/32 dev direct")

    def figures(self, run: int) -> list[tuple[int, int]]:
        """At each agent: peers, and how many of them by the relay."""
        found = (one["figures"] or {} for one in self.shown(run)["agents"])
        return [(one.get("peers_count", 0), one.get("peers_count_proxied", 0)) for one in found]


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[FarSites]:
    controller = ControllerProcess(tmp_path / "controller")
    controller.env["FOREPOST_JOBS__RELAY_PAIR_KIB_PER_SEC"] = str(PAIR_KIB_PER_SEC)
    controller.start()
    person = controller.person()
    workspace = person.workspace("w")
    made, spaces = [], []
    with ExitStack() as stack:
        stack.callback(controller.end)
        for listen in LISTENS:
            near, far = stack.enter_context(pair())
            stack.enter_context(handed_on(far, controller, HUB))
            near.ip(f"addr add {listen}/32 dev lo")
            site = JobSite(tmp_path, f"http://{HUB}:{PORT}", person.agent(workspace))
            site.process.env["FOREPOST_JOBS__LISTEN"] = f"{listen}:3841"
            site.process.prefix = ["ip", "netns", "exec", near.name]
            stack.callback(site.process.end)
            site.process.start()
            made.append(site)
            spaces.append(near)
        found = FarSites(controller, person, workspace, *made)
        found.spaces = spaces
        yield found


def test_a_distribution_goes_through_the_relay_also_where_it_is_cut(sites: FarSites) -> None:
    sites.one.files.mkdir()
    for n in range(6):
        (sites.one.files / f"f{n}").write_bytes(os.urandom(2 << 20))
    job = sites.job(
        name="d",
        type="distribution",
        agents=[sites.at(sites.one, permission="rw"), sites.at(sites.two, permission="ro")],
    )
    run = sites.run(job)
    until(
        lambda: figure(sites.controller, "forepost_relay_bytes_total") > 3 << 20,
        LONG_SEC,
        lambda: sites.told(run),
    )
    assert sites.shown(run)["status"] == "working"
    sites.controller.end()
    sites.controller.start()
    sites.until_status(run, "finished")
    assert sites.two.contents() == sites.one.contents()
    assert figure(sites.controller, "forepost_relay_bytes_total") > 1 << 20
    until(lambda: figure(sites.controller, "forepost_relay_pairs") == 0, LONG_SEC)


def test_a_folder_leaves_the_relay_for_a_direct_line(sites: FarSites) -> None:
    job = sites.job(name="f", type="folder", agents=[sites.at(sites.one), sites.at(sites.two)])
    [run] = sites.person.call("GET", sites.path(f"runs?job_id={job}"))["data"]
    until(lambda: sites.one.files.exists() and sites.two.files.exists(), LONG_SEC)
    (sites.one.files / "a").write_bytes(os.urandom(3 << 20))
    (sites.two.files / "b").write_text("from two")
    told = lambda: sites.told(run["id"])  # noqa: E731
    until(
        lambda: len(sites.one.contents()) == 2 and sites.one.contents() == sites.two.contents(),
        LONG_SEC,
        told,
    )
    until(lambda: sites.figures(run["id"]) == [(1, 1), (1, 1)], LONG_SEC, told)
    assert figure(sites.controller, "forepost_relay_pairs") == 1
    sites.join_networks()
    until(lambda: sites.figures(run["id"]) == [(1, 0), (1, 0)], LONG_SEC, told)
    until(lambda: figure(sites.controller, "forepost_relay_pairs") == 0, LONG_SEC, told)
    before = figure(sites.controller, "forepost_relay_bytes_total")
    (sites.two.files / "c").write_bytes(os.urandom(1 << 20))
    until(lambda: sites.one.contents() == sites.two.contents(), LONG_SEC, told)
    assert figure(sites.controller, "forepost_relay_bytes_total") == before
