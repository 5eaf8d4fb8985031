"""Recurrent layers: a loop around a cell, and the cells."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.activations import linear, sigmoid
from keras_by_hand.names import Activation, as_function
from keras_by_hand.shapes import (
    as_array,
    as_arrays,
    as_list,
    as_raw_array,
    check_flags,
    check_functions,
    check_rank,
    check_shapes,
    check_states,
    quoted,
)

CellFunction = Callable[[Any, Any], tuple[Any, Any]]  # of x and states

# -- What recurrent layers take in


def _in_list(states):
    """States in a list: the only one may stand alone."""
    return [states] if hasattr(states, "__array_function__") else states


def _check_states_of_any_cell(states):
    """States must be in a list; each is whatever the cell takes."""
    if not isinstance(states, list | tuple) or not states:
        raise TypeError(
            "rnn: states must be a list, with an array for each state, "
            f"not {quoted(states)}"
        )


def _check_weights(function, gates, x, kernel, recurrent_kernel, bias, rows=()):
    """Weights with so many gates must fit to x, and to each other.

    rows: how many the bias has, in a tuple, unless it has one alone.
    """
    width = "units" if gates == 1 else f"{gates} * units"
    shape = "units", width
    check_shapes(function, recurrent_kernel=(recurrent_kernel, shape))
    units = len(recurrent_kernel)
    shape = units, gates * units
    check_shapes(function, recurrent_kernel=(recurrent_kernel, shape))
    check_shapes(function, kernel=(kernel, (x.shape[-1], gates * units)))
    check_shapes(function, bias=(bias, (*rows, gates * units)))


def _check_sequences(function, x, mask):
    check_shapes(function, x=(x, ("batch", "steps", "features")))
    check_shapes(function, mask=(mask, x.shape[:2]))


# -- The loop


def zero_state(x: np.ndarray, recurrent_kernel: np.ndarray) -> np.ndarray:
    """Zeros, (batch, units), in the dtype of x; in float64 for integers.

    Raises nothing of its own: lstm and its like check what they are given.

    >>> zero_state(np.ones((2, 5, 4)), np.ones((3, 12)))
    array([[0., 0., 0.],
           [0., 0., 0.]])
    """
    return np.zeros((len(x), len(recurrent_kernel)), np.result_type(x, 0.0))


def _choose(kept, new, old):
    """new where kept, (batch,), is true, else old: two arrays, or two lists."""
    if isinstance(new, list | tuple):
        return [_choose(kept, *pair) for pair in zip(new, old)]
    return np.where(kept.reshape(-1, *[1] * (new.ndim - 1)), new, old)


def rnn(
    cell: CellFunction,
    x: ArrayLike,
    initial_state: Any,
    mask: ArrayLike | None = None,
    *,
    return_sequences: bool = False,
    return_state: bool = False,
    go_backwards: bool = False,
    zero_output_for_mask: bool = False,
) -> np.ndarray | list[Any]:
    """An RNN layer around cell(step, states) (Keras documentation, RNN).

    x: (batch, steps, ...), initial_state: a list, or the only one, mask:
    (batch, steps). Returns the last output, or all, (batch, steps, ...); or a
    list of that and the states.

    Raises ValueError for other shapes, and TypeError for a cell that is no
    function, and states that are no list.

    >>> def cell(x, states):
    ...     total = states[0] + x
    ...     return total, [total]
    >>> x = [[[1], [2], [3]]]  # (batch, steps, features)
    >>> rnn(cell, x, [np.zeros((1, 1))], return_sequences=True)[0, :, 0]
    array([1., 3., 6.])
    """
    x = as_array(rnn, x=x)
    mask = as_raw_array(rnn, mask=mask)
    check_flags(
        rnn,
        return_sequences=return_sequences,
        return_state=return_state,
        go_backwards=go_backwards,
        zero_output_for_mask=zero_output_for_mask,
    )
    check_functions(rnn, cell=cell)
    check_rank(rnn, 3, x=x)
    check_shapes(rnn, mask=(mask, x.shape[:2]))
    states = _in_list(initial_state)
    _check_states_of_any_cell(states)
    order = range(x.shape[1])
    previous, outputs = None, []
    for t in reversed(order) if go_backwards else order:
        y, new_states = cell(x[:, t], states)
        _check_states_of_any_cell(new_states)
        if mask is not None:
            if previous is None or zero_output_for_mask:
                previous = np.zeros_like(y)
            y = _choose(mask[:, t], y, previous)
            new_states = _choose(mask[:, t], new_states, states)
        previous, states = y, new_states
        outputs.append(y)
    y = np.stack(outputs, axis=1) if return_sequences else outputs[-1]
    return [y, *states] if return_state else y


# -- SimpleRNN


def simple_rnn_cell(
    x: ArrayLike,
    states: Sequence[ArrayLike],
    kernel: ArrayLike,
    recurrent_kernel: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    activation: Activation = np.tanh,
) -> tuple[np.ndarray, list[np.ndarray]]:
    """A step of SimpleRNN. x: (batch, features), states: [(batch, units)].

    kernel: (features, units), recurrent_kernel: (units, units), bias: (units,).
    Returns the output, which is the new state, and a list with it.

    Raises ValueError for other shapes, and an activation that Keras has not.

    >>> x, h, one, two = [[1]], [[10]], [[1]], [[2]]  # all of shape (1, 1)
    >>> y, states = simple_rnn_cell(x, [h], one, two, activation=None)
    >>> y  # 1 * 1 + 10 * 2
    array([[21]])
    """
    x, kernel, recurrent_kernel, bias = as_arrays(
        simple_rnn_cell,
        x=x,
        kernel=kernel,
        recurrent_kernel=recurrent_kernel,
        bias=bias,
    )
    states = _in_list(states)
    states = as_list(simple_rnn_cell, ["h"], states=states)
    activation = as_function(simple_rnn_cell, activation=activation)
    check_shapes(simple_rnn_cell, x=(x, ("batch", "features")))
    _check_weights(simple_rnn_cell, 1, x, kernel, recurrent_kernel, bias)
    check_states(
        simple_rnn_cell, ["h"], states, (len(x), len(recurrent_kernel))
    )
    weights = kernel, recurrent_kernel, bias
    return _simple_rnn_step(x, states, weights, activation)


def _simple_rnn_step(x, states, weights, activation):
    kernel, recurrent_kernel, bias = weights
    z = x @ kernel + states[0] @ recurrent_kernel
    z = z if bias is None else z + bias
    h = z if activation is None else activation(z)
    return h, [h]


def simple_rnn(
    x: ArrayLike,
    kernel: ArrayLike,
    recurrent_kernel: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    initial_state: ArrayLike | Sequence[ArrayLike] | None = None,
    mask: ArrayLike | None = None,
    activation: Activation = np.tanh,
    return_sequences: bool = False,
    return_state: bool = False,
    go_backwards: bool = False,
    zero_output_for_mask: bool = False,
) -> np.ndarray | list[np.ndarray]:
    """SimpleRNN (Keras documentation, SimpleRNN).

    x: (batch, steps, features), kernel: (features, units), recurrent_kernel:
    (units, units), bias: (units,), initial_state: [(batch, units)], zeros if
    there is none, mask: (batch, steps). Returns the last output, (batch,
    units), or all, (batch, steps, units); or a list of that and the state.

    Raises ValueError for other shapes, and an activation that Keras has not.

    >>> x = [[[1], [2], [3]]]  # (batch, steps, features)
    >>> options = {"activation": None, "return_sequences": True}
    >>> simple_rnn(x, [[1]], [[10]], **options)[0, :, 0]
    array([  1.,  12., 123.])
    """
    x, kernel, recurrent_kernel, bias = as_arrays(
        simple_rnn,
        x=x,
        kernel=kernel,
        recurrent_kernel=recurrent_kernel,
        bias=bias,
    )
    mask = as_raw_array(simple_rnn, mask=mask)
    check_flags(
        simple_rnn,
        return_sequences=return_sequences,
        return_state=return_state,
        go_backwards=go_backwards,
        zero_output_for_mask=zero_output_for_mask,
    )
    initial_state = _in_list(initial_state)
    initial_state = as_list(simple_rnn, ["h"], initial_state=initial_state)
    activation = as_function(simple_rnn, activation=activation)
    _check_sequences(simple_rnn, x, mask)
    _check_weights(simple_rnn, 1, x, kernel, recurrent_kernel, bias)
    check_states(
        simple_rnn, ["h"], initial_state, (len(x), len(recurrent_kernel))
    )
    weights = kernel, recurrent_kernel, bias

    def cell(x, states):
        return _simple_rnn_step(x, states, weights, activation)

    return rnn(
        cell,
        x,
        initial_state or [zero_state(x, recurrent_kernel)],
        mask,
        return_sequences=return_sequences,
        return_state=return_state,
        go_backwards=go_backwards,
        zero_output_for_mask=zero_output_for_mask,
    )


# -- LSTM


def lstm_cell(
    x: ArrayLike,
    states: Sequence[ArrayLike],
    kernel: ArrayLike,
    recurrent_kernel: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    activation: Activation = np.tanh,
    recurrent_activation: Activation = sigmoid,
) -> tuple[np.ndarray, list[np.ndarray]]:
    """A step of LSTM (Hochreiter and Schmidhuber, 1997; Gers et al., 1999).

    x: (batch, features), states: [h, c], both (batch, units), kernel:
    (features, 4 * units), recurrent_kernel: (units, 4 * units), bias:
    (4 * units,). Returns the new h, and the list [h, c].

    Raises ValueError for other shapes, and an activation that Keras has not.

    >>> x, h, c = [[1]], [[0]], [[4]]  # (batch, features), (batch, units)
    >>> kernel = [[-99, 99, 0, 99]]  # input shut, forget and output open
    >>> y, [h, c] = lstm_cell(x, [h, c], kernel, np.zeros((1, 4)))
    >>> c, y.round(2)  # y: tanh(c)
    (array([[4.]]), array([[1.]]))
    """
    x, kernel, recurrent_kernel, bias = as_arrays(
        lstm_cell,
        x=x,
        kernel=kernel,
        recurrent_kernel=recurrent_kernel,
        bias=bias,
    )
    states = as_list(lstm_cell, "hc", states=states)
    activation = as_function(lstm_cell, activation=activation)
    recurrent_activation = as_function(
        lstm_cell, recurrent_activation=recurrent_activation
    )
    check_shapes(lstm_cell, x=(x, ("batch", "features")))
    _check_weights(lstm_cell, 4, x, kernel, recurrent_kernel, bias)
    check_states(lstm_cell, "hc", states, (len(x), len(recurrent_kernel)))
    weights = kernel, recurrent_kernel, bias
    return _lstm_step(x, states, weights, activation, recurrent_activation)


def _lstm_step(x, states, weights, activation, recurrent_activation):
    kernel, recurrent_kernel, bias = weights
    h, c = states
    z = x @ kernel + h @ recurrent_kernel
    z = z if bias is None else z + bias
    i, f, g, o = z.reshape(len(x), 4, -1).swapaxes(0, 1)
    activation = activation or linear
    i, f, o = map(recurrent_activation or linear, (i, f, o))
    c = f * c + i * activation(g)
    h = o * activation(c)
    return h, [h, c]


def lstm(
    x: ArrayLike,
    kernel: ArrayLike,
    recurrent_kernel: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    initial_state: Sequence[ArrayLike] | None = None,
    mask: ArrayLike | None = None,
    activation: Activation = np.tanh,
    recurrent_activation: Activation = sigmoid,
    return_sequences: bool = False,
    return_state: bool = False,
    go_backwards: bool = False,
    zero_output_for_mask: bool = False,
) -> np.ndarray | list[np.ndarray]:
    """LSTM (Keras documentation, LSTM).

    x: (batch, steps, features), kernel: (features, 4 * units),
    recurrent_kernel: (units, 4 * units), bias: (4 * units,), initial_state:
    [h, c], both (batch, units), zeros if there is none, mask: (batch, steps).
    Returns the last output, (batch, units), or all, (batch, steps, units); or a
    list of that and the states.

    Raises ValueError for other shapes, and an activation that Keras has not.

    >>> x = [[[1], [2], [3]]]  # (batch, steps, features)
    >>> kernel = [[99, 99, 1, 99]]  # all gates open: c adds up
    >>> y, h, c = lstm(
    ...     x, kernel, np.zeros((1, 4)), activation=None, return_state=True
    ... )
    >>> c
    array([[6.]])
    """
    x, kernel, recurrent_kernel, bias = as_arrays(
        lstm, x=x, kernel=kernel, recurrent_kernel=recurrent_kernel, bias=bias
    )
    mask = as_raw_array(lstm, mask=mask)
    initial_state = as_list(lstm, "hc", initial_state=initial_state)
    activation = as_function(lstm, activation=activation)
    recurrent_activation = as_function(
        lstm, recurrent_activation=recurrent_activation
    )
    check_flags(
        lstm,
        return_sequences=return_sequences,
        return_state=return_state,
        go_backwards=go_backwards,
        zero_output_for_mask=zero_output_for_mask,
    )
    _check_sequences(lstm, x, mask)
    _check_weights(lstm, 4, x, kernel, recurrent_kernel, bias)
    check_states(lstm, "hc", initial_state, (len(x), len(recurrent_kernel)))
    weights = kernel, recurrent_kernel, bias

    def cell(x, states):
        return _lstm_step(x, states, weights, activation, recurrent_activation)

    return rnn(
        cell,
        x,
        initial_state or [zero_state(x, recurrent_kernel)] * 2,
        mask,
        return_sequences=return_sequences,
        return_state=return_state,
        go_backwards=go_backwards,
        zero_output_for_mask=zero_output_for_mask,
    )


# -- GRU


def gru_cell(
    x: ArrayLike,
    states: Sequence[ArrayLike],
    kernel: ArrayLike,
    recurrent_kernel: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    activation: Activation = np.tanh,
    recurrent_activation: Activation = sigmoid,
    reset_after: bool = True,
) -> tuple[np.ndarray, list[np.ndarray]]:
    """A step of GRU (Cho et al., 2014; reset_after: as in cuDNN).

    x: (batch, features), states: [h], h: (batch, units), kernel: (features,
    3 * units), recurrent_kernel: (units, 3 * units), bias: (2, 3 * units), or
    (3 * units,) without reset_after. Returns the new h, and the list [h].

    Raises ValueError for other shapes, and an activation that Keras has not.

    >>> x, h = [[1]], [[4]]  # (batch, features), (batch, units)
    >>> kernel = [[0, 0, 2]]  # z, r, g: z of 0.5 is half old, half new
    >>> gru_cell(x, [h], kernel, np.zeros((1, 3)), activation=None)[0]
    array([[3.]])
    """
    x, kernel, recurrent_kernel, bias = as_arrays(
        gru_cell,
        x=x,
        kernel=kernel,
        recurrent_kernel=recurrent_kernel,
        bias=bias,
    )
    check_flags(gru_cell, reset_after=reset_after)
    states = _in_list(states)
    states = as_list(gru_cell, ["h"], states=states)
    activation = as_function(gru_cell, activation=activation)
    recurrent_activation = as_function(
        gru_cell, recurrent_activation=recurrent_activation
    )
    check_shapes(gru_cell, x=(x, ("batch", "features")))
    _check_gru(gru_cell, x, kernel, recurrent_kernel, bias, reset_after)
    check_states(gru_cell, ["h"], states, (len(x), len(recurrent_kernel)))
    weights = kernel, recurrent_kernel, bias
    return _gru_step(
        x, states, weights, activation, recurrent_activation, reset_after
    )


def _check_gru(function, x, kernel, recurrent_kernel, bias, reset_after):
    weights = kernel, recurrent_kernel, bias
    _check_weights(function, 3, x, *weights, rows=(2,) if reset_after else ())


def _gru_step(
    x, states, weights, activation, recurrent_activation, reset_after
):
    kernel, recurrent_kernel, bias = weights
    (h,) = states
    if bias is None:
        bias = 0, 0
    elif not reset_after:
        bias = bias, 0
    x_z, x_r, x_g = np.split(x @ kernel + bias[0], 3, axis=-1)
    h_z, h_r, h_g = np.split(h @ recurrent_kernel + bias[1], 3, axis=-1)
    z, r = map(recurrent_activation or linear, (x_z + h_z, x_r + h_r))
    if reset_after:
        h_g = r * h_g
    else:
        h_g = (r * h) @ np.split(recurrent_kernel, 3, axis=-1)[2]
    g = (activation or linear)(x_g + h_g)
    h = z * h + (1 - z) * g
    return h, [h]


def gru(
    x: ArrayLike,
    kernel: ArrayLike,
    recurrent_kernel: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    initial_state: ArrayLike | Sequence[ArrayLike] | None = None,
    mask: ArrayLike | None = None,
    activation: Activation = np.tanh,
    recurrent_activation: Activation = sigmoid,
    reset_after: bool = True,
    return_sequences: bool = False,
    return_state: bool = False,
    go_backwards: bool = False,
    zero_output_for_mask: bool = False,
) -> np.ndarray | list[np.ndarray]:
    """GRU (Keras documentation, GRU).

    x: (batch, steps, features), kernel: (features, 3 * units),
    recurrent_kernel: (units, 3 * units), bias: (2, 3 * units), or (3 * units,)
    without reset_after, initial_state: [(batch, units)], zeros if there is
    none, mask: (batch, steps). Returns the last output, (batch, units), or all,
    (batch, steps, units); or a list of that and the state.

    Raises ValueError for other shapes, and an activation that Keras has not.

    >>> x = [[[4], [2], [9]]]  # (batch, steps, features)
    >>> kernel = [[-99, 0, 1]]  # z, r, g: z of 0 lets the candidate g through
    >>> mask = [[True, True, False]]  # (batch, steps)
    >>> gru(x, kernel, np.zeros((1, 3)), mask=mask, activation=None)
    array([[2.]])
    """
    x, kernel, recurrent_kernel, bias = as_arrays(
        gru, x=x, kernel=kernel, recurrent_kernel=recurrent_kernel, bias=bias
    )
    mask = as_raw_array(gru, mask=mask)
    check_flags(
        gru,
        reset_after=reset_after,
        return_sequences=return_sequences,
        return_state=return_state,
        go_backwards=go_backwards,
        zero_output_for_mask=zero_output_for_mask,
    )
    initial_state = _in_list(initial_state)
    initial_state = as_list(gru, ["h"], initial_state=initial_state)
    activation = as_function(gru, activation=activation)
    recurrent_activation = as_function(
        gru, recurrent_activation=recurrent_activation
    )
    _check_sequences(gru, x, mask)
    _check_gru(gru, x, kernel, recurrent_kernel, bias, reset_after)
    check_states(gru, ["h"], initial_state, (len(x), len(recurrent_kernel)))
    weights = kernel, recurrent_kernel, bias

    def cell(x, states):
        return _gru_step(
            x, states, weights, activation, recurrent_activation, reset_after
        )

    return rnn(
        cell,
        x,
        initial_state or [zero_state(x, recurrent_kernel)],
        mask,
        return_sequences=return_sequences,
        return_state=return_state,
        go_backwards=go_backwards,
        zero_output_for_mask=zero_output_for_mask,
    )


# -- StackedRNNCells


def stacked_rnn_cells(
    x: ArrayLike, states: Sequence[Any], cells: Sequence[CellFunction]
) -> tuple[np.ndarray, list[Any]]:
    """A step of StackedRNNCells (Keras documentation, StackedRNNCells).

    x: (batch, features), states: a list of states for each cell, cells:
    functions of a step and a list of states. Returns the output of the last
    cell, and the list of their new states.

    Raises ValueError where there are not as many lists of states as cells, or
    no cell, and TypeError for a cell that is no function.

    >>> def cell(x, states):
    ...     total = states[0] + x
    ...     return total, [total]
    >>> y, states = stacked_rnn_cells([1], [[[10]], [[100]]], [cell, cell])
    >>> y, states  # 1 + 10, and 11 + 100
    (array([111]), [[array([11])], [array([111])]])
    """
    x = as_array(stacked_rnn_cells, x=x)
    _check_cells(cells, states)
    y = x
    new_states = []
    for cell, cell_states in zip(cells, states):
        y, cell_states = cell(y, cell_states)
        new_states.append(cell_states)
    return y, new_states


def _check_cells(cells, states):
    """Each cell must be a function, and have its states."""
    for name, value in (("cells", cells), ("states", states)):
        if not isinstance(value, list | tuple):
            raise TypeError(
                f"stacked_rnn_cells: {name} must be a list, not {quoted(value)}"
            )
    for number, cell in enumerate(cells):
        check_functions(stacked_rnn_cells, **{f"cells[{number}]": cell})
    if len(states) != len(cells) or not cells:
        raise ValueError(
            "stacked_rnn_cells: there must be a cell or more, and a list of "
            f"states for each, not {len(cells)} and {len(states)}"
        )
