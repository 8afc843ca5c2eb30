"""The first steps of docs/alerts.md, as somebody types them."""

import json
import re
from pathlib import Path
from typing import Any

from tests.controller.alerts.alert_stage import Stage

PAGE = Path(__file__).parents[3] / "docs" / "alerts.md"
LINE = re.compile(r"^api \$W/(\S+) -d '(.*?)'$", re.MULTILINE | re.DOTALL)


def test_what_the_page_says_is_taken(stage: Stage) -> None:
    steps = LINE.findall(PAGE.read_text().partition("## Metrics")[0])
    assert len(steps) == 4
    made: dict[str, int] = {}
    for path, text in steps:
        body: dict[str, Any] = json.loads(text)
        for field in ("probe_id", "channel_ids", "agent_ids"):
            if field in body:
                number = made[field.removesuffix("s").removesuffix("_id")]
                body[field] = [number] if field.endswith("s") else number
        made["agent"] = stage.agent.id
        here = path.replace("agents/10/", f"agents/{stage.agent.id}/")
        if here == "channels":
            here += "?test=false"  # nobody answers there
        answer = stage.person.call("POST", f"{stage.base}/{here}", body, status=201)
        made[path.split("/")[-1].removesuffix("s")] = answer["id"]
    assert stage.person.call("GET", f"{stage.base}/alerts?status=active")["total"] == 0
