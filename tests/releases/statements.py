"""Scripts, run statement by statement: what fails, and all that does not need it."""

import ast
import re
import traceback
from pathlib import Path

from gallery.versions import WIDTH


def names_in(statement, context):
    """The names that a statement reads (ast.Load) or binds (ast.Store)."""
    found = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, context):
            found.add(node.id)
        if context is ast.Store:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found.add(node.name)
            elif isinstance(node, ast.alias):
                found.add((node.asname or node.name).split(".")[0])
    return found


def text_at(source, tree, number):
    """The innermost statement at this line, on one line; of one with a block, its head."""
    for node in ast.walk(tree):  # the inner ones come later
        if isinstance(node, ast.stmt):
            decorators = getattr(node, "decorator_list", [])
            first = min(part.lineno for part in (node, *decorators))
            if first <= number <= node.end_lineno:
                block = getattr(node, "body", None)
                end = (
                    max(node.lineno, block[0].lineno - 1) if block else node.end_lineno
                )
                lines = source.splitlines()[first - 1 : end]
    return " ".join(lines)


def line_of(error, file):
    """The line of a script at which an error left it; None where it never came there."""
    numbers = [
        number
        for frame, number in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename == str(file) and frame.f_code.co_name == "<module>"
    ]
    return numbers[-1] if numbers else None


def run_statements(file, variables, at, fails):
    """Run a script: at(text) is told each statement before it runs, and fails(text, error)
    each that fails. What needs a name that is lost with a statement is left out, until
    another statement defines that name."""
    source = Path(file).read_text()
    tree = ast.parse(source)
    lost = set()
    for statement in tree.body:
        bound = names_in(statement, ast.Store)
        if names_in(statement, ast.Load) & lost:
            lost |= bound
            continue
        at(text_at(source, tree, statement.lineno))
        try:
            code = compile(ast.Module([statement], []), str(file), "exec")
            exec(code, variables)
            lost -= bound
        except BaseException as error:  # some pages end by SystemExit
            number = line_of(error, file) or statement.lineno
            fails(text_at(source, tree, number), error)
            lost |= bound


def shortened(text):
    """A statement, or a case, as the ledger has it."""
    return " ".join(text.split())[:WIDTH].rstrip()


def tell(text, error):
    """What failed: the statement or case, the kind of error, and what it says.

    error: an exception, or how the answer differs.
    """
    if isinstance(error, str):
        return {"fails": shortened(text), "error": f"another {error}", "says": ""}
    said = re.sub(r"\x1b\[[0-9;]*m", "", str(error))  # Keras' messages are in colour
    lines = [line for line in said.splitlines() if line.strip()]
    says = " ".join(" ".join(lines[:6]).split())[:200]
    return {"fails": shortened(text), "error": type(error).__name__, "says": says}
