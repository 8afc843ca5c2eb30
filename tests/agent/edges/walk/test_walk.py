"""Where the way to a controller ends, and why: real servers that are none, and one that is."""

import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from websockets.sync.client import connect

from forepost.agent.edges.walk.stages import STAGES, Walk
from forepost.agent.way import Way
from forepost.kit.pins import pinned
from forepost.kit.proxies import proxy_of
from forepost.kit.tunnel import reach
from forepost.wire.uplink.messages import LOOK
from tests.free_ports import free_port
from tests.lab.web_servers import Nginx, opens, other_make, serving
from tests.running import AgentProcess, ControllerProcess, NewAgent, Person, until
from tests.tls_front import Front

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControllerProcess]:
    process = ControllerProcess(tmp_path_factory.mktemp("controller")).start()
    yield process
    process.end()


@pytest.fixture(scope="module")
def person(controller: ControllerProcess) -> Person:
    return controller.person()


@pytest.fixture(scope="module")
def agent(person: Person) -> NewAgent:
    return person.agent(person.workspace("w"))


def walked(url: str, agent: NewAgent | None = None, **more: object) -> Walk:
    headers = agent.headers if agent is not None else {}
    return Walk(url, headers=headers, step_sec=5, **more).go()  # type: ignore[arg-type]


def ends(walk: Walk, stage: str, *words: str) -> None:
    """All stages before it are well, none after it is looked at."""
    states = {one.stage: one.state for one in walk.stages}
    assert list(states) == list(STAGES)
    before = STAGES.index(stage)
    assert [states[name] for name in STAGES[:before]] == ["ok"] * before, walk.stages
    assert states[stage] == "fails", walk.stages
    assert {states[name] for name in STAGES[before + 1 :]} <= {"off"}
    said = f"{walk.why_not} ({walk.grant})"
    for word in words:
        assert word in said, said


def test_an_acknowledgement(controller: ControllerProcess, agent: NewAgent) -> None:
    walk = walked(controller.url, agent)
    assert (walk.why_not, [one.state for one in walk.stages]) == ("", ["ok"] * 7)
    nameless = walked(controller.url)
    assert nameless.why_not == ""
    assert [one.state for one in nameless.stages] == ["ok"] * 5 + ["off"] * 2


def test_it_disturbs_nobody(
    controller: ControllerProcess, person: Person, agent: NewAgent, tmp_path: Path
) -> None:
    one = f"/workspaces/{agent.workspace}/agents/{agent.id}"
    unseen = person.agent(agent.workspace, "unseen")
    before = person.call("GET", f"/workspaces/{agent.workspace}/agents/{unseen.id}")
    assert walked(controller.url, unseen).why_not == ""
    assert person.call("GET", f"/workspaces/{agent.workspace}/agents/{unseen.id}") == before
    process = AgentProcess(tmp_path / "agent", controller.url, agent).start()
    try:
        until(process.drained, 20, lambda: process.output)
        log = controller.output
        for _ in range(6):  # as often as makes a conflict
            assert walked(controller.url, agent).why_not == ""
        assert process.status()["connected"]
        assert process.status()["problems"].keys() <= {"clock"}
        assert person.call("GET", one)["identity_conflict"] is None
        assert controller.output == log
    finally:
        process.end()


def test_who_only_looks_can_say_nothing_else(
    controller: ControllerProcess, person: Person, agent: NewAgent
) -> None:
    probe = person.probe(agent, type="PING", targets=["198.18.0.1"])
    post = (
        f'{{"probe_id":{probe},"created_at":"2026-01-01T00:00:00Z","type":"PING","payload":{{}}}}'
    )
    for words in (
        f";agent;;probe_post;0;0;{post}",
        f';forepost;;report;0;0;{{"boot":1,"results":[{{"seq":1,"post":{post}}}]}}',
        ';forepost;;hello;0;0;{"version":"x","boot":7}',
    ):
        with connect(
            f"{controller.ws}/ws/agent",
            additional_headers=agent.headers,
            subprotocols=[LOOK],  # type: ignore[list-item]
            proxy=None,
        ) as line:
            line.send("M")
            assert str(line.recv(5)).startswith("A")
            for namespace in ("agent", "forepost"):
                line.send(f"$1;{namespace};;_OnNamespaceConnect;0;0;")
                line.recv(5)
            line.send(words)
            heard = [str(one) for one in line]
            assert not any("_ok" in one for one in heard), heard
    assert person.results(agent, probe) == []


