"""`forepost snmp`: values and columns of an SNMP agent, by the probe's engine."""

from dataclasses import dataclass
from typing import Annotated, Literal

import anyio
import msgspec
from cyclopts import App, Parameter, validators

from forepost.agent.edges.system import system_edges
from forepost.agent.probes.snmp.oids import oid_of, root_of
from forepost.agent.probes.snmp.probe import run
from forepost.cli.exit_status import ExitStatus
from forepost.cli.measure import complain, plain
from forepost.cli.snmp_lines import snmp_line
from forepost.kit.clock import SystemClock
from forepost.wire.probes.options import IpVersion, WrongOption, read_options
from forepost.wire.probes.snmp import AuthProtocol, PrivacyProtocol, SnmpOptions, SnmpResult

MIB_2 = "1.3.6.1.2.1"

snmp = App(name="snmp", help="Ask an SNMP agent for values (get) or columns (walk).")


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class SnmpHow:
    """By which version, as whom, and how it is shown."""

    version: Annotated[Literal["1", "2c", "3"], Parameter(name=["--version", "-v"])] = "2c"
    community: Annotated[
        str,
        Parameter(
            name=["--community", "-c"],
            env_var="FOREPOST_SNMP_COMMUNITY",
            help="Of version 1 and 2c.",
        ),
    ] = "public"
    user: Annotated[str, Parameter(name=["--user", "-u"], help="Of version 3.")] = ""
    auth_protocol: Annotated[AuthProtocol, Parameter(name=["--auth-protocol", "-a"])] = ""
    auth_password: Annotated[
        str,
        Parameter(name=["--auth-password", "-A"], env_var="FOREPOST_SNMP_AUTH_PASSWORD"),
    ] = ""
    privacy_protocol: Annotated[PrivacyProtocol, Parameter(name=["--privacy-protocol", "-x"])] = ""
    privacy_password: Annotated[
        str,
        Parameter(name=["--privacy-password", "-X"], env_var="FOREPOST_SNMP_PRIVACY_PASSWORD"),
    ] = ""
    context: Annotated[str, Parameter(name=["--context", "-n"], help="Of version 3.")] = ""
    transport: Literal["udp", "tcp"] = "udp"
    other_source: Annotated[
        bool, Parameter(negative="", help="Take answers from other addresses of the host.")
    ] = False
    max_repetitions: Annotated[int, Parameter(help="Rows that are asked for at once.")] = 25
    expect: Annotated[
        tuple[str, ...],
        Parameter(
            name=["--expect", "-e"],
            help='"ifOperStatus.1 == 1": what a value has to be; may be given several times.',
        ),
    ] = ()
    family: Annotated[IpVersion, Parameter(help="4 or 6: by that version of IP only.")] = "auto"
    retries: Annotated[int, Parameter(name=["--retries", "-r"])] = 3
    timeout: Annotated[
        float,
        Parameter(
            name=["--timeout", "-W"],
            validator=validators.Number(gte=0.01, lte=3_600),
            help="Seconds that all of it may take.",
        ),
    ] = 10.0
    interface: Annotated[str, Parameter(name=["--interface", "-I"])] = ""
    numeric: Annotated[bool, Parameter(negative="", help="Show OIDs, no names.")] = False
    json: Annotated[bool, Parameter(negative="", help="Print the probe's payload.")] = False


@snmp.command
def get(agent: str, /, *oids: str, how: SnmpHow | None = None) -> int:
    """Ask for values.

    Exits with 0 when all was answered as expected, with 1 when something was not (no answer, no
    such object, another value), with 2 for a mistake in the command, and with 3 when nothing could
    be measured (an unknown host, no permission).

    Parameters
    ----------
    agent
        HOST or HOST:PORT (161).
    oids
        1.3.6.1.2.1.1.5.0, or names that the profiles of probes have: sysName, ifDescr.2. Without
        any: the system.
    how
        By which version, as whom, and how it is shown.

    """
    found = [oid_of(name) for name in oids]
    return _ask(agent, oids, found, "oids", how or SnmpHow())


@snmp.command
def walk(agent: str, /, *roots: str, how: SnmpHow | None = None) -> int:
    """Show all that is below an OID, 5,000 values at most.

    Exits with 0 when all was answered as expected, with 1 when something was not (no answer,
    nothing there, another value), with 2 for a mistake in the command, and with 3 when nothing
    could be measured (an unknown host, no permission).

    Parameters
    ----------
    agent
        HOST or HOST:PORT (161).
    roots
        OIDs, or names of columns: ifDescr. Without any: 1.3.6.1.2.1.
    how
        By which version, as whom, and how it is shown.

    """
    names = roots or (MIB_2,)
    return _ask(agent, names, [root_of(name) for name in names], "walk_oids", how or SnmpHow())


def _ask(
    agent: str, names: tuple[str, ...], oids: list[str], field: str, how: SnmpHow
) -> ExitStatus:
    for name, oid in zip(names, oids, strict=True):
        if not oid:
            complain(f"{name}: no OID, and no name of a profile's values")
            return ExitStatus.USAGE
    told = {"timeout_sec": how.timeout, "bind_interface": how.interface}
    asked = {
        field: oids,
        "version": how.version,
        "community": how.community,
        "user_name": how.user,
        "auth_protocol": how.auth_protocol,
        "auth_password": how.auth_password,
        "privacy_protocol": how.privacy_protocol,
        "privacy_password": how.privacy_password,
        "context": how.context,
        "transport": how.transport,
        "other_source": how.other_source,
        "max_repetitions": how.max_repetitions,
        "expected_values": list(how.expect),
        "family": how.family,
        "retries": how.retries,
    }
    try:
        options = read_options(SnmpOptions, told, asked)
    except WrongOption as error:
        complain(str(error))
        return ExitStatus.USAGE
    got = anyio.run(_measured, options, agent)
    _show(got, how)
    return _status(got)


async def _measured(options: SnmpOptions, agent: str) -> SnmpResult:
    clock = SystemClock()
    with system_edges(clock) as edges:
        return await run(options, agent, clock, edges)


def _show(got: SnmpResult, how: SnmpHow) -> None:
    if how.json:
        print(msgspec.json.encode(got).decode())
        return
    for one in got.results:
        print(plain(snmp_line(one, numeric=how.numeric)))
    if got.error:
        complain(got.error)


def _status(got: SnmpResult) -> ExitStatus:
    if not got.remote_addr:
        return ExitStatus.NOT_MEASURED
    is_fine = not got.error and any(one.value is not None for one in got.results)
    missing = any(one.value is None and one.type != "null" for one in got.results)
    return ExitStatus.FINE if is_fine and not missing else ExitStatus.NOT_FINE
