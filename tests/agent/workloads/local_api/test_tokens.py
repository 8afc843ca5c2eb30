"""The token of the host, in its file; and the tokens of microservices."""

import hmac
import re
import stat
from logging import getLogger
from pathlib import Path

import msgspec
import pytest

from forepost.agent.workloads.local_api.tokens import MicroserviceTokens, TokenFile
from forepost.kit.health import Health
from tests.fakes.local_api import LocalApiSite


def health() -> Health:
    return Health(getLogger("test"))


def made(path: Path) -> tuple[TokenFile, Health]:
    told = health()
    return TokenFile(path, told), told


def test_it_is_made_when_it_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "local-api"
    token, _ = made(path)
    token.prepare()
    text = path.read_text()
    assert re.fullmatch("[A-Za-z0-9]{32}", text)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert token.is_token(text)
    again, _ = made(path)
    again.prepare()
    assert path.read_text() == text


def test_only_its_first_line_counts_and_every_letter_of_it(tmp_path: Path) -> None:
    path = tmp_path / "t"
    path.write_text("geheim\nandere\n")
    token, _ = made(path)
    assert token.is_token("geheim")
    for wrong in (
        "",
        "Geheim",
        "geheim\nandere",
        "geheim ",
        "andere",
        "Bearer geheim",
        "gehei",
        "ü",
    ):
        assert not token.is_token(wrong), wrong


def test_it_is_read_again_when_it_changes_and_made_again_when_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "t"
    token, _ = made(path)
    token.prepare()
    first = path.read_text()
    path.write_text("another")
    assert token.is_token("another")
    assert not token.is_token(first)
    path.unlink()
    assert not token.is_token("another")
    assert token.is_token(path.read_text())


def test_an_empty_one_a_folder_and_no_text_are_nobodys_token(tmp_path: Path) -> None:
    path = tmp_path / "t"
    path.write_text("\nsecond")
    token, told = made(path)
    for _ in range(2):
        assert not token.is_token("")
        assert not token.is_token("second")
        assert "local api token" in told.problems
    path.write_bytes(b"\xff\xff")
    assert not token.is_token("\xff\xff")
    path.unlink()
    path.mkdir()
    assert not token.is_token("x")
    assert str(path) in told.problems["local api token"]
    path.rmdir()
    token.prepare()
    assert told.problems == {}


def test_rotation_ends_the_one_before(site: LocalApiSite) -> None:
    before = site.token
    assert site.ask("GET", "/v2/version", token=before).status == 200

    async def nobody(piece: object) -> None: ...

    done = site.portal.call(
        site.api.verbs["local_api.rotate_token"].run, msgspec.Raw(b"{}"), nobody
    )
    assert done == {"token_file": str(site.state_dir / "local-api")}
    assert site.token != before
    assert site.ask("GET", "/v2/version", token=before).status == 401
    assert site.ask("GET", "/v2/version", token=site.token).status == 200
    assert stat.S_IMODE((site.state_dir / "local-api").stat().st_mode) == 0o640


def test_each_microservice_has_its_own_for_ever(tmp_path: Path) -> None:
    tokens = MicroserviceTokens(tmp_path, health())
    mine, other = tokens.of("a"), tokens.of("b")
    assert re.fullmatch("[0-9a-f]{32}", mine)
    assert mine != other
    assert tokens.whose(mine, ["b", "a", "c"]) == "a"
    assert tokens.whose(mine, ["b"]) is None
    assert tokens.whose("", ["a"]) is None
    assert MicroserviceTokens(tmp_path, health()).of("a") == mine
    assert stat.S_IMODE((tmp_path / "local-api-secret").stat().st_mode) == 0o600


@pytest.mark.parametrize("damaged", [b"", b"ab", b"a" * 63 + b"\xe1", b"g" * 64])
def test_a_damaged_secret_is_nobodys_key(tmp_path: Path, damaged: bytes) -> None:
    path = tmp_path / "local-api-secret"
    path.write_bytes(damaged)
    tokens = MicroserviceTokens(tmp_path, health())
    known = hmac.new(damaged, b"a", "sha256").hexdigest()[:32]
    assert tokens.whose(known, ["a"]) is None
    assert (tmp_path / "local-api-secret.damaged").read_bytes() == damaged
    assert MicroserviceTokens(tmp_path, health()).of("a") == tokens.of("a")


def test_a_secret_that_cannot_be_kept_is_one_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "local-api-secret" / "x").mkdir(parents=True)
    (tmp_path / "local-api-secret.damaged").write_text("of before")
    told = health()
    tokens = MicroserviceTokens(tmp_path, told)
    assert tokens.whose(tokens.of("a"), ["a"]) == "a"
    assert "local-api-secret" in told.problems["local-api-secret"]


def test_a_secret_of_the_first_form_goes_on(tmp_path: Path) -> None:
    (tmp_path / "local-api-secret").write_bytes(b"0f" * 32)
    of = hmac.new(b"0f" * 32, b"a", "sha256").hexdigest()[:32]
    assert MicroserviceTokens(tmp_path, health()).of("a") == of