def test_a_key_that_is_not_known(
    controller: ControllerProcess, person: Person, agent: NewAgent
) -> None:
    stranger = NewAgent(agent.workspace, agent.id, "x" * 64)
    ends(walked(controller.url, stranger), "key", "the key is not known there", "issue a PIN")
    gone = person.agent(agent.workspace, "gone")
    person.call("DELETE", f"/workspaces/{gone.workspace}/agents/{gone.id}")
    ends(walked(controller.url, gone), "key", "was removed there")


def test_a_controller_that_stands_still_acknowledges_nothing(
    controller: ControllerProcess, agent: NewAgent
) -> None:
    assert controller.child is not None
    controller.child.send_signal(signal.SIGSTOP)
    try:
        walk = Walk(controller.url, headers=agent.headers, step_sec=1).go()
    finally:
        controller.child.send_signal(signal.SIGCONT)
    ends(walk, "upgrade", "says nothing")
    until(controller.is_ready, 15)


def test_names_and_ports() -> None:
    ends(walked("http://nobody.invalid"), "name", "nobody.invalid is not found")
    ends(walked(f"http://127.0.0.1:{free_port()}"), "TCP", "refused", "firewall")


def test_silence_and_other_greetings() -> None:
    with serving(b"") as port:
        silent = Walk(f"http://127.0.0.1:{port}", step_sec=1).go()
        ends(silent, "upgrade", "says nothing within 1 s")
    with serving(b"220 mail.example ESMTP\r\n") as port:
        ends(walked(f"http://127.0.0.1:{port}"), "upgrade", "something else", "220 mail.example")
        ends(walked(f"https://127.0.0.1:{port}"), "TLS", "does not speak TLS", "220 mail.example")


def test_an_ssh_server(tmp_path: Path) -> None:
    port, key = free_port(), tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    Path("/run/sshd").mkdir(exist_ok=True)
    child = subprocess.Popen(
        [
            *("/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", "-h", str(key), "-p", str(port)),
            *("-o", "ListenAddress=127.0.0.1", "-o", f"PidFile={tmp_path}/pid"),
        ],
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: opens(port), 10)
        ends(walked(f"http://127.0.0.1:{port}"), "upgrade", "something else", "an SSH server")
        ends(walked(f"https://127.0.0.1:{port}"), "TLS", "an SSH server")
    finally:
        child.terminate()
        child.wait(10)


@pytest.fixture(scope="module")
def nginx(
    controller: ControllerProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Nginx]:
    with Nginx(tmp_path_factory.mktemp("nginx"), controller.port).running() as found:
        yield found


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("page", ("something else answers at this address: a web page of nginx", "HTTP 200")),
        ("nothing", ("something else answers at this address", "HTTP 404", "reverse-proxy.md")),
        ("moved", ("it sends us to https://elsewhere.example/ws/agent", "HTTP 301", "uplink.url")),
        ("behind", ("does not reach the controller", "HTTP 502")),
        ("login", ("wants a login", "HTTP 401")),
        ("no upgrade", ("something else answers", "reverse-proxy.md")),
    ],
)
def test_web_servers(nginx: Nginx, agent: NewAgent, name: str, words: tuple[str, ...]) -> None:
    ends(walked(nginx.url(name), agent), "upgrade", *words)


def test_a_proxy_that_passes_it_on(nginx: Nginx, agent: NewAgent) -> None:
    assert walked(nginx.url("through"), agent).why_not == ""
    tls = Way(ca_file=str(nginx.ca_file)).context("")
    assert walked(nginx.url("good", "https"), agent, tls=tls).why_not == ""


def test_tls_on_a_plain_port_and_plain_on_one_of_tls(nginx: Nginx, agent: NewAgent) -> None:
    ends(walked(nginx.url("good"), agent), "upgrade", "it speaks TLS there", "use https://")
    said = ("does not speak TLS", "a web server without TLS", "http://")
    ends(walked(nginx.url("through", "https"), agent), "TLS", *said)


