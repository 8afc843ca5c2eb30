"""Rules of accessibility (WCAG 2 A and AA) that a page breaks, as axe-core sees them."""

from pathlib import Path

from playwright.sync_api import Page

SOURCE = Path(__file__).parents[2] / "panel/node_modules/axe-core/axe.min.js"
SERIOUS = ("serious", "critical")


def broken_rules(page: Page) -> list[str]:
    """A line for each rule: its name, and where the first elements are that break it."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(SOURCE.read_text())
    found = page.evaluate(
        "() => axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})"
    )
    return [
        f"{rule['id']}: " + "; ".join(f"{node['target']} {node['any'][:1]}" for node in nodes[:3])
        for rule in found["violations"]
        if rule["impact"] in SERIOUS and (nodes := rule["nodes"])
    ]
