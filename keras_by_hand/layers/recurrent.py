"""Recurrent layers: a loop around a cell, the cells, and what wraps them."""

import numpy as np

from keras_by_hand.activations import sigmoid
from keras_by_hand.layers.convolution import conv
from keras_by_hand.shapes import check_shapes, name_arrays


def choose(kept, new, old):
    """new where kept, (batch,), is true, else old: two arrays, or two lists."""
    if isinstance(new, list):
        return [choose(kept, *pair) for pair in zip(new, old)]
    return np.where(kept.reshape(-1, *[1] * (new.ndim - 1)), new, old)


def rnn(
    cell,
    x,
    states,
    mask=None,
    *,
    return_sequences=False,
    return_state=False,
    go_backwards=False,
    zero_output_for_mask=False,
):
    """An RNN layer around cell(step, states) (Keras documentation, RNN).

    x: (batch, steps, ...), states: a list, mask: (batch, steps). Returns the
    last output, or all, (batch, steps, ...); or a list of that and the states.
    """
    check_shapes("rnn", mask=(mask, x.shape[:2]))
    order = range(x.shape[1])
    outputs = []
    for t in reversed(order) if go_backwards else order:
        y, new_states = cell(x[:, t], states)
        if mask is not None:
            repeat = outputs and not zero_output_for_mask
            y = choose(
                mask[:, t], y, outputs[-1] if repeat else np.zeros_like(y)
            )
            new_states = choose(mask[:, t], new_states, states)
        states = new_states
        outputs.append(y)
    y = np.stack(outputs, axis=1) if return_sequences else outputs[-1]
    return [y, *states] if return_state else y


def zero_state(x, recurrent_kernel):
    """Zeros, (batch, units), in the dtype of x; in float64 for integers."""
    return np.zeros((len(x), len(recurrent_kernel)), np.result_type(x, 0.0))


def _check_states(function, names, states, shape):
    """States must be as many as their names, and have one shape."""
    for name, h in name_arrays(function, "states", names, states).items():
        check_shapes(function, **{name: (h, shape)})


def simple_rnn_cell(
    x, states, kernel, recurrent_kernel, bias=None, *, activation=np.tanh
):
    """A step of SimpleRNN. x: (batch, features), states: [(batch, units)].

    kernel: (features, units), recurrent_kernel: (units, units), bias: (units,).
    Returns the output, which is the new state, and a list with it.
    """
    units = len(recurrent_kernel)
    check_shapes(
        "simple_rnn",
        recurrent_kernel=(recurrent_kernel, (units, units)),
        kernel=(kernel, (x.shape[-1], units)),
        bias=(bias, (units,)),
    )
    _check_states("simple_rnn", ["h"], states, (len(x), units))
    z = x @ kernel + states[0] @ recurrent_kernel
    h = activation(z if bias is None else z + bias)
    return h, [h]


def simple_rnn(
    x,
    kernel,
    recurrent_kernel,
    bias=None,
    mask=None,
    initial_state=None,
    *,
    activation=np.tanh,
    return_sequences=False,
    return_state=False,
    go_backwards=False,
    zero_output_for_mask=False,
):
    """SimpleRNN (Keras documentation).

    x: (batch, steps, features), mask: (batch, steps), initial_state:
    [(batch, units)], zeros if there is none. Returns what rnn does.
    """

    def cell(x, states):
        return simple_rnn_cell(
            x, states, kernel, recurrent_kernel, bias, activation=activation
        )

    if initial_state is None:
        initial_state = [zero_state(x, recurrent_kernel)]
    return rnn(
        cell,
        x,
        initial_state,
        mask,
        return_sequences=return_sequences,
        return_state=return_state,
        go_backwards=go_backwards,
        zero_output_for_mask=zero_output_for_mask,
    )


def lstm_cell(
    x,
    states,
    kernel,
    recurrent_kernel,
    bias=None,
    *,
    activation=np.tanh,
    recurrent_activation=sigmoid,
):
    """A step of LSTM (Hochreiter and Schmidhuber, 1997; Gers et al., 1999).

    x: (batch, features), states: [h, c], both (batch, units), kernel:
    (features, 4 * units), recurrent_kernel: (units, 4 * units), bias:
    (4 * units,). Returns the new h, and the list [h, c].
    """
    units = len(recurrent_kernel)
    check_shapes(
        "lstm",
        recurrent_kernel=(recurrent_kernel, (units, 4 * units)),
        kernel=(kernel, (x.shape[-1], 4 * units)),
        bias=(bias, (4 * units,)),
    )
    _check_states("lstm", ["h", "c"], states, (len(x), units))
    h, c = states
    z = x @ kernel + h @ recurrent_kernel
    z = z if bias is None else z + bias
    i, f, g, o = z.reshape(len(x), 4, units).swapaxes(0, 1)
    i, f, o = map(recurrent_activation, (i, f, o))
    c = f * c + i * activation(g)
    h = o * activation(c)
    return h, [h, c]


