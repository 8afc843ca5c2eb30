"""What a controller says of an agent's address, in NETINFO's words."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from forepost.agent.uplink.whoami import geo

ANSWER = {
    "ip": "203.0.113.7",
    "timestamp": "2026-11-21T09:14:27Z",
    "geoip": {
        "ip": "203.0.113.7",
        "city": {"name": "Berlin", "subdivision": "Land Berlin"},
        "country": {"code": "DE", "name": "Germany"},
        "asn": {"number": 64500, "organization": "Example"},
        "coordinates": {"latitude": 52.5, "longitude": 13.4, "accuracy_radius": 10},
        "cached": False,
    },
    "reverse_dns": "host.example",
}
json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from([*ANSWER, "city", "name", "asn", "number", "coordinates"]), inner
    ),
    max_leaves=8,
)  # fmt: skip


def test_every_field_of_the_contract() -> None:
    assert geo(ANSWER) == {
        "city": "Berlin",
        "region": "Land Berlin",
        "country": "Germany",
        "country_code": "DE",
        "latitude": 52.5,
        "longitude": 13.4,
        "asn": 64500,
        "asn_org": "Example",
        "isp": "Example",
        "reverse_dns": "host.example",
    }
    assert geo({"ip": "203.0.113.7", "error": "no database"}) == {}
    assert geo(None) == {}


@given(json)
def test_no_answer_is_too_odd(answer: Any) -> None:
    assert isinstance(geo(answer), dict)
