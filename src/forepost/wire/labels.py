"""Labels of agents, and rules by which some of them are chosen."""

from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta

Selector = Annotated[
    dict[
        Annotated[str, Meta(min_length=1, max_length=200)],
        Annotated[str, Meta(max_length=500)] | bool | Annotated[int, Meta(ge=-(2**53), le=2**53)],
    ],
    Meta(max_length=20),
]
"""Labels that an agent must have, each with this value."""
Labels = Mapping[str, Any]


def has_all(labels: Labels, wanted: Labels) -> bool:
    """Whether an agent has all these labels with these values; `true` is not 1."""
    for name, value in wanted.items():
        found = labels.get(name)
        if found is None or type(found) is not type(value) or found != value:
            return False
    return True
