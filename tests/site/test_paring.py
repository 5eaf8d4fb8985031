"""Functions as pages have them: without annotations, checks, conversions, errors, examples,
and what no page asks for."""

from pathlib import Path

from gallery.package import parse
from gallery.paring import pare

FUNCTION = '''def attend(
    x: ArrayLike, *weights: ArrayLike, axes: int | None = None, scale: float = 1.0
) -> np.ndarray:
    """The mean of x.

    Raises ValueError for other shapes.

    >>> attend([1, 3])
    2
    """
    x = as_array(attend, x=x)
    if scale is not None:
        check_numbers(attend, scale=scale)
    # Several axes of steps.
    if x.ndim > 3:
        return _attend_along_axes(x, axes, scale=scale)
    y = np.mean(x)  # of all
    return scale * y
'''
PARED = '''def attend(x, *weights, scale=1.0):
    """The mean of x."""
    y = np.mean(x)  # of all
    return scale * y'''


def test_a_function_is_pared():
    [statement] = parse(Path("attend.py"), FUNCTION)
    lines = pare(statement)
    assert "\n".join(text for text, _ in lines) == PARED
    assert lines[-1] == ("    return scale * y", FUNCTION.count("\n"))
