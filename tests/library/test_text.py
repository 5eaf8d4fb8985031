"""What drawn cases of text leave out: the file of a layer that has adapted, and bytes."""

import inspect

import by_hand
import keras
import numpy as np
import pytest
from keras import layers


@pytest.mark.parametrize("mode", ["int", "tf_idf"])
@pytest.mark.parametrize(
    ("function", "layer", "inputs"),
    [
        ("string_lookup", layers.StringLookup, [["ant", "", "bee"]]),
        ("integer_lookup", layers.IntegerLookup, [[7, -3, 7]]),
        ("text_vectorization", layers.TextVectorization, ["an ant", "A bee!"]),
    ],
)
def test_config_and_file_of_an_adapted_layer(function, layer, inputs, mode, tmp_path):
    """What a .keras file has: the config, the vocabulary, and the weights of "tf_idf"."""
    layer = layer(output_mode=mode)
    layer.adapt(inputs)
    y = keras.ops.convert_to_numpy(layer(inputs))
    function = getattr(by_hand, function)
    known = inspect.signature(function).parameters
    config = {k: v for k, v in layer.get_config().items() if k in known}
    assert config["vocabulary"] is config["idf_weights"] is None
    layer.save_assets(tmp_path)
    config["vocabulary"] = (tmp_path / "vocabulary.txt").read_text().split("\n")
    if isinstance(layer, layers.IntegerLookup):
        config["vocabulary"] = list(map(int, config["vocabulary"]))
    weights = {}
    layer.save_own_variables(weights)
    np.testing.assert_array_equal(function(inputs, **config | weights), y)


def test_tensors_of_texts_are_taken():
    inputs = keras.ops.convert_to_tensor([["ant"], ["a bee"]])
    for layer, function in (
        (layers.StringLookup, by_hand.string_lookup),
        (layers.TextVectorization, by_hand.text_vectorization),
    ):
        y = layer(vocabulary=["ant"])(inputs)
        np.testing.assert_array_equal(y, function(inputs, vocabulary=["ant"]))


def test_bytes_in_another_encoding_are_unknown():
    inputs = np.array([b"\xe9land", "éland".encode()])
    options = {"vocabulary": ["éland"]}
    for layer, function in (
        (layers.StringLookup, by_hand.string_lookup),
        (layers.TextVectorization, by_hand.text_vectorization),
    ):
        y = layer(**options, encoding="latin-1")(inputs)
        np.testing.assert_array_equal(y, function(inputs, **options))
