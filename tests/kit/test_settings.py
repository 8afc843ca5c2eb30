from pathlib import Path

import pytest

from forepost.agent import settings as agent_settings
from forepost.controller import settings as controller_settings
from forepost.kit.settings import Section, WrongSettings, load


class Part(Section, frozen=True, kw_only=True):
    number: int = 1
    words: list[str] = []


class Whole(Section, frozen=True, kw_only=True):
    part: Part = Part()


def test_the_environment_lies_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text('[part]\nnumber = 5\nwords = ["a"]\n')
    assert load(file, Whole, {}) == Whole(part=Part(number=5, words=["a"]))
    env = {"FOREPOST_PART__NUMBER": "7", "FOREPOST_PART__WORDS": '["b", "c"]', "OTHER": "x"}
    assert load(file, Whole, env) == Whole(part=Part(number=7, words=["b", "c"]))
    assert load(None, Whole, env).part.number == 7


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[part]\nnumbr = 5\n", "object contains unknown field `numbr`"),
        ("[prt]\n", "unknown field `prt`"),
        ('[part]\nnumber = "x"\n', "part.number: expected `int`"),
        ("[part\n", "a.toml"),
        ("part = 1\n", "part: expected `object`"),
    ],
)
def test_a_wrong_file_is_refused_with_key_and_reason(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "a.toml"
    file.write_text(text)
    with pytest.raises(WrongSettings) as caught:
        load(file, Whole, {})
    assert said in str(caught.value)


def test_a_missing_file_and_a_wrong_variable_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongSettings, match=r"nowhere\.toml"):
        load(tmp_path / "nowhere.toml", Whole, {})
    with pytest.raises(WrongSettings, match="unknown field `numbr`"):
        load(None, Whole, {"FOREPOST_PART__NUMBR": "1"})


def test_both_parts_of_forepost_start_without_any_setting() -> None:
    assert agent_settings.read(None, {}).uplink.url == ""
    assert controller_settings.read(None, {}).http.listen == "127.0.0.1:8080"
    with pytest.raises(WrongSettings, match="retention_days"):
        controller_settings.read(None, {"FOREPOST_DATA__RETENTION_DAYS": "0"})


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("SPOOL__BACKLOG", "youngest", "spool.backlog: invalid enum value 'youngest'"),
        ("SPOOL__BACKLOG", "youngest", "oldest, newest"),
        ("UPLINK__PROXY", "ftp://h", "uplink.proxy: ftp:// is no proxy that can be used"),
        ("UPLINK__PROXY", "http://u:p/w@h:1", "a / in a name or password is written %2F"),
        ("UPLINK__CLIENT_KEY_FILE", "/k", "uplink.client_key_file: needs client_cert_file"),
        ("UPLINK__URL", "h:80", "uplink.url: 'h:80' is not the address of a controller"),
        ("UPLINK__PIN_SHA256", "zz", "uplink.pin_sha256: is not 64 hex digits in small letters"),
        ("UPLINK__PING_SEC", "3", "uplink.ping_sec: expected `float` >= 5"),
        ("SPEEDTEST__LISTEN", "x", "speedtest.listen: is not HOST:PORT"),
    ],
)  # fmt: skip
def test_an_agents_key_and_the_reason_are_named(key: str, value: str, said: str) -> None:
    with pytest.raises(WrongSettings) as caught:
        agent_settings.read(None, {f"FOREPOST_{key}": value})
    assert str(caught.value).startswith("environment: ")
    assert said in str(caught.value)
    assert "regex" not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("UPLINK__MOVE_TO", "https://h/path", "uplink.move_to: is not http(s)://host[:port]"),
        ("OUTGOING__PROXY", "ftp://h", "outgoing.proxy: ftp:// is no proxy"),
        ("LOOKUPS__WHOIS", "x", "it is one of whois, rdap, off"),
    ],
)
def test_a_controllers_key_and_the_reason_are_named(key: str, value: str, said: str) -> None:
    with pytest.raises(WrongSettings) as caught:
        controller_settings.read(None, {f"FOREPOST_{key}": value})
    assert said in str(caught.value)


def test_a_file_that_may_not_be_read_is_named_without_a_number(tmp_path: Path) -> None:
    with pytest.raises(WrongSettings, match=r"nowhere\.toml: No such file or directory$"):
        load(tmp_path / "nowhere.toml", Whole, {})
