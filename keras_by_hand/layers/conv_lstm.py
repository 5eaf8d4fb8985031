"""ConvLSTM: an LSTM of images, whose products are convolutions."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.activations import linear, sigmoid
from keras_by_hand.layers.convolution import conv
from keras_by_hand.layers.recurrent import rnn
from keras_by_hand.names import Activation, as_function
from keras_by_hand.shapes import (
    SPACE,
    DataFormat,
    OneOrMore,
    Padding,
    as_arrays,
    as_list,
    as_option,
    as_raw_array,
    check_fits,
    check_flags,
    check_shapes,
    check_states,
    check_steps,
)


def conv_lstm1d(
    x: ArrayLike,
    kernel: ArrayLike,
    recurrent_kernel: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    initial_state: Sequence[ArrayLike] | None = None,
    mask: ArrayLike | None = None,
    strides: OneOrMore = 1,
    padding: Padding = "valid",
    data_format: DataFormat | None = None,
    dilation_rate: OneOrMore = 1,
    activation: Activation = np.tanh,
    recurrent_activation: Activation = sigmoid,
    return_sequences: bool = False,
    return_state: bool = False,
    go_backwards: bool = False,
    zero_output_for_mask: bool = False,
) -> np.ndarray | list[np.ndarray]:
    """ConvLSTM1D (Shi et al., 2015).

    x: (batch, steps, length, channels), or channels before length if
    data_format is "channels_first"; kernel: (length, channels, 4 * filters),
    recurrent_kernel: (length, filters, 4 * filters), bias: (4 * filters,),
    initial_state: [h, c] in the shape of the output, or zeros, mask: (batch,
    steps). strides, padding and dilation_rate are those of x. Returns the last
    output, (batch, positions, filters), or all, (batch, steps, positions,
    filters); or a list of that and the states.

    Raises ValueError for other shapes and options, and for strides beside a
    dilation_rate.

    >>> x = [[[[1], [2], [3]]] * 2]  # (batch, steps, length, channels)
    >>> kernel = [[[99, 99, 1, 99]]]  # all gates open: c adds up
    >>> recurrent_kernel = np.zeros((1, 1, 4))
    >>> conv_lstm1d(x, kernel, recurrent_kernel, activation=None)[0, :, 0]
    array([2., 4., 6.])
    """
    x, kernel, recurrent_kernel, bias = as_arrays(
        conv_lstm1d,
        x=x,
        kernel=kernel,
        recurrent_kernel=recurrent_kernel,
        bias=bias,
    )
    mask = as_raw_array(conv_lstm1d, mask=mask)
    initial_state = as_list(conv_lstm1d, "hc", initial_state=initial_state)
    padding = as_option(conv_lstm1d, padding=padding)
    data_format = as_option(conv_lstm1d, data_format=data_format)
    activation = as_function(conv_lstm1d, activation=activation)
    recurrent_activation = as_function(
        conv_lstm1d, recurrent_activation=recurrent_activation
    )
    check_flags(
        conv_lstm1d,
        return_sequences=return_sequences,
        return_state=return_state,
        go_backwards=go_backwards,
        zero_output_for_mask=zero_output_for_mask,
    )
    arrays = x, kernel, recurrent_kernel, bias, initial_state, mask
    windows = strides, padding, data_format, dilation_rate
    _check_conv_lstm(conv_lstm1d, 1, arrays, windows)
    return conv_lstm(
        *arrays,
        *windows,
        activation,
        recurrent_activation,
        return_sequences,
        return_state,
        go_backwards,
        zero_output_for_mask,
    )


def conv_lstm2d(
    x: ArrayLike,
    kernel: ArrayLike,
    recurrent_kernel: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    initial_state: Sequence[ArrayLike] | None = None,
    mask: ArrayLike | None = None,
    strides: OneOrMore = 1,
    padding: Padding = "valid",
    data_format: DataFormat | None = None,
    dilation_rate: OneOrMore = 1,
    activation: Activation = np.tanh,
    recurrent_activation: Activation = sigmoid,
    return_sequences: bool = False,
    return_state: bool = False,
    go_backwards: bool = False,
    zero_output_for_mask: bool = False,
) -> np.ndarray | list[np.ndarray]:
    """ConvLSTM2D (Shi et al., 2015).

    x: (batch, steps, height, width, channels), or channels before height if
    data_format is "channels_first"; kernel: (height, width, channels, 4 *
    filters), recurrent_kernel: (height, width, filters, 4 * filters), bias:
    (4 * filters,), initial_state: [h, c] in the shape of the output, or zeros,
    mask: (batch, steps). strides, padding and dilation_rate are those of x.
    Returns the last output, (batch, rows, columns, filters), or all, (batch,
    steps, rows, columns, filters); or a list of that and the states.

    Raises ValueError for other shapes and options, and for strides beside a
    dilation_rate.

    >>> x = np.ones((1, 2, 3, 3, 1))  # (batch, steps, height, width, channels)
    >>> kernel = np.full((2, 2, 1, 4), [99, 99, 1, 99])  # all gates open
    >>> recurrent_kernel = np.zeros((2, 2, 1, 4))
    >>> conv_lstm2d(x, kernel, recurrent_kernel, activation=None)[0, :, :, 0]
    array([[8., 8.],
           [8., 8.]])
    """
    x, kernel, recurrent_kernel, bias = as_arrays(
        conv_lstm2d,
        x=x,
        kernel=kernel,
        recurrent_kernel=recurrent_kernel,
        bias=bias,
    )
    mask = as_raw_array(conv_lstm2d, mask=mask)
    initial_state = as_list(conv_lstm2d, "hc", initial_state=initial_state)
    padding = as_option(conv_lstm2d, padding=padding)
    data_format = as_option(conv_lstm2d, data_format=data_format)
    activation = as_function(conv_lstm2d, activation=activation)
    recurrent_activation = as_function(
        conv_lstm2d, recurrent_activation=recurrent_activation
    )
    check_flags(
        conv_lstm2d,
        return_sequences=return_sequences,
        return_state=return_state,
        go_backwards=go_backwards,
        zero_output_for_mask=zero_output_for_mask,
    )
    arrays = x, kernel, recurrent_kernel, bias, initial_state, mask
    windows = strides, padding, data_format, dilation_rate
    _check_conv_lstm(conv_lstm2d, 2, arrays, windows)
    return conv_lstm(
        *arrays,
        *windows,
        activation,
        recurrent_activation,
        return_sequences,
        return_state,
        go_backwards,
        zero_output_for_mask,
    )


def conv_lstm3d(
    x: ArrayLike,
    kernel: ArrayLike,
    recurrent_kernel: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    initial_state: Sequence[ArrayLike] | None = None,
    mask: ArrayLike | None = None,
    strides: OneOrMore = 1,
    padding: Padding = "valid",
    data_format: DataFormat | None = None,
    dilation_rate: OneOrMore = 1,
    activation: Activation = np.tanh,
    recurrent_activation: Activation = sigmoid,
    return_sequences: bool = False,
    return_state: bool = False,
    go_backwards: bool = False,
    zero_output_for_mask: bool = False,
) -> np.ndarray | list[np.ndarray]:
    """ConvLSTM3D (Shi et al., 2015).

    x: (batch, steps, depth, height, width, channels), or channels before depth
    if data_format is "channels_first"; kernel: (depth, height, width, channels,
    4 * filters), recurrent_kernel: (depth, height, width, filters, 4 *
    filters), bias: (4 * filters,), initial_state: [h, c] in the shape of the
    output, or zeros, mask: (batch, steps). strides, padding and dilation_rate
    are those of x. Returns the last output, (batch, slices, rows, columns,
    filters), or all, (batch, steps, slices, rows, columns, filters); or a list
    of that and the states.

    Raises ValueError for other shapes and options, and for strides beside a
    dilation_rate.

    >>> x = np.ones((1, 2, 2, 2, 2, 1))  # 2 steps
    >>> kernel = np.full((2, 2, 2, 1, 4), [99, 99, 1, 99])  # all gates open
    >>> recurrent_kernel = np.zeros((2, 2, 2, 1, 4))
    >>> conv_lstm3d(x, kernel, recurrent_kernel, activation=None)
    array([[[[[16.]]]]])
    """
    x, kernel, recurrent_kernel, bias = as_arrays(
        conv_lstm3d,
        x=x,
        kernel=kernel,
        recurrent_kernel=recurrent_kernel,
        bias=bias,
    )
    mask = as_raw_array(conv_lstm3d, mask=mask)
    initial_state = as_list(conv_lstm3d, "hc", initial_state=initial_state)
    padding = as_option(conv_lstm3d, padding=padding)
    data_format = as_option(conv_lstm3d, data_format=data_format)
    activation = as_function(conv_lstm3d, activation=activation)
    recurrent_activation = as_function(
        conv_lstm3d, recurrent_activation=recurrent_activation
    )
    check_flags(
        conv_lstm3d,
        return_sequences=return_sequences,
        return_state=return_state,
        go_backwards=go_backwards,
        zero_output_for_mask=zero_output_for_mask,
    )
    arrays = x, kernel, recurrent_kernel, bias, initial_state, mask
    windows = strides, padding, data_format, dilation_rate
    _check_conv_lstm(conv_lstm3d, 3, arrays, windows)
    return conv_lstm(
        *arrays,
        *windows,
        activation,
        recurrent_activation,
        return_sequences,
        return_state,
        go_backwards,
        zero_output_for_mask,
    )


def _check_conv_lstm(function, rank, arrays, windows):
    """All arrays must fit to x, the recurrent kernel and the windows."""
    x, kernel, recurrent_kernel, bias, initial_state, mask = arrays
    strides, padding, data_format, dilation_rate = windows
    check_steps(function, rank, strides, dilation_rate)
    names = ["batch", "steps", *SPACE[rank], "channels"]
    if data_format == "channels_first":
        names.insert(2, names.pop())
    check_shapes(function, x=(x, names))
    lengths = dict(zip(names, x.shape))
    shape = *[None] * rank, "filters", "4 * filters"
    check_shapes(function, recurrent_kernel=(recurrent_kernel, shape))
    *size, filters, _ = recurrent_kernel.shape
    width = 4 * filters
    shape = *size, filters, width
    check_shapes(function, recurrent_kernel=(recurrent_kernel, shape))
    shape = *size, lengths["channels"], width
    check_shapes(function, kernel=(kernel, shape), bias=(bias, (width,)))
    check_shapes(function, mask=(mask, x.shape[:2]))
    check_fits(function, x[:, 0], size, padding, data_format, dilation_rate)
    span = (np.array(size) - 1) * dilation_rate + 1
    starts = np.array([lengths[name] for name in SPACE[rank]])
    starts = starts if padding == "same" else starts - span + 1
    shape = (-(-starts // strides)).tolist()  # rounded up
    shape.insert(0 if data_format == "channels_first" else rank, filters)
    check_states(function, "hc", initial_state, (len(x), *shape))


def conv_lstm(
    x: np.ndarray,
    kernel: np.ndarray,
    recurrent_kernel: np.ndarray,
    bias: np.ndarray | None = None,
    initial_state: Sequence[ArrayLike] | None = None,
    mask: np.ndarray | None = None,
    strides: OneOrMore = 1,
    padding: Padding = "valid",
    data_format: DataFormat | None = None,
    dilation_rate: OneOrMore = 1,
    activation: Callable[[Any], Any] | None = np.tanh,
    recurrent_activation: Callable[[Any], Any] | None = sigmoid,
    return_sequences: bool = False,
    return_state: bool = False,
    go_backwards: bool = False,
    zero_output_for_mask: bool = False,
) -> np.ndarray | list[np.ndarray]:
    """A ConvLSTM of any rank, as conv_lstm2d is one of two axes of space.

    Raises nothing of its own: conv_lstm2d and its like check what they are
    given.

    >>> x = np.array([[[[1], [2]]] * 2])  # (batch, steps, length, channels)
    >>> kernel = np.array([[[99, 99, 1, 99]]])  # all gates open: c adds up
    >>> conv_lstm(x, kernel, np.zeros((1, 1, 4)), activation=abs)[0, :, 0]
    array([2., 4.])
    """
    axis = 1 if data_format == "channels_first" else -1
    images = x.reshape(-1, *x.shape[2:])  # (batch * steps, ...)
    z_x = conv(
        images, kernel, bias, strides, padding, data_format, dilation_rate
    )
    z_x = z_x.reshape(*x.shape[:2], *z_x.shape[1:])  # (batch, steps, ...)

    activation = activation or linear

    def cell(z_x, states):
        h, c = states
        z_h = conv(h, recurrent_kernel, padding="same", data_format=data_format)
        i, f, g, o = np.split(z_x + z_h, 4, axis)
        i, f, o = map(recurrent_activation or linear, (i, f, o))
        c = f * c + i * activation(g)
        h = o * activation(c)
        return h, [h, c]

    zeros = np.zeros_like(np.split(z_x[:, 0], 4, axis)[0])
    return rnn(
        cell,
        z_x,
        initial_state or [zeros, zeros],
        mask,
        return_sequences=return_sequences,
        return_state=return_state,
        go_backwards=go_backwards,
        zero_output_for_mask=zero_output_for_mask,
    )
