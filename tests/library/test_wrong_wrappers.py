"""What calls a function that it is given, and the states of recurrent layers: calls that
nobody means are refused by name, and those that Keras takes beside the drawn ones answer
as Keras does. Of other layers, test_contract.py derives as much.
"""

import functools
import inspect

import by_hand
import numpy as np
import pytest
from driving import assert_equal
from keras import layers
from library.engine.refusals import for_each, read


def ones(*shape):
    return np.ones(shape)


X = np.random.default_rng(313).normal(size=(2, 5, 4))  # (batch, steps, features)
STEP, STATE = X[:, 0], ones(2, 3)
KERNELS = ones(4, 9) / 9, ones(3, 9) / 9
GRU = *KERNELS, ones(2, 9)
GRU_CELL = functools.partial(
    by_hand.gru_cell, kernel=KERNELS[0], recurrent_kernel=KERNELS[1]
)
LSTM = ones(4, 12), ones(3, 12), ones(12)


def last(x, **others):
    """A layer whose output is x, and its state the last one."""
    return x, x[:, -1]


def longer(x, **others):
    return np.concatenate([x, x], axis=1), x[:, -1]


def no_list(x, states):
    return states[0], states[0]


TYPE_ERRORS = """
rnn(GRU_CELL, X, None) -> states must be a list, with an array for each state, not None
rnn(no_list, X, [STATE])
    -> states must be a list, with an array for each state, not array(...
stacked_rnn_cells(STEP, [[STATE]], GRU_CELL.func) -> cells must be a list, not <function ...
gru_cell(STEP, [[["a"] * 3] * 2], *GRU) -> h must be an array of numbers, not of text
bidirectional(last, X, initial_state=X) -> initial_state must be a list of arrays, not ...
"""
VALUE_ERRORS = """
rnn(GRU_CELL, STEP, [STATE]) -> x must have 3 axes or more, not the shape (2, 4)
rnn(GRU_CELL, X[:, :0], [STATE]) -> x must have at least one entry, not the shape (2, 0, 4)
stacked_rnn_cells(STEP, [[STATE]], [GRU_CELL] * 2)
    -> there must be a cell or more, and a list of states for each, not 2 and 1
stacked_rnn_cells(STEP, [], [])
    -> there must be a cell or more, and a list of states for each, not 0 and 0
simple_rnn_cell(STEP, [STATE], ones(4, 3), ones(3, 3), ones(1))
    -> bias must have the shape (3,), not (1,)
lstm_cell(STEP, [STATE, ones(2, 4)], *LSTM) -> c must have the shape (2, 3), not (2, 4)
conv_lstm1d(ones(1, 2, 3, 1), ones(2, 1, 4), ones(2, 1, 4), initial_state=[ones(1, 2, 1)])
    -> the number of arrays in initial_state must be 2 (h, c), not 1
bidirectional(last, STEP) -> x must have 3 axes or more, not the shape (2, 4)
bidirectional(by_hand.gru, X, *GRU, *GRU[:2])
    -> the number of weights must be even, as many for each direction, not 5; hand in others
    as backward_weights
bidirectional(last, X, backward_layer=longer)
    -> backward_output must have the shape (2, 5, units), not (2, 10, 4)
bidirectional(last, X, backward_layer=longer, merge_mode="sum")
    -> backward_output must have the shape (2, 5, 4), not (2, 10, 4)
time_distributed(np.mean, STEP) -> x must have 3 axes or more, not the shape (2, 4)
time_distributed(np.mean, X[:, :0]) -> x must have at least one step
"""
REFUSED = read(TYPE_ERRORS, TypeError, globals())
REFUSED += read(VALUE_ERRORS, ValueError, globals())


@for_each(REFUSED)
def test_what_is_wrong_is_refused_by_name(row):
    row.check()


# -- What Keras takes


def built(layer):
    layer.build(X.shape)
    rng = np.random.default_rng(7)
    layer.set_weights([rng.normal(size=weight.shape) for weight in layer.weights])
    return layer, layer.get_weights()


@pytest.mark.parametrize("kind", ["simple_rnn", "gru"])
@pytest.mark.parametrize("start", [STATE, [STATE], (STATE,), [STATE.tolist()]])
def test_one_state_may_stand_alone(kind, start):
    kinds = {"simple_rnn": layers.SimpleRNN, "gru": layers.GRU}
    layer, weights = built(kinds[kind](3, dtype="float64"))
    expected = layer(X, initial_state=STATE)
    y = getattr(by_hand, kind)(X, *weights, initial_state=start)
    assert_equal(expected, y)

    def cell(x, states):
        return getattr(by_hand, f"{kind}_cell")(x, states, *weights)

    assert_equal(expected, by_hand.rnn(cell, X, start))
    _, [state] = cell(STEP, start)
    assert_equal(layer(X[:, :1], initial_state=STATE), state)


@pytest.mark.parametrize(
    "kind, name",
    [(layers.SimpleRNN, "simple_rnn"), (layers.GRU, "gru"), (layers.LSTM, "lstm")],
)
def test_none_is_a_linear_activation(kind, name):
    names = ["activation", "recurrent_activation"][: 1 + (name != "simple_rnn")]
    linear = dict.fromkeys(names)
    layer, weights = built(kind(3, dtype="float64", **linear))
    y = getattr(by_hand, name)(X / 9, *weights, **linear)
    assert_equal(layer(X / 9), y)


def test_the_directions_may_have_different_numbers_of_states():
    forward = layers.GRU(3, dtype="float64")
    backward = layers.LSTM(3, go_backwards=True, dtype="float64")
    layer, weights = built(
        layers.Bidirectional(forward, backward_layer=backward, dtype="float64")
    )
    y = by_hand.bidirectional(
        by_hand.gru, X, *weights, backward_layer=by_hand.lstm, initial_state=[STATE] * 3
    )
    assert_equal(layer(X, initial_state=[STATE] * 3), y)


def test_texts_are_distributed_over_time():
    texts = [[["a"], ["b"]], [["b"], ["c"]]]
    layer = layers.TimeDistributed(layers.StringLookup(vocabulary=["a", "b"]))
    y = by_hand.time_distributed(by_hand.string_lookup, texts, vocabulary=["a", "b"])
    np.testing.assert_array_equal(y, layer(np.array(texts)))


@pytest.mark.parametrize(
    "name, kind",
    {
        "simple_rnn": "SimpleRNN",
        "gru": "GRU",
        "lstm": "LSTM",
        **{f"conv_lstm{n}d": f"ConvLSTM{n}D" for n in (1, 2, 3)},
        "bidirectional": "Bidirectional",
        "rnn": "RNN",
    }.items(),
)
def test_states_and_masks_have_the_order_of_keras(name, kind):
    """Both are of one type: in another order, an array would be taken for the other."""
    in_keras = inspect.signature(getattr(layers, kind).call).parameters
    ours = inspect.signature(getattr(by_hand, name)).parameters
    both = {"initial_state", "mask"}
    by_place = [
        n for n in ours if n in both and ours[n].kind is not ours[n].KEYWORD_ONLY
    ]
    assert by_place == [n for n in in_keras if n in both][: len(by_place)]
    assert len(by_place) == (2 if name == "rnn" else 0)
