"""What a test that is tried again starts from: fixtures of its file and of its class made anew.

pytest-rerunfailures makes only those of the test itself anew; what the first try left in a server
of the whole file made the second try fail.
"""

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if getattr(item, "execution_count", 1) < 2 or not isinstance(item, pytest.Function):
        return
    for definitions in item._fixtureinfo.name2fixturedefs.values():
        for one in definitions:
            if one.scope in ("module", "class"):
                one.finish(item._request)  # type: ignore[arg-type]
