"""What `join` writes into an agent.toml that is there already."""

import tomllib
from pathlib import Path

import pytest

from forepost.agent.settings import read
from forepost.cli.agent_toml import OURS, CannotEdit, Value, edited

SAID: dict[str, dict[str, Value]] = {
    "node": {"state_dir": '/a "b" \\c'},
    "uplink": {"url": "https://new", "workspace_id": 1},
}


@pytest.mark.parametrize(
    "before",
    [
        "",
        "\n\n",
        "[uplink]\n",
        "[probes]\ndeny = [\n  '10.0.0.0/8',\n]\n[uplink]\nurl='x'\n[spool]\nmax_age_sec = 3600",
        "[[flows.sinks]]\nkind = 'log'\npath = '/x'\n\n[ node ] # ours\nstate_dir='/y'\nname='n'",
        "[uplink]\npin = '1'\nallow_plain = true\npin_sha256 = ''\n  agent_id=7\n",
        "speedtest.streams = 2\n",
    ],
)
def test_ours_is_as_it_is_said_and_all_else_as_it_was(before: str, tmp_path: Path) -> None:
    text = edited(before, SAID, "agent.toml")
    old, new = tomllib.loads(before), tomllib.loads(text)
    for section, keys in SAID.items():
        others = {k: v for k, v in old.get(section, {}).items() if k not in OURS[section]}
        assert new.pop(section) == {**others, **keys}
        old.pop(section, None)
    assert new == old
    assert edited(text, SAID, "agent.toml") == text
    path = tmp_path / "agent.toml"
    path.write_text(text)
    assert read(path, {}).uplink.url == "https://new"


@pytest.mark.parametrize(
    "before",
    [
        "uplink = {url = 'x'}\n",
        "uplink.url = 'x'\n",
        "[uplink]\n'url' = 'x'\n",
        "[uplink]\nurl = '''\nx\n'''\n",
        "[node]\nname = '''\n[uplink]\nurl = 1\n'''\n",
        "uplink = 1\n",
        "[uplink",
    ],
)
def test_what_it_cannot_change_it_leaves(before: str) -> None:
    with pytest.raises(CannotEdit, match=r"agent\.toml.* away"):
        edited(before, SAID, "agent.toml")
