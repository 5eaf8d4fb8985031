"""Each function that the site collects is compared with Keras in many drawn cases."""

import re
from pathlib import Path

import collected

DRIVES = [
    *Path(__file__).parent.glob("test_*.py"),
    Path(__file__).parents[1] / "test_formulas.py",
]


def test_no_function_is_left_out():
    text = "".join(file.read_text() for file in DRIVES)
    names = [
        definition.name
        for (title, _), definition in collected.collect().items()
        if title != "Activations"  # which are all driven, by their names
    ]
    assert [name for name in names if not re.search(rf"\b{name}\b", text)] == []
