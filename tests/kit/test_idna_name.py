import pytest

from forepost.kit.idna_name import WrongName, a_labels, presented


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("Example.COM.", "example.com"),
        ("bücher.example.", "xn--bcher-kva.example"),
        ("STRAẞE.example", "xn--strae-oqa.example"),
        ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
        ("_srv.exämple", "_srv.xn--exmple-cua"),
        ("fe80::1%eth0", "fe80::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("198.18.0.1", "198.18.0.1"),
        ("\U0001f4a9.example", "\U0001f4a9.example"),
    ],
)
def test_a_host_is_said_to_a_server_in_one_form(host: str, said: str) -> None:
    assert presented(host) == said


@pytest.mark.parametrize(
    "name", ["\U0001f4a9.example", "ä" * 64, "a\u2260.example", "\u0301a.example"]
)
def test_what_idna_does_not_know_is_no_name(name: str) -> None:
    with pytest.raises(WrongName, match="is no host name"):
        a_labels(name)


@pytest.mark.parametrize("name", ["host_1.Example", "a" * 300, "x..y", ""])
def test_what_is_ascii_stays_as_it_is(name: str) -> None:
    assert a_labels(name) == name
