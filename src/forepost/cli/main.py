"""`forepost`: every verb, and the file that has it. A verb's file is read when it is called."""

import os
import sys

from cyclopts import App

import forepost
from forepost.kit.program import said

app = App(
    name="forepost",
    help="One light agent at every site and one controller for all of them.",
    version=forepost.__version__,
)

app.command("forepost.cli.up:up", help="Start controller, panel and one local agent on this host.")
app.command("forepost.cli.demo.command:demo", help="Show the panel with made-up sites.")
app.command("forepost.cli.run:controller", help="Run the controller.")
app.command("forepost.cli.run:agent", help="Run the agent.")
app.command("forepost.cli.user:user", help="Accounts, for the operator of the controller.")
app.command("forepost.cli.join:join", help="Make this host an agent of a controller.")
app.command("forepost.cli.status:status", help="Show how the agent of this host is.")
app.command("forepost.cli.doctor:doctor", help="Show what this host lets the agent do.")
app.command("forepost.cli.ping:ping", help="Ping a host with the agent's engine.")
app.command("forepost.cli.mtr:mtr", help="Trace the way to a host with the agent's engine.")
app.command("forepost.cli.tcp:tcp", help="Connect to a port again and again.")
app.command("forepost.cli.dns:dns", help="Ask a DNS server.")
app.command("forepost.cli.snmp:snmp", help="Ask an SNMP agent for values or columns.")
app.command("forepost.cli.http:http", help="Ask for a URL and time every part of it.")
app.command("forepost.cli.tls:tls", help="Look at a server's certificate and TLS settings.")
app.command("forepost.cli.speedtest:speedtest", help="Measure how fast a line is both ways.")
app.command("forepost.cli.flows:flows", help="Show what traffic the agent of this host sees.")
app.command("forepost.cli.groups:groups", help="Show and change this agent's address groups.")
app.command("forepost.cli.capture:capture", help="Show the flows of a capture file.")
app.command("forepost.cli.microservices:ms", help="Show and change what this host runs.")
app.command("forepost.cli.microservices:prune", help="Remove images that nobody needs any more.")
app.command("forepost.cli.jobs:jobs", help="Show and change the jobs of this host's agent.")
app.command("forepost.cli.jobs:tag", help="Show and set tags of this host's agent.")
app.command("forepost.cli.local_config:config", help="Show and change what is set while it runs.")
app.command("forepost.cli.local_config:token", help="The token of the Local API.")
app.command("forepost.cli.provision:provision", help="Come to a controller by a key.")
app.command("forepost.cli.provision:deprovision", help="Leave the controller.")
app.command("forepost.cli.backup:backup", help="Write a controller's whole store to a file.")
app.command("forepost.cli.backup:restore", help="Put a backup in a controller's place.")

app.command("forepost.cli.apply:apply", help="Make a workspace what a document says.")
app.command("forepost.cli.apply:export", help="Write a workspace as a document.")


@app.command
def version() -> None:
    """Print the version."""
    print(forepost.__version__)


INTERRUPTED = 130
READER_GONE = 141
"""As a shell says of a program that a signal ended: SIGINT, SIGPIPE."""


def main() -> None:
    """Run one verb. What the host or a setting is to blame for is one line, not a traceback."""
    _tell_all_of(*sys.argv[1:2])
    try:
        status = app(result_action="return_int_as_exit_code_else_zero")
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has had enough: `| head`
        _print_no_more()
        sys.exit(READER_GONE)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except OSError as error:  # what no verb expects, as standard output on a full disk
        sys.stderr.write(f"forepost {sys.argv[1] if len(sys.argv) > 1 else ''}: {error}\n")
        _print_no_more()
        status = 1
    except Exception as error:
        known = said(sys.argv[1] if len(sys.argv) > 1 else "", error)
        if known is None:
            raise
        _print_no_more()
        status = known
    sys.exit(status)


def _print_no_more() -> None:
    """What is not written yet would fail again at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell_all_of(verb: str = "") -> None:
    """The list of verbs has a line for each; the help of one says what its file says."""
    if verb in app and app[verb].default_command is not None:
        app[verb].help = None


if __name__ == "__main__":
    main()