def lstm(
    x,
    kernel,
    recurrent_kernel,
    bias=None,
    mask=None,
    initial_state=None,
    *,
    activation=np.tanh,
    recurrent_activation=sigmoid,
    return_sequences=False,
    return_state=False,
    go_backwards=False,
    zero_output_for_mask=False,
):
    """LSTM (Keras documentation).

    x: (batch, steps, features), mask: (batch, steps), initial_state: [h, c],
    both (batch, units), zeros if there is none. Returns what rnn does.
    """

    def cell(x, states):
        return lstm_cell(
            x,
            states,
            kernel,
            recurrent_kernel,
            bias,
            activation=activation,
            recurrent_activation=recurrent_activation,
        )

    if initial_state is None:
        initial_state = [zero_state(x, recurrent_kernel)] * 2
    return rnn(
        cell,
        x,
        initial_state,
        mask,
        return_sequences=return_sequences,
        return_state=return_state,
        go_backwards=go_backwards,
        zero_output_for_mask=zero_output_for_mask,
    )


def gru_cell(
    x,
    states,
    kernel,
    recurrent_kernel,
    bias=None,
    *,
    activation=np.tanh,
    recurrent_activation=sigmoid,
    reset_after=True,
):
    """A step of GRU (Cho et al., 2014; reset_after: as in cuDNN).

    x: (batch, features), states: [h], h: (batch, units), kernel: (features,
    3 * units), recurrent_kernel: (units, 3 * units), bias: (2, 3 * units), or
    (3 * units,) without reset_after. Returns the new h, and the list [h].
    """
    units = len(recurrent_kernel)
    check_shapes(
        "gru",
        recurrent_kernel=(recurrent_kernel, (units, 3 * units)),
        kernel=(kernel, (x.shape[-1], 3 * units)),
    )
    shape = (2, 3 * units) if reset_after else (3 * units,)
    check_shapes(f"gru with reset_after={reset_after}", bias=(bias, shape))
    _check_states("gru", ["h"], states, (len(x), units))
    (h,) = states
    if bias is None:
        bias = 0, 0
    elif not reset_after:
        bias = bias, 0
    x_z, x_r, x_g = np.split(x @ kernel + bias[0], 3, axis=-1)
    h_z, h_r, h_g = np.split(h @ recurrent_kernel + bias[1], 3, axis=-1)
    z = recurrent_activation(x_z + h_z)
    r = recurrent_activation(x_r + h_r)
    if reset_after:
        h_g = r * h_g
    else:
        h_g = (r * h) @ np.split(recurrent_kernel, 3, axis=-1)[2]
    h = z * h + (1 - z) * activation(x_g + h_g)
    return h, [h]


def gru(
    x,
    kernel,
    recurrent_kernel,
    bias=None,
    mask=None,
    initial_state=None,
    *,
    activation=np.tanh,
    recurrent_activation=sigmoid,
    reset_after=True,
    return_sequences=False,
    return_state=False,
    go_backwards=False,
    zero_output_for_mask=False,
):
    """GRU (Keras documentation).

    x: (batch, steps, features), mask: (batch, steps), initial_state:
    [(batch, units)], zeros if there is none. Returns what rnn does.
    """

    def cell(x, states):
        return gru_cell(
            x,
            states,
            kernel,
            recurrent_kernel,
            bias,
            activation=activation,
            recurrent_activation=recurrent_activation,
            reset_after=reset_after,
        )

    if initial_state is None:
        initial_state = [zero_state(x, recurrent_kernel)]
    return rnn(
        cell,
        x,
        initial_state,
        mask,
        return_sequences=return_sequences,
        return_state=return_state,
        go_backwards=go_backwards,
        zero_output_for_mask=zero_output_for_mask,
    )


