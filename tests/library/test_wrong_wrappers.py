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


# The function, its arguments, those by keyword, the error, and what it says.
WRONG = [
    ("rnn", ("gru", X, [STATE]), {}, TypeError, "cell must be a function, not 'gru'"),
    (
        "rnn",
        (GRU_CELL, STEP, [STATE]),
        {},
        ValueError,
        "x must have 3 axes or more, not the shape (2, 4)",
    ),
    ("rnn", (GRU_CELL, X[:, :0], [STATE]), {}, ValueError, "x must have at least one"),
    (
        "rnn",
        (GRU_CELL, X, [STATE], ones(5, 2)),
        {},
        ValueError,
        "mask must have the shape (2, 5), not (5, 2)",
    ),
    (
        "rnn",
        (GRU_CELL, X, None),
        {},
        TypeError,
        "states must be a list, with an array",
    ),
    (
        "rnn",
        (no_list, X, [STATE]),
        {},
        TypeError,
        "states must be a list, with an array",
    ),
    (
        "stacked_rnn_cells",
        (STEP, [[STATE]], [GRU_CELL, "gru"]),
        {},
        TypeError,
        "cells[1] must be a function, not 'gru'",
    ),
    (
        "stacked_rnn_cells",
        (STEP, [[STATE]], GRU_CELL.func),
        {},
        TypeError,
        "cells must be a list, not <function gru_cell",
    ),
    *[
        (
            "stacked_rnn_cells",
            (STEP, states, cells),
            {},
            ValueError,
            "there must be a cell or more, and a list of states for each, "
            f"not {len(cells)} and {len(states)}",
        )
        for states, cells in [([[STATE]], [GRU_CELL] * 2), ([], [])]
    ],
    *[
        (
            "gru_cell",
            (STEP, states, *GRU),
            {},
            error,
            message,
        )
        for states, error, message in [
            (None, TypeError, "states must be a list of arrays, not NoneType"),
            (3, TypeError, "states must be a list of arrays, not int"),
            ([], ValueError, "the number of arrays in states must be 1 (h), not 0"),
            ([STATE] * 2, ValueError, "the number of arrays in states must be 1 (h)"),
            ([ones(1, 3)], ValueError, "h must have the shape (2, 3), not (1, 3)"),
            ([[["a"] * 3] * 2], TypeError, "h must be an array of numbers"),
        ]
    ],
    *[
        (
            name,
            (X, states, *weights),
            {},
            ValueError,
            "x must have the shape (batch, features), not (2, 5, 4)",
        )
        for name, states, weights in [
            ("simple_rnn_cell", [STATE], (ones(4, 3), ones(3, 3))),
            ("gru_cell", [STATE], GRU),
            ("lstm_cell", [STATE] * 2, LSTM),
        ]
    ],
    *[
        (
            name,
            (STEP, states, *weights[:-1], ones(1)),
            {},
            ValueError,
            "bias must have the shape",
        )
        for name, states, weights in [
            ("simple_rnn_cell", [STATE], (ones(4, 3), ones(3, 3), 0)),
            ("gru_cell", [STATE], GRU),
            ("lstm_cell", [STATE] * 2, LSTM),
        ]
    ],
    *[
        (
            name,
            (STEP, states, *weights),
            {"activation": 3},
            TypeError,
            "activation must",
        )
        for name, states, weights in [
            ("simple_rnn_cell", [STATE], (ones(4, 3), ones(3, 3))),
            ("gru_cell", [STATE], GRU),
            ("lstm_cell", [STATE] * 2, LSTM),
        ]
    ],
    *[
        (
            name,
            (STEP, states, *weights),
            {"recurrent_activation": "no such text"},
            ValueError,
            "recurrent_activation must be a function, None, or one of",
        )
        for name, states, weights in [
            ("gru_cell", [STATE], GRU),
            ("lstm_cell", [STATE] * 2, LSTM),
        ]
    ],
    (
        "lstm_cell",
        (STEP, [STATE], *LSTM),
        {},
        ValueError,
        "the number of arrays in states must be 2 (h, c), not 1",
    ),
    (
        "lstm_cell",
        (STEP, [STATE, ones(2, 4)], *LSTM),
        {},
        ValueError,
        "c must have the shape (2, 3), not (2, 4)",
    ),
    (
        "lstm",
        (X, *LSTM),
        {"initial_state": STATE},
        TypeError,
        "initial_state must be a list of arrays, not ndarray",
    ),
    (
        "gru",
        (X, *GRU),
        {"initial_state": ones(1, 2, 3)},
        ValueError,
        "h must have the shape (2, 3), not (1, 2, 3)",
    ),
    (
        "conv_lstm1d",
        (ones(1, 2, 3, 1), ones(2, 1, 4), ones(2, 1, 4)),
        {"initial_state": [ones(1, 2, 1)]},
        ValueError,
        "the number of arrays in initial_state must be 2 (h, c), not 1",
    ),
    *[
        (
            "bidirectional",
            (layer, X),
            {"backward_layer": back},
            TypeError,
            f"{name} must be a function, not 'gru'",
        )
        for layer, back, name in [
            ("gru", None, "layer"),
            (last, "gru", "backward_layer"),
        ]
    ],
    *[
        (
            "bidirectional",
            (last, X),
            {"merge_mode": value},
            ValueError,
            f"merge_mode must be 'concat', 'sum', 'ave', 'mul' or None, not {value!r}",
        )
        for value in ("no such text", "SUM", 3)
    ],
    (
        "bidirectional",
        (last, STEP),
        {},
        ValueError,
        "x must have 3 axes or more, not the shape (2, 4)",
    ),
    (
        "bidirectional",
        (by_hand.gru, X, *GRU, *GRU[:2]),
        {},
        ValueError,
        "the number of weights must be even, as many for each direction, not 5",
    ),
    (
        "bidirectional",
        (by_hand.gru, X, *GRU, *GRU),
        {"initial_state": ones(2, 2, 3)},
        TypeError,
        "initial_state must be a list of arrays, not ndarray",
    ),
    (
        "bidirectional",
        (last, X),
        {"backward_layer": longer},
        ValueError,
        "backward_output must have the shape (2, 5, units), not (2, 10, 4)",
    ),
    (
        "bidirectional",
        (last, X),
        {"backward_layer": longer, "merge_mode": "sum"},
        ValueError,
        "backward_output must have the shape (2, 5, 4), not (2, 10, 4)",
    ),
    (
        "time_distributed",
        ("dense", X),
        {},
        TypeError,
        "layer must be a function, not 'dense'",
    ),
    (
        "time_distributed",
        (np.mean, [[[1], [2, 3]]]),
        {},
        TypeError,
        "x must be an array, not rows of different lengths",
    ),
    (
        "time_distributed",
        (np.mean, STEP),
        {},
        ValueError,
        "x must have 3 axes or more, not the shape (2, 4)",
    ),
    (
        "time_distributed",
        (np.mean, X[:, :0]),
        {},
        ValueError,
        "x must have at least one step",
    ),
    (
        "time_distributed",
        (np.mean, X),
        {"mask": ones(2)},
        ValueError,
        "mask must have the shape (2, 5), not (2,)",
    ),
]


def calls():
    """Yield (function, arguments, keywords) of the calls that are refused."""
    for name, args, keywords, *_ in WRONG:
        yield getattr(by_hand, name), args, keywords


@pytest.mark.parametrize(
    "name, args, keywords, error, message",
    WRONG,
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_nobody_means_is_refused_by_name(name, args, keywords, error, message):
    with pytest.raises(error) as caught:
        getattr(by_hand, name)(*args, **keywords)
    said = str(caught.value)
    assert said.startswith(f"{name}: {message}") and "\n" not in said


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
    [
        (layers.SimpleRNN, "simple_rnn"),
        (layers.GRU, "gru"),
        (layers.LSTM, "lstm"),
    ],
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
        by_hand.gru,
        X,
        *weights,
        backward_layer=by_hand.lstm,
        initial_state=[STATE] * 3,
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