def test_tls_that_says_nothing_to_plain_words(
    controller: ControllerProcess, agent: NewAgent, tmp_path: Path
) -> None:
    front = Front(tmp_path)
    with front.before(controller.port) as port:
        ends(walked(f"http://127.0.0.1:{port}", agent), "upgrade", "speaks TLS there", "https://")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("other", ("is of other.example, more.example, not of 127.0.0.1", "uplink.url")),
        ("early", ("is good from", "this host's clock says", "both clocks agree")),
        ("late", ("is good from", "this host's clock says", "both clocks agree")),
        ("good", ("an authority that this host does not know", "--ca-file")),
    ],
)
def test_certificates(nginx: Nginx, agent: NewAgent, name: str, words: tuple[str, ...]) -> None:
    tls = Way(ca_file=str(nginx.ca_file)).context("") if name != "good" else None
    ends(walked(nginx.url(name, "https"), agent, tls=tls), "TLS", *words)


def test_a_pinned_key_that_is_another(nginx: Nginx, agent: NewAgent) -> None:
    walk = walked(nginx.url("good", "https"), agent, tls=pinned("0" * 64))
    ends(walk, "TLS", "not the pinned one", "uplink.pin_sha256")


def test_a_proxy_that_refuses_is_no_firewall(nginx: Nginx) -> None:
    """It was said to see that it runs, whatever the proxy had answered."""
    proxy = proxy_of(nginx.url("page"))  # a web server allows no CONNECT

    def again(within_sec: float) -> socket.socket:
        return reach("198.18.0.1", 9, within_sec, proxy)

    walk = walked("https://198.18.0.1:9", again=again, proxy=str(proxy))
    ends(walk, "TCP", "the proxy http://127.0.0.1", "uplink.proxy", "CONNECT")
    assert "firewall" not in walk.grant


def test_haproxy_without_its_server(tmp_path: Path, agent: NewAgent) -> None:
    port, config = free_port(), tmp_path / "haproxy.cfg"
    config.write_text(
        "defaults\n mode http\n timeout connect 2s\n timeout client 5s\n timeout server 5s\n"
        f"listen front\n bind 127.0.0.1:{port}\n server one 127.0.0.1:{free_port()}\n"
    )
    child = subprocess.Popen(["haproxy", "-db", "-f", str(config)], stderr=subprocess.DEVNULL)
    try:
        until(lambda: opens(port), 15)
        ends(walked(f"http://127.0.0.1:{port}", agent), "upgrade", "does not reach", "HTTP 503")
    finally:
        child.terminate()
        child.wait(10)


def test_a_controller_of_another_make_is_asked_about_the_key_alone(agent: NewAgent) -> None:
    """It takes no subprotocol, and nothing is said to it: else its agent would give way."""
    heard: list[str] = []
    knows: list[str] = ["known", "unknown", "removed", "it has no answer now"]
    with other_make(heard) as port:
        url = f"http://127.0.0.1:{port}"
        well = walked(url, agent, knows=lambda: knows[0])
        assert (well.why_not, well.stages[-1].state) == ("", "off")
        for said, words in zip(knows[1:], ("not known", "removed", "no answer now"), strict=True):

            def one(said: str = said) -> str:
                return said

            ends(walked(url, agent, knows=one), "key", words)
    assert heard == []


def test_a_clock_that_is_wrong_is_told_by_the_date_of_the_server() -> None:
    """What is in front of a certificate that is not good yet has the time; words are all of it."""
    from forepost.agent.edges.walk.whoelse import ShownCertificate, distrusted, skew

    now = datetime(2024, 1, 1, tzinfo=UTC)
    error = ssl.SSLCertVerificationError("x")
    error.verify_code = 9
    there = ShownCertificate(
        names=["x"],
        issuer="y",
        since=datetime(2026, 6, 1, tzinfo=UTC),
        until=datetime(2027, 6, 1, tzinfo=UTC),
        date="Sun, 29 Nov 2026 14:00:00 GMT",
    )
    said, grant = distrusted(error, there, "x", now)
    assert "good from 2026-06-01 00:00" in said
    assert "this host's clock says 2024-01-01 00:00, the server's 2026-11-29 14:00" in said
    assert "set this host's clock" in grant
    for nothing in ("", "yesterday", "Mon, 01 Jan 2024 00:01:00 GMT", "1 Jan 2024"):
        assert skew(nothing, now) == ""
