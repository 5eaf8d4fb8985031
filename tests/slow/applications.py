"""All architectures of keras.applications measured again, each at its own size of image."""

import json

import measuring
import pytest

from gallery.paths import ARCHITECTURES

ROWS = json.loads(ARCHITECTURES.read_text())


@pytest.mark.parametrize("name", ROWS)
def test_an_architecture_is_as_the_table_says(name):
    row = measuring.measure(name)
    measuring.check(row)
    for column in ("size", "weights", "layers", "checked"):
        assert row[column] == ROWS[name][column]
