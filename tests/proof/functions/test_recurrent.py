"""Recurrent layers in many drawn cases: cells, lengths, masks, states and directions."""

import keras
import numpy as np
import pytest
from driving import assert_all_equal, assert_equal, by_hand, drawn, random_numbers
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

# A step of a sequence takes as long as a whole layer elsewhere: a quarter of the cases.
fewer = settings(max_examples=settings.default.max_examples // 4)
ACTIVATIONS = {"tanh": np.tanh, "relu": by_hand.relu, "sigmoid": by_hand.sigmoid}
NAMES = st.sampled_from(list(ACTIVATIONS))
BOOLEANS = ["return_sequences", "go_backwards", "zero_output_for_mask"]


def draw_options(data, *names):
    """Draw what a layer and its function are told alike: the booleans of these names."""
    return {name: data.draw(st.booleans()) for name in names}


def draw_activations(data, *names):
    """Draw activations: by name, as Keras takes them, and as functions."""
    chosen = {name: data.draw(NAMES) for name in names}
    return chosen, {name: ACTIVATIONS[chosen[name]] for name in names}


def draw_inputs(data, layer, *space):
    """Draw weights and set them; return (x, weights, mask or None): x, (batch, steps,
    *space, features)."""
    shape = (3, data.draw(st.integers(1, 5)), *space, 2)
    layer.build(shape)
    x, *weights = random_numbers(data, shape, *(w.shape for w in layer.weights))
    layer.set_weights(weights)
    return x, weights, data.draw(st.none() | drawn(shape[:2], st.booleans(), "bool"))


@pytest.mark.parametrize(
    "layer_class, function, more",
    [
        (layers.SimpleRNN, by_hand.simple_rnn, []),
        (layers.LSTM, by_hand.lstm, ["recurrent_activation"]),
        (layers.GRU, by_hand.gru, ["recurrent_activation"]),
    ],
)
@fewer
@given(data=st.data(), use_bias=st.booleans())
def test_recurrent_layer(layer_class, function, more, data, use_bias):
    options = draw_options(data, *BOOLEANS)
    if layer_class is layers.GRU:
        options |= draw_options(data, "reset_after")
    names, functions = draw_activations(data, "activation", *more)
    layer = layer_class(
        4, use_bias=use_bias, return_state=True, dtype="float64", **names, **options
    )
    x, weights, mask = draw_inputs(data, layer)
    weights += [None] * (3 - len(weights))
    states = random_numbers(data, *[(3, 4)] * (2 if function is by_hand.lstm else 1))
    states = data.draw(st.none() | st.just(states))
    expected = function(
        x, *weights, mask, states, return_state=True, **functions, **options
    )
    assert_all_equal(layer(x, mask=mask, initial_state=states), expected)


@pytest.mark.parametrize(
    "cell_class, function, more",
    [
        (layers.SimpleRNNCell, by_hand.simple_rnn_cell, []),
        (layers.LSTMCell, by_hand.lstm_cell, ["recurrent_activation"]),
        (layers.GRUCell, by_hand.gru_cell, ["recurrent_activation"]),
    ],
)
@fewer
@given(data=st.data(), use_bias=st.booleans())
def test_cell_in_a_loop(cell_class, function, more, data, use_bias):
    options = draw_options(data, "reset_after") if cell_class is layers.GRUCell else {}
    names, functions = draw_activations(data, "activation", *more)
    cell = cell_class(4, use_bias=use_bias, dtype="float64", **names, **options)
    loop = draw_options(data, *BOOLEANS)
    layer = layers.RNN(cell, return_state=True, dtype="float64", **loop)
    x, weights, mask = draw_inputs(data, layer)

    def step(x, states):
        return function(x, states, *weights, **functions, **options)

    states = [np.zeros((3, 4))] * (2 if function is by_hand.lstm_cell else 1)
    expected = by_hand.rnn(step, x, states, mask, return_state=True, **loop)
    assert_all_equal(layer(x, mask=mask), expected)


@fewer
@given(data=st.data(), return_sequences=st.booleans())
def test_bidirectional(data, return_sequences):
    options = {"return_sequences": return_sequences, "return_state": True}
    options["merge_mode"] = data.draw(
        st.sampled_from(["concat", "sum", "mul", "ave", None])
    )
    classes = data.draw(
        st.sampled_from([(layers.LSTM, by_hand.lstm), (layers.GRU, by_hand.gru)])
    )
    layer_class, function = classes
    recurrent = layer_class(
        4, return_sequences=return_sequences, return_state=True, dtype="float64"
    )
    layer = layers.Bidirectional(
        recurrent, merge_mode=options["merge_mode"], dtype="float64"
    )
    x, weights, mask = draw_inputs(data, layer)
    states = random_numbers(data, *[(3, 4)] * (4 if function is by_hand.lstm else 2))
    states = data.draw(st.none() | st.just(states))
    expected = by_hand.bidirectional(
        function, x, *weights, mask=mask, initial_state=states, **options
    )
    assert_all_equal(layer(x, mask=mask, initial_state=states), expected)


@fewer
@given(data=st.data(), sizes=st.lists(st.integers(1, 4), min_size=2, max_size=3))
def test_stacked_rnn_cells(data, sizes):
    stack = layers.StackedRNNCells(
        [layers.LSTMCell(size, dtype="float64") for size in sizes], dtype="float64"
    )
    layer = layers.RNN(stack, return_sequences=True, return_state=True, dtype="float64")
    x, weights, mask = draw_inputs(data, layer)

    def cell(number):
        return lambda x, states: by_hand.lstm_cell(
            x, states, *weights[3 * number : 3 * number + 3]
        )

    cells = [cell(number) for number in range(len(sizes))]

    def step(x, states):
        return by_hand.stacked_rnn_cells(x, states, cells)

    states = [[np.zeros((3, size))] * 2 for size in sizes]
    expected = by_hand.rnn(
        step, x, states, mask, return_sequences=True, return_state=True
    )
    flat = keras.tree.flatten(layer(x, mask=mask))
    assert_all_equal(flat, keras.tree.flatten(expected))


@fewer
@given(data=st.data())
def test_time_distributed(data):
    conv1d = layers.Conv1D(3, 2, dtype="float64")
    layer = layers.TimeDistributed(conv1d, dtype="float64")
    x, weights, _ = draw_inputs(data, layer, 4)
    expected = by_hand.time_distributed(by_hand.conv1d, x, *weights)
    assert_equal(layer(x), expected)


@pytest.mark.parametrize(
    "layer_class, function",
    [
        (layers.ConvLSTM1D, by_hand.conv_lstm1d),
        (layers.ConvLSTM2D, by_hand.conv_lstm2d),
        (layers.ConvLSTM3D, by_hand.conv_lstm3d),
    ],
)
@fewer
@given(data=st.data(), padding=st.sampled_from(["valid", "same"]))
def test_conv_lstm(layer_class, function, data, padding):
    rank = int(layer_class.__name__[-2])
    sides = st.tuples(*[st.integers(1, 2)] * rank)
    options = draw_options(data, *BOOLEANS) | {"padding": padding}
    options["strides"] = data.draw(sides)
    if options["strides"] == (1,) * rank:
        options["dilation_rate"] = data.draw(sides)
    size = data.draw(sides)
    space = [data.draw(st.integers(3, 5)) for _ in range(rank)]
    layer = layer_class(2, size, return_state=True, dtype="float64", **options)
    x, weights, mask = draw_inputs(data, layer, *space)
    expected = function(x, *weights, mask, return_state=True, **options)
    assert_all_equal(layer(x, mask=mask), expected)


def test_a_difference_is_noticed():
    with pytest.raises(AssertionError):
        assert_all_equal([keras.ops.zeros(3)], [np.array([0, 0, 1e-9])])
