import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.wire.uplink import neffos
from forepost.wire.uplink.neffos import Frame, Malformed

words = st.text(st.characters(blacklist_categories=["Cs"]), max_size=20)
names = words.filter(lambda text: "@%!semicolon@%!" not in text)


@given(
    st.builds(
        Frame,
        namespace=names,
        event=names,
        body=words,
        wait=names.filter(lambda text: ";" not in text),
        is_error=st.booleans(),
        room=names,
        is_no_op=st.booleans(),
    )
)
def test_what_is_encoded_is_decoded(frame: Frame) -> None:
    assert neffos.decode(neffos.encode(frame)) == frame


@given(words)
def test_any_text_is_a_frame_or_malformed(text: str) -> None:
    try:
        neffos.decode(text)
    except Malformed:
        assert text.count(";") < 6 or text.split(";")[4:6]


def test_frames_as_they_were_seen_on_the_wire() -> None:
    connect = "$1795252457876461081;agent;;_OnNamespaceConnect;0;0;"
    assert neffos.decode(connect) == Frame("agent", neffos.CONNECT, wait="$1795252457876461081")
    assert neffos.empty_reply("$1795252457876461081") == "$1795252457876461081;;;;;;"
    assert neffos.decode("$1795252457876461081;;;;;;") == Frame("", "", wait="$1795252457876461081")
    error = ';agent;;probe_post;1;0;no handler registered for kind "SNMP"'
    assert neffos.decode(error).is_error
    assert neffos.encode(neffos.decode(error)) == error


def test_a_body_keeps_its_semicolons_and_a_name_is_escaped() -> None:
    assert neffos.decode(";agent;;x;0;0;a;b;c").body == "a;b;c"
    text = neffos.encode(Frame("a;b", "x"))
    assert text == ";a@%!semicolon@%!b;;x;0;0;"
    assert neffos.decode(text).namespace == "a;b"


@pytest.mark.parametrize("text", ["", "M", ";agent;;x;0", ";agent;;x;2;0;", ";agent;;x;0;yes;"])
def test_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        neffos.decode(text)
