"""Which moves are written first."""

import msgspec

from forepost.controller.alerts.change import NewAlert
from forepost.controller.alerts.index import Watched
from forepost.controller.alerts.move_queue import Move, MoveQueue
from forepost.wire.rest.alerts import Severity
from tests.controller.alerts.alert_rules_made import rule
from tests.fakes.clock import START


class Moves:
    """`push` names a move by its workspace, its line and its number."""

    def __init__(self) -> None:
        self.queue = MoveQueue()
        self.watched: dict[int, Watched] = {}
        self.names: dict[int, str] = {}

    def push(self, name: str, severity: Severity = "warning", *, over: bool = False) -> None:
        workspace, line = int(name[0]), (int(name[1]), 1, "PING", "x")
        if workspace not in self.watched:
            made = msgspec.structs.replace(rule(id=workspace), workspace_id=workspace)
            self.watched[workspace] = Watched(made)
        begun = NewAlert(
            workspace_id=workspace,
            rule_id=workspace,
            line=line,
            metric="loss",
            value=1,
            threshold=0,
            severity=severity,
            text="",
            at=START,
        )
        move = Move(
            watched=self.watched[workspace],
            workspace_id=workspace,
            rule_id=workspace,
            line=line,
            kind="resolve" if over else "open",
            begun=None if over else begun,
        )
        self.names[id(move)] = name
        self.queue.push(move)

    def first(self, most: int = 100) -> list[str]:
        return [self.names[id(move)] for move in self.queue.first(most)]


def test_critical_ones_first_then_each_workspace_in_turn() -> None:
    moves = Moves()
    for name in ("11a", "12a", "13a", "21a", "22a"):
        moves.push(name)
    moves.push("14c", "critical")
    moves.push("31c", "critical")
    assert len(moves.queue) == 7
    assert moves.first(4) == ["14c", "31c", "11a", "21a"]
    moves.push("15c", "critical")
    assert moves.first() == ["15c", "12a", "22a", "13a"]
    assert (len(moves.queue), moves.first()) == (0, [])


def test_moves_of_one_line_keep_their_order() -> None:
    moves = Moves()
    moves.push("12a")
    moves.push("11a")
    moves.push("11b", "critical")
    moves.push("11c", over=True)
    moves.push("13c", "critical")
    moves.push("13d", over=True)
    assert moves.first() == ["13c", "13d", "12a", "11a", "11b", "11c"]
    moves.push("11e", "critical")
    moves.push("12e")
    assert moves.first() == ["11e", "12e"]
