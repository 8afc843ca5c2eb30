"""Templates of notices: what they say, what is refused, and what they may cost. Pure."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.notify.template import LARGEST, Template, WrongTemplate, in_json

VALUES = {"message": 'a "quoted"\nline', "severity": "critical", "agent": "", "number": "5.2"}
NAMES = frozenset(VALUES)


def refusal_of(text: str, value: str) -> str:
    try:
        assert len(Template(text, frozenset({"x"})).filled({"x": value})) <= LARGEST
    except WrongTemplate as wrong:
        return str(wrong)
    return ""


def filled(text: str) -> str:
    return Template(text, NAMES).filled(VALUES)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("", ""),
        ("plain { % } }} %}", "plain { % } }} %}"),
        ("{{ severity }}: {{number}}", "critical: 5.2"),
        ("{{ severity | upper }}", "CRITICAL"),
        ("{{ message | url }}", "a%20%22quoted%22%0Aline"),
        ("{{ message | json }}", 'a \\"quoted\\"\\nline'),
        ('{% if severity == "critical" %}!{% endif %}', "!"),
        ("{% if severity != 'critical' %}!{% else %}?{% endif %}", "?"),
        ("{% if agent %}by {{ agent }}{% endif %}.", "."),
        ('{% if agent == "" %}none{% endif %}', "none"),
        (
            '{% if agent %}1{% elif severity == "x" %}2{% elif severity %}3{% else %}4{% endif %}',
            "3",
        ),
        ("{% if severity %}{% if agent %}a{% else %}b{% endif %}c{% endif %}", "bc"),
    ],
)
def test_what_comes_of_it(text: str, made: str) -> None:
    assert filled(text) == made


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a\n{{ mesage }}", "line 2: there is no name 'mesage'; did you mean message?"),
        ("{{ message.__class__ }}", "line 1: there is no name 'message.__class__'"),
        ("{{ message['x'] }}", "there is no name"),
        ("{{ 9**9**9 }}", "there is no name '9**9**9'"),
        ("{{ ''.join(x) }}", "there is no name"),
        ("{{ }}", "there is no name ''"),
        ("{{ message | shell }}", "line 1: there is no filter 'shell'; there are upper"),
        ("{{ message | json | json | json | json }}", "has more than 3 filters"),
        ("\n\n{{ message", "line 3: {{ has no }}"),
        ("{% if message %}", "line 1: if has no endif"),
        ("{% endif %}", "line 1: endif has no if"),
        ("{% else %}", "line 1: else has no if"),
        ("{% if message %}{% else %}{% else %}{% endif %}", "line 1: else after else"),
        ("{% if message %}{% else %}{% elif message %}{% endif %}", "elif after else"),
        ("{% for x in y %}{% endfor %}", "'for x in y' is none of if, elif, else and endif"),
        ("{% if message > 1 %}{% endif %}", "'message > 1' is no condition"),
        ("{% if nobody %}{% endif %}", "line 1: there is no name 'nobody'"),
        ("{% if message %}" * 11, "line 1: more than 10 conditions in each other"),
    ],
)
def test_what_is_refused(text: str, why: str) -> None:
    with pytest.raises(WrongTemplate) as refused:
        filled(text)
    assert why in str(refused.value)


def test_bombs() -> None:
    names = frozenset({"x"})
    big = {"x": '"' * 30_000}
    with pytest.raises(WrongTemplate, match=f"more than {LARGEST:,} characters come of it"):
        Template("{{x}}" * 2_000, names).filled(big)
    with pytest.raises(WrongTemplate, match=f"more than {LARGEST:,} characters come of x"):
        Template("{{x|json|json|json}}", names).filled(big)
    for text in ("{{" * 5_000, "{%" * 5_000, "{" * 20_000, "{{x}}\n" * 3_000, "{{x|" * 5_000):
        refusal_of(text, "1")


@given(st.text(alphabet="{}%|x \n\"'=if else end", max_size=200), st.text())
def test_any_text_is_a_template_or_refused_with_its_line(text: str, value: str) -> None:
    why = refusal_of(text, value)
    assert why == "" or why.startswith("line ")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_what_is_filled_into_json_is_json(value: str) -> None:
    for text in ('{"a": "{{ x }}"}', '{"a": "{{ x | json }}"}'):
        made = Template(text, frozenset({"x"})).filled({"x": value}, in_json)
        assert json.loads(made) == {"a": value}
