"""The subjects of the controller, in the order in which they follow results and are built.

A subject is a folder, a file here beside that joins it, and its line in this list.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from forepost.controller.joins import (
    admin,
    alerts,
    changes,
    flows,
    installation,
    live,
    lookups,
    reports,
    share_links,
    speedtests,
    stored,
    topology,
    trials,
    voice,
    workspaces,
)
from forepost.controller.joins.built import Built
from forepost.controller.joins.core import Core

Build = Callable[[Core], Awaitable[Built]]

SUBJECTS: Final[tuple[Build, ...]] = (
    workspaces.build,
    stored.build,
    share_links.build,
    alerts.build,
    topology.build,
    live.build,
    flows.build,
    speedtests.build,
    lookups.build,
    trials.build,
    changes.build,
    admin.build,
    voice.build,
    installation.build,
    reports.build,
)
