"""Lookups and the vectorization of text in many drawn cases."""

import inspect

import keras
import numpy as np
import pytest
from driving import by_hand
from hypothesis import given
from hypothesis import strategies as st
from keras import layers

MODES = st.sampled_from(["int", "one_hot", "multi_hot", "count", "tf_idf"])
WORDS = st.sampled_from(["ant", "bee", "Bee", "éland", "", "[UNK]", "yak"])
NUMBERS = st.integers(-9, 9)
POWERS = st.sampled_from([0.25, 0.5, 1.0, 2.0, 4.0])
# Texts of what is treated in its own way: marks, spaces and letters of many kinds.
TEXTS = st.text("aAbB cÉß'’-—.!\t\n\v\f\r\x1c\u00a0\u2003_", max_size=12)


def equal(of_keras, expected):
    """The same words or numbers, in the same shape; floats of few bits, so exactly."""
    of_keras = keras.ops.convert_to_numpy(of_keras)
    expected = np.asarray(expected)
    if expected.dtype.kind == "U":
        of_keras = np.reshape([t.decode() for t in of_keras.ravel()], of_keras.shape)
    assert of_keras.shape == expected.shape
    np.testing.assert_array_equal(of_keras, expected)


def draw_inputs(data, elements):
    """An array of up to three axes."""
    shape = data.draw(st.lists(st.integers(1, 3), max_size=3))
    size = int(np.prod(shape))
    return np.reshape(
        data.draw(st.lists(elements, min_size=size, max_size=size)), shape
    )


def draw_output(data, size, special):
    """What to return: the mode, with weights, and the length of its vectors."""
    mode = data.draw(MODES)
    options = {"output_mode": mode}
    if mode != "int" and data.draw(st.booleans()):
        options |= {"pad_to_max_tokens": True, "max_tokens": size + special + 2}
    if mode == "tf_idf":
        weights = st.lists(POWERS, min_size=size, max_size=size)
        options["idf_weights"] = data.draw(weights)
    return options


@given(data=st.data())
def test_string_lookup(data):
    vocabulary = data.draw(
        st.permutations(["ant", "bee", "éland", "cat"]).map(lambda v: v[:2])
    )
    options = {"vocabulary": vocabulary, **draw_output(data, 2, 2)}
    options["mask_token"] = data.draw(st.sampled_from([None, "", "yak"]))
    inputs = draw_inputs(data, WORDS)
    expected = by_hand.string_lookup(inputs, **options)
    equal(layers.StringLookup(**options)(inputs), expected)
    as_bytes = np.char.encode(inputs, "utf-8")
    np.testing.assert_array_equal(by_hand.string_lookup(as_bytes, **options), expected)


@given(data=st.data(), number=st.integers(1, 4))
def test_integer_lookup(data, number):
    vocabulary = data.draw(st.lists(NUMBERS, min_size=2, max_size=2, unique=True))
    options = {"vocabulary": vocabulary, "num_oov_indices": number}
    options |= draw_output(data, 2, number + 1)
    options["mask_token"] = data.draw(st.sampled_from([None, 11, -11]))
    options["oov_token"] = 12
    inputs = draw_inputs(data, NUMBERS | st.sampled_from([11, 12]))
    expected = by_hand.integer_lookup(inputs, **options)
    equal(layers.IntegerLookup(**options)(inputs), expected)


@given(data=st.data(), number=st.integers(0, 3), masked=st.booleans())
def test_inverted_lookups(data, number, masked):
    inputs = draw_inputs(data, NUMBERS)
    options = {"num_oov_indices": number, "invert": True}
    options["vocabulary"] = ["ant", "éland", "bee"]
    options["mask_token"] = "" if masked else None
    expected = by_hand.string_lookup(inputs, **options)
    equal(layers.StringLookup(**options)(inputs), expected)
    options["vocabulary"] = [7, -3]
    options["mask_token"] = 0 if masked else None
    expected = by_hand.integer_lookup(inputs, **options)
    equal(layers.IntegerLookup(**options)(inputs), expected)


@given(data=st.data(), texts=st.lists(TEXTS, min_size=1, max_size=3))
def test_text_vectorization(data, texts):
    vocabulary = ["a", "b", "a b", "É", "A", " ", "b a", "a b a"]
    options = {"vocabulary": vocabulary}
    standardize = [None, "lower", "strip_punctuation", "lower_and_strip_punctuation"]
    options["standardize"] = data.draw(st.sampled_from(standardize))
    options["split"] = data.draw(st.sampled_from(["whitespace", "character", None]))
    options["ngrams"] = data.draw(st.sampled_from([None, 1, 2, (2,), (3, 1)]))
    options |= draw_output(data, len(vocabulary), 2)
    if options["output_mode"] == "one_hot":  # which is not documented
        options["output_mode"] = "count"
    if options["output_mode"] == "int":
        options["output_sequence_length"] = data.draw(st.none() | st.integers(1, 4))
    column = np.array(texts, dtype=str)[:, np.newaxis]
    inputs = (
        column
        if options["split"] is None
        else data.draw(st.sampled_from([texts, column]))
    )
    expected = by_hand.text_vectorization(inputs, **options)
    equal(layers.TextVectorization(**options)(inputs), expected)


@given(texts=st.lists(TEXTS, min_size=1, max_size=3), length=st.none() | st.just(2))
def test_ragged_text_vectorization(texts, length):
    options = {"vocabulary": ["a", "b"], "ragged": True}
    options["output_sequence_length"] = length
    rows = layers.TextVectorization(**options)(texts).to_list()
    expected = by_hand.text_vectorization(texts, **options)
    assert rows == [row.tolist() for row in expected]


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


def test_bytes_in_another_encoding_are_unknown():
    inputs = np.array([b"\xe9land", "éland".encode()])
    options = {"vocabulary": ["éland"]}
    latin = layers.StringLookup(**options, encoding="latin-1")
    equal(latin(inputs), by_hand.string_lookup(inputs, **options))
    latin = layers.TextVectorization(**options, encoding="latin-1")
    equal(latin(inputs), by_hand.text_vectorization(inputs, **options))
