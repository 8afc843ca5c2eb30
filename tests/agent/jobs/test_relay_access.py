"""By what the engine may ask the controller's relay."""

from forepost.agent.jobs.relay_access import relay_access
from forepost.agent.node import Identity
from forepost.agent.way import Way

ME = Identity(url="https://c.example", workspace_id=1, agent_id=2, psk="secret")


def test_it_is_that_of_the_uplink() -> None:
    way = Way(proxy="http://me:pass@proxy.example:3128", ca_file="/etc/ca.pem")
    found = relay_access(ME, ME.url, way, allow_plain=False)
    assert found is not None
    assert (found.url, found.ca_file) == (ME.url, "/etc/ca.pem")
    assert found.proxy == "http://me:pass@proxy.example:3128"
    assert found.headers["X-Agent-PSK"] == "secret"


def test_there_is_none_without_a_controller_or_where_its_line_may_not_be_used() -> None:
    assert relay_access(None, ME.url, Way(), allow_plain=True) is None
    assert relay_access(ME, "", Way(), allow_plain=True) is None
    assert relay_access(ME, "http://c.example", Way(), allow_plain=False) is None
    plain = relay_access(ME, "http://c.example", Way(proxy="none"), allow_plain=True)
    assert plain is not None
    assert plain.proxy == "none"
    assert relay_access(ME, ME.url, Way(proxy="ftp://x"), allow_plain=True) is None
