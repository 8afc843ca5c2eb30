"""Controllers that do not speak of documents: version N-1 of ours, and NetWatcher's; recorded."""

import msgspec
import pytest

from forepost.agent.flows.wanted import entries_of
from forepost.agent.probes.wanted import list_of
from forepost.agent.uplink.session import Session
from forepost.agent.uplink.steps import Ready, Wanted
from forepost.wire.uplink import neffos
from forepost.wire.uplink.documents import DOCUMENTS, GROUPS, PROBES, HaveDocument
from tests.agent.uplink import recorded

OURS = (
    ';forepost;;have_document;0;0;{"document":"groups","revision":"r","state":"applied",'
    '"problems":[]}'
)


def agent(*documents: str) -> Session:
    session = Session("0.2.0", token=1, lost=0, documents=documents or (PROBES, GROUPS))
    list(session.received("A1"))
    return session


def only(session: Session, text: str) -> Wanted:
    (step,) = session.received(text)
    assert isinstance(step, Wanted)
    return step


def test_one_of_version_n_1_has_no_documents() -> None:
    (ready,) = agent().received(recorded.HELLO)
    assert isinstance(ready, Ready)
    assert DOCUMENTS not in ready.able
    assert {"report", "want", "groups"} < ready.able


def test_its_list_and_keys_are_the_document_probes() -> None:
    wanted = only(agent(), recorded.WANT)
    part = wanted.part
    assert (wanted.event, part.document, part.revision) == ("want", PROBES, "38d58bb6d5ee6878")
    assert (part.part, part.parts) == (1, 1)
    raws, keys = list_of([part.body])
    assert raws == msgspec.json.decode(recorded.LIST, type=list[msgspec.Raw])
    assert keys == {2: bytes(range(16))}


def test_its_groups_are_the_document_groups() -> None:
    wanted = only(agent(), recorded.WANT_GROUPS)
    part = wanted.part
    assert (wanted.event, part.document, part.revision) == (
        "want_groups",
        GROUPS,
        "d6b5915c46057bcb",
    )
    assert entries_of([part.body]) == {"near": ["198.18.0.0/24", "2001:db8::1"]}
    assert list(agent(PROBES).received(recorded.WANT_GROUPS)) == []


def test_a_list_of_netwatchers_controller_is_the_document_probes_without_a_revision() -> None:
    wanted = only(agent(), recorded.PROBE_GET)
    assert (wanted.event, wanted.part.document, wanted.part.revision) == ("probe_get", PROBES, "")
    raws, keys = list_of([wanted.part.body])
    assert (len(raws), keys) == (2, {})


@pytest.mark.parametrize(
    ("event", "have", "words"),
    [
        ("want", HaveDocument(document=PROBES, revision="38d58bb6d5ee6878"), recorded.HAVE),
        ("want", HaveDocument(document=PROBES, revision=""), ""),
        ("probe_get", HaveDocument(document=PROBES, revision=""), ""),
        ("want_groups", HaveDocument(document=GROUPS, revision=""), recorded.HAVE_NO_GROUPS),
        (
            "want_groups",
            HaveDocument(document=GROUPS, revision="d6b5915c46057bcb"),
            recorded.HAVE_GROUPS,
        ),
        (
            "want_document",
            HaveDocument(document=GROUPS, revision="r"),
            OURS,
        ),
    ],
)
def test_each_is_answered_in_its_own_words(event: str, have: HaveDocument, words: str) -> None:
    assert agent().have(have, event) == words  # type: ignore[arg-type]


def test_it_hears_of_no_more_problems_than_it_takes() -> None:
    have = HaveDocument(document=GROUPS, revision="r", problems=["p"] * 60)
    said = neffos.decode(agent().have(have, "want_groups")).body
    assert len(msgspec.json.decode(said)["problems"]) == 50
