"""One architecture of each family of keras.applications, measured again: every layer agrees
with Keras, as does the whole, and the table of the site says the same.
"""

import json

import measuring
import pytest

from gallery.paths import ARCHITECTURES

ROWS = json.loads(ARCHITECTURES.read_text())
FAMILIES = measuring.architectures().values()
CHOSEN = {  # the smallest of each family, and images as small as it takes
    "ConvNeXtTiny": 32,
    "DenseNet121": 32,
    "EfficientNetB0": 32,
    "EfficientNetV2B0": 32,
    "InceptionResNetV2": 75,
    "InceptionV3": 75,
    "MobileNet": 32,
    "MobileNetV2": 32,
    "MobileNetV3Small": 32,
    "NASNetMobile": 32,
    "ResNet50": 32,
    "ResNet50V2": 32,
    "VGG16": 32,
    "Xception": 71,
}


def test_the_table_has_all_architectures():
    assert set(ROWS) == {name for names in FAMILIES for name in names}
    for names in FAMILIES:
        assert CHOSEN.keys() & names


@pytest.mark.parametrize("name", ROWS)
def test_a_row_says_that_all_agrees(name):
    measuring.check(ROWS[name])


@pytest.mark.parametrize("name", CHOSEN)
def test_an_architecture_agrees_again(name):
    row = measuring.measure(name, CHOSEN[name], quick=True)
    measuring.check(row)
    assert row["layers"] == ROWS[name]["layers"]
