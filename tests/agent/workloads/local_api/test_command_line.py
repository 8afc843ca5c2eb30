"""The words of ioFog's command, over HTTP."""

import re

import pytest

from tests.fakes.local_api import KEY, LocalApiSite


def ran(site: LocalApiSite, command: str, status: int = 200) -> str:
    heard = site.ask("POST", "/v2/commandline", {"command": command}, token=site.token)
    assert heard.status == status
    assert (heard.body.get("error") == "Internal server error") == (status == 500)
    assert "\n" not in heard.body["response"]
    return str(heard.body["response"]).replace("\\n", "\n")


def test_status(site: LocalApiSite) -> None:
    lines = ran(site, "status").splitlines()
    assert len(lines) == 11
    assert lines[0] == "ioFog daemon                : RUNNING"
    assert lines[0].split()[3] == "RUNNING"  # upgrade.sh looks there
    assert "Connection to Controller    : not provisioned" in lines


def test_info(site: LocalApiSite) -> None:
    lines = ran(site, "info").splitlines()
    assert len(lines) == 28
    assert lines[0] == "Iofog UUID                               : not provisioned"
    assert "CPU Usage Limit                          : 80.00%" in lines


@pytest.mark.parametrize("command", ["version", "-v", "--version"])
def test_version(site: LocalApiSite, command: str) -> None:
    assert ran(site, command).startswith("ioFog 3.0.0")


@pytest.mark.parametrize(
    "command",
    [
        "help",
        "-h",
        "-?",
        "--help",
        "",
        "nonsense",
        "config",
        "config -m",
        "config -zz 1",
        "provision",
    ],
)
def test_help(site: LocalApiSite, command: str) -> None:
    assert ran(site, command).startswith("Usage 1: ")


def test_config(site: LocalApiSite) -> None:
    assert ran(site, "config -m 2048 -p 200") == (
        "\n\tChange accepted for Parameter : - m, Old value was :4096, New Value is : 2048"
        "\n\tError : CPU limit range must be 5% to 100%"
    )
    assert ran(site, "config -idc on -sf abc") == (
        "\n\tChange accepted for Parameter : - idc, Old value was :off, New Value is : on"
        "\n\tError : Option -sf has invalid value: abc"
    )


def test_provision_and_deprovision(site: LocalApiSite) -> None:
    begun = 'Provisioning with key "{}" ... Result: \n'
    assert ran(site, "provision wrong", 500) == begun.format("wrong") + (
        'Provision failed with error message: "Invalid Provisioning Key"'
    )
    assert ran(site, f"provision {KEY}") == begun.format(KEY) + (
        "Provision success - Iofog UUID is 7Xh2"
    )
    left = "Deprovisioning from controller ... \n"
    assert ran(site, "deprovision") == (f"{left}Success - tokens, identifiers and keys removed")
    assert ran(site, "deprovision", 500) == f"{left}Failure - not provisioned"


def test_prune(site: LocalApiSite) -> None:
    said = ran(site, "prune")
    assert re.fullmatch(r"\nSuccess - pruned dangling docker images, total .*: \d+", said)
    site.microservices.away = "no engine"
    assert ran(site, "prune", 500) == "Failure - not pruned: no engine"
