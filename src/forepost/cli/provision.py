"""`forepost provision` and `deprovision`: this host comes to a controller, and leaves it."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from forepost.cli import folders
from forepost.cli.control import call
from forepost.cli.microservices import DONE, StateDir, carry_out
from forepost.wire.local import workloads as local


def provision(
    key: Annotated[str, Parameter(help="The provisioning key that the controller made.")],
    /,
    *,
    url: Annotated[
        str, Parameter(help="Address of the controller; without it that of the settings.")
    ] = "",
    state_dir: StateDir = None,
) -> int:
    """Have the running agent come to a controller by a provisioning key.

    Exit status: 0 done, 1 refused or out of reach, 3 no agent answers.
    """
    wanted = local.ProvisionBy(key=key, url=url)
    return carry_out(_provision(folders.agent(state_dir), wanted))


def deprovision(*, state_dir: StateDir = None) -> int:
    """Have the running agent leave its controller: what that wanted is ended, volumes are kept.

    Exit status: 0 done, 1 it has no controller, 3 no agent answers.
    """
    return carry_out(_deprovision(folders.agent(state_dir)))


async def _provision(folder: Path, wanted: local.ProvisionBy) -> int:
    found = await call(folder, local.PROVISION, wanted, local.ProvisionedAs)
    print(f"provisioned as {found.uuid}")
    return DONE


async def _deprovision(folder: Path) -> int:
    await call(folder, local.DEPROVISION, local.Nothing(), local.Nothing)
    print("deprovisioned")
    return DONE
