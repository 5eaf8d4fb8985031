"""Three architectures of keras.applications, measured again: every layer agrees with
Keras, as does the whole, and the table of the site says the same. ``make
test-applications`` measures all.
"""

import json

import measuring
import pytest

from gallery.paths import ARCHITECTURES

ROWS = json.loads(ARCHITECTURES.read_text())
FAMILIES = measuring.architectures().values()
CHOSEN = {  # quick ones that differ in their layers; images as small as they take
    "ConvNeXtTiny": 32,
    "MobileNetV3Small": 32,
    "ResNet50": 32,
}


def test_the_table_has_all_architectures():
    assert set(ROWS) == {name for names in FAMILIES for name in names}


@pytest.mark.parametrize("name", ROWS)
def test_a_row_says_that_all_agrees(name):
    measuring.check(ROWS[name])


@pytest.mark.drawn
@pytest.mark.parametrize("name", CHOSEN)
def test_an_architecture_agrees_again(name):
    row = measuring.measure(name, CHOSEN[name], quick=True)
    measuring.check(row)
    assert row["layers"] == ROWS[name]["layers"]
