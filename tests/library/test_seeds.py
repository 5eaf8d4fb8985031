"""The first weights of layers after keras.utils.set_random_seed: which seeds they take, in
which order, and that NumPy draws the same numbers: uniform ones and what Dropout keeps to
the bit, orthogonal ones but for rounding."""

import keras
import numpy as np
import pytest
from library import reasons
from library.engine.subjects import SUBJECTS, read_cases

from keras_by_hand.initializers import draw_orthogonal, glorot_uniform, random_uniform
from keras_by_hand.random import default_seeds, draw_kept

SEED = 313
SEEDS = default_seeds(SEED, 6)
INPUTS = {"LSTM": (2, 3, 4), "Conv2D": (2, 8, 8, 4)}
ROUNDED = 1e-6


def build(name, *args, **config):
    keras.utils.set_random_seed(SEED)
    layer = getattr(keras.layers, name)(*args, **config)
    shape = INPUTS.get(name, (2, 4))
    layer.build(shape)
    return [keras.ops.convert_to_numpy(weight) for weight in layer.weights]


@pytest.mark.parametrize("name, args", [("Dense", (5,)), ("Conv2D", (5, 3))])
def test_a_kernel_is_uniform(name, args):
    kernel, bias = build(name, *args)
    expected = glorot_uniform(kernel.shape, seed=SEEDS[0])
    np.testing.assert_array_equal(kernel, expected, strict=True)
    assert not np.any(bias)


def test_embeddings_are_uniform():
    (embeddings,) = build("Embedding", 7, 5)
    expected = random_uniform((7, 5), seed=SEEDS[0])
    np.testing.assert_array_equal(embeddings, expected, strict=True)


def test_an_lstm_is_orthogonal_from_step_to_step():
    kernel, recurrent, bias = build("LSTM", 5)
    expected = glorot_uniform((4, 20), seed=SEEDS[0])
    np.testing.assert_array_equal(kernel, expected, strict=True)
    expected = draw_orthogonal((5, 20), seed=SEEDS[1])
    np.testing.assert_allclose(recurrent, expected, atol=ROUNDED, strict=True)
    np.testing.assert_array_equal(bias, np.repeat([0, 1, 0, 0], 5))


def seed_of(layer):
    return int(layer.seed_generator.state[0])


def test_simple_rnn_takes_the_seed_of_dropout_first():
    keras.utils.set_random_seed(SEED)
    cells = [
        getattr(keras.layers, name)(5, dropout=0.5).cell
        for name in ("SimpleRNN", "LSTM")
    ]
    assert [seed_of(cell) for cell in cells] == [SEEDS[0], SEEDS[5]]


def test_attention_takes_one_seed_for_itself_and_then_for_its_parts():
    keras.utils.set_random_seed(SEED)
    layer = keras.layers.MultiHeadAttention(2, 3, dropout=0.5)
    layer.build((2, 3, 4), (2, 3, 4))
    inputs = [(layer.query_dense, 1), (layer.key_dense, 2), (layer.value_dense, 3)]
    for dense, place in inputs:
        expected = glorot_uniform((4, 2, 3), [0], [1, 2], seed=SEEDS[place])
        np.testing.assert_array_equal(dense.kernel, expected, strict=True)
    assert seed_of(layer._dropout_layer) == SEEDS[4]
    expected = glorot_uniform((2, 3, 4), [0, 1], [2], seed=SEEDS[5])
    np.testing.assert_array_equal(layer.output_dense.kernel, expected, strict=True)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dropout_keeps_what_its_seed_and_its_calls_say(dtype):
    keras.utils.set_random_seed(SEED)
    layer, x = keras.layers.Dropout(0.25, dtype=dtype), np.ones((4, 9), dtype)
    for count in range(3):
        kept = keras.ops.convert_to_numpy(layer(x, training=True)) != 0
        expected = draw_kept((4, 9), 0.25, dtype, seed=[SEEDS[0], count])
        np.testing.assert_array_equal(kept, expected, strict=True)


def test_each_way_to_draw_is_compared_or_has_a_reason():
    """What a new release of Keras adds needs either."""
    read_cases()
    names = {name for name in vars(keras.random) if not name.startswith("_")}
    assert names == reasons.OF_RANDOM.keys() | reasons.NOT_DRAWN.keys()
    assert {*reasons.OF_RANDOM.values()} <= SUBJECTS.keys()