def bidirectional(
    layer,
    x,
    *weights,
    mask=None,
    initial_state=None,
    merge_mode="concat",
    backward_layer=None,
    return_sequences=False,
    return_state=False,
    go_backwards=False,
    **options,
):
    """Bidirectional (Keras documentation). layer: a function such as lstm.

    x: (batch, steps, features), mask: (batch, steps); weights, initial_state:
    those of layer, then as many of backward_layer, by default layer; options:
    keywords of both. Returns their outputs merged, or both in a list; with
    return_state a list of the outputs, the states of layer, and the other's.
    """

    def halves(arrays):
        return arrays[: len(arrays) // 2], arrays[len(arrays) // 2 :]

    states = [] if initial_state is None else initial_state
    for kind, arrays in (("weights", weights), ("states", states)):
        if len(arrays) % 2:
            raise ValueError(
                f"bidirectional: the number of {kind} must be even, as many "
                f"for each direction, not {len(arrays)}"
            )
    weights, weights_back = halves(weights)
    start, start_back = halves(states) if len(states) else (None, None)
    options |= {
        "mask": mask,
        "return_sequences": return_sequences,
        "return_state": True,
        "zero_output_for_mask": return_sequences,
    }
    y, *states = layer(
        x, *weights, initial_state=start, go_backwards=go_backwards, **options
    )
    y_back, *states_back = (backward_layer or layer)(
        x,
        *weights_back,
        initial_state=start_back,
        go_backwards=not go_backwards,
        **options,
    )
    if return_sequences:
        y_back = y_back[:, ::-1]
    if merge_mode == "concat":
        y = np.concatenate([y, y_back], axis=-1)
    elif merge_mode == "sum":
        y = y + y_back
    elif merge_mode == "ave":
        y = (y + y_back) / 2
    elif merge_mode == "mul":
        y = y * y_back
    results = [y] if merge_mode else [y, y_back]
    if return_state:
        results += states + states_back
    return results if len(results) > 1 else results[0]


def time_distributed(layer, x, *weights, mask=None, **options):
    """TimeDistributed (Keras documentation). layer: a function such as conv2d.

    x: (batch, steps, ...), mask: (batch, steps, ...), only if layer takes one;
    weights, options: those of layer. Returns (batch, steps, ...).
    """
    shape = *x.shape[:2], *[None] * (np.ndim(mask) - 2)
    check_shapes("time_distributed", mask=(mask, shape))
    outputs = []
    for t in range(x.shape[1]):
        if mask is not None:
            options["mask"] = mask[:, t]
        outputs.append(layer(x[:, t], *weights, **options))
    return np.stack(outputs, axis=1)


def stacked_rnn_cells(x, states, cells):
    """A step of StackedRNNCells (Keras documentation).

    x: (batch, features), states: a list of states for each cell, cells:
    functions of a step and a list of states. Returns the output of the last
    cell, and the list of their new states.
    """
    if len(states) != len(cells):
        raise ValueError(
            "stacked_rnn_cells: the number of lists of states must be "
            f"{len(cells)}, one for each cell, not {len(states)}"
        )
    new_states = []
    for cell, cell_states in zip(cells, states):
        x, cell_states = cell(x, cell_states)
        new_states.append(cell_states)
    return x, new_states


def conv_lstm(
    x,
    kernel,
    recurrent_kernel,
    bias=None,
    mask=None,
    initial_state=None,
    *,
    strides=1,
    padding="valid",
    data_format="channels_last",
    dilation_rate=1,
    activation=np.tanh,
    recurrent_activation=sigmoid,
    return_sequences=False,
    return_state=False,
    go_backwards=False,
    zero_output_for_mask=False,
):
    """ConvLSTM1D, 2D or 3D (Shi et al., 2015). Returns what rnn does.

    x: (batch, steps, *space, channels), or channels before space if data_format
    is "channels_first", kernel: (*size, channels, 4 * filters),
    recurrent_kernel: (*size, filters, 4 * filters), bias: (4 * filters,), mask:
    (batch, steps), initial_state: [h, c] in the shape of the output, or zeros.
    """
    axis = 1 if data_format == "channels_first" else -1
    size = [None] * (x.ndim - 3)
    channels = x.shape[2 if data_format == "channels_first" else -1]
    filters = recurrent_kernel.shape[-2]
    check_shapes(
        "conv_lstm",
        kernel=(kernel, (*size, channels, 4 * filters)),
        recurrent_kernel=(recurrent_kernel, (*size, filters, 4 * filters)),
        bias=(bias, (4 * filters,)),
    )
    z_x = conv(
        x.reshape(-1, *x.shape[2:]),  # (batch * steps, ...)
        kernel,
        bias,
        strides=strides,
        padding=padding,
        data_format=data_format,
        dilation_rate=dilation_rate,
    )
    z_x = z_x.reshape(*x.shape[:2], *z_x.shape[1:])  # (batch, steps, ...)

    def cell(z_x, states):
        h, c = states
        z_h = conv(h, recurrent_kernel, padding="same", data_format=data_format)
        i, f, g, o = np.split(z_x + z_h, 4, axis)
        i, f, o = map(recurrent_activation, (i, f, o))
        c = f * c + i * activation(g)
        h = o * activation(c)
        return h, [h, c]

    zeros = np.zeros_like(np.split(z_x[:, 0], 4, axis)[0])
    if initial_state is None:
        initial_state = [zeros, zeros]
    _check_states("conv_lstm", ["h", "c"], initial_state, zeros.shape)
    return rnn(
        cell,
        z_x,
        initial_state,
        mask,
        return_sequences=return_sequences,
        return_state=return_state,
        go_backwards=go_backwards,
        zero_output_for_mask=zero_output_for_mask,
    )


conv_lstm1d = conv_lstm2d = conv_lstm3d = conv_lstm
