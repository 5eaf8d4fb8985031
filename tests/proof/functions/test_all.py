"""Each function for something of Keras is compared with Keras in many drawn cases."""

import re
from pathlib import Path

from gallery.functions import find_things

DRIVES = [
    *Path(__file__).parent.glob("test_*.py"),
    Path(__file__).parents[1] / "test_formulas.py",
]


def test_no_function_is_left_out():
    text = "".join(file.read_text() for file in DRIVES)
    names = [
        name
        for (title, _), name in find_things().items()
        if title != "Activations"  # which are all driven, by their names
    ]
    left = [name for name in names if not re.search(rf"\b{name}\b", text)]
    assert left == [], "compare these with Keras in tests/proof/functions/"
