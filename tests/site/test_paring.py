"""Functions as pages have them: without annotations, checks, errors and examples, and
complete: tests/library/test_pared.py runs what is left."""

from pathlib import Path

import pytest

from gallery.package import needs_of, parse
from gallery.paring import functions_that_take_in, pare
from gallery.reference import find_told

FUNCTION = '''def scale(
    x: ArrayLike, *weights: ArrayLike, axis: int | None = None, by: float = 1.0
) -> np.ndarray:
    """by times x.

    Raises ValueError for other shapes.

    >>> scale([1, 3])
    2
    """
    x, axis = as_arrays(scale, x=x, axis=axis)
    weights = as_list(scale, weights=weights)
    if by is not None:
        check_numbers(scale, by=by)
    # Of its own.
    for weight in weights:
        _check_weight(weight, np.ndim(x))
    y = by * x  # entry by entry
    return y
'''
PARED = '''def scale(x, *weights, axis=None, by=1.0):
    """by times x."""
    y = by * x  # entry by entry
    return y'''


def test_a_function_is_pared():
    [statement] = parse(Path("scale.py"), FUNCTION)
    lines = pare(statement)
    assert "\n".join(text for text, _ in lines) == PARED
    assert lines[-1] == ("    return y", FUNCTION.count("\n"))


@pytest.mark.parametrize(
    "line",
    [
        "x = as_array(scale, x=-x)",
        "y = as_array(scale, x=x)",
        "x, y = as_arrays(scale, y=y, x=x)",
        "x, y = as_arrays(scale, x=x, **both(y))",
        "x = as_text(x)",
        "x = _check_weight(x)",
        "checked(x)",
        "return as_array(scale, x=x)",
    ],
)
def test_what_computes_stays(line):
    [statement] = parse(Path("scale.py"), f"def scale(x, y):\n    {line}\n")
    assert pare(statement)[-1] == (f"    {line}", 2)


@pytest.mark.parametrize(
    "statement",
    sorted(find_told(), key=lambda s: (s.file, s.line)),
    ids=lambda s: s.node.name,
)
def test_nothing_of_what_takes_in_is_left(statement):
    """A line that mixes a check with what computes would bring the check to pages."""
    left = {name for name in needs_of(statement) if name.startswith("_check_")}
    assert left | needs_of(statement) & functions_that_take_in() == set()
