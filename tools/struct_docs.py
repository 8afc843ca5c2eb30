"""What the source says of a Struct and of each of its fields."""

import ast
import inspect
import textwrap

import msgspec


def docs_of(struct: type[msgspec.Struct]) -> dict[str, str]:
    """What stands below each field in the source, and under "" what the Struct itself says."""
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(struct))).body
    assert isinstance(body, ast.ClassDef)
    found = {"": ast.get_docstring(body) or ""}
    for line, after in zip(body.body, body.body[1:], strict=False):
        if (
            isinstance(line, ast.AnnAssign)
            and isinstance(line.target, ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
        ):
            found[line.target.id] = str(after.value.value)
    return found
