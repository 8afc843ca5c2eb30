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
