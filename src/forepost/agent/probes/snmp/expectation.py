"""Whether values are what an SNMP probe expects. Pure.

No reason quotes what is expected: results have more readers than the options of a probe.
"""

from typing import cast

import msgspec

from forepost.agent.probes.comparison import holds
from forepost.agent.probes.snmp.oids import oid_of
from forepost.wire.probes.json_path import JsonComparison
from forepost.wire.probes.snmp import SnmpValue

MOST_SHOWN = 100


class SnmpExpectation(msgspec.Struct, frozen=True):
    """One value, how it compares, and with what."""

    name: str
    """As it was written."""
    oid: str
    comparison: JsonComparison
    text: str

    def objection(self, values: dict[str, SnmpValue]) -> str:
        """Return in what it does not hold; "" where it does."""
        found = values.get(self.oid)
        if found is None or found.value is None:
            return f"there is no {self.name}"
        if holds(found.value, self.comparison, self.text):
            return ""
        shown = str(found.value)[:MOST_SHOWN]
        return f"{self.name} is {shown}, not {self.comparison} what is expected"


def expectation_of(text: str) -> SnmpExpectation:
    """Raises ValueError where its name is none that is known."""
    name, comparison, value = text.split(" ", 2)
    oid = oid_of(name)
    if not oid:
        raise ValueError(f"expected_values: {name} is no name of a profile's values")
    return SnmpExpectation(name.strip("."), oid, cast(JsonComparison, comparison), value)


def first_objection(expected: list[SnmpExpectation], values: list[SnmpValue]) -> str:
    """Return what the first one that does not hold says; "" where all do."""
    by_oid = {one.oid: one for one in values}
    return next(filter(None, (one.objection(by_oid) for one in expected)), "")
