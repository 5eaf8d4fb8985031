"""PyTorch: weights and images to it and from it."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.shapes import (
    Weights,
    as_list,
    as_raw_array,
    as_raw_arrays,
    check_count,
    check_functions,
    check_numbers,
    check_rank,
    check_shapes,
    check_sizes,
)

State = dict[str, np.ndarray]

# -- Images and convolutions


def to_pytorch_images(x: ArrayLike) -> np.ndarray:
    """(batch, height, width, channels) to (batch, channels, height, width), or
    with another number of axes in space.

    Raises ValueError for fewer than three axes.

    >>> to_pytorch_images([[[1, 10], [2, 20], [3, 30]]])  # three in space
    array([[[ 1,  2,  3],
            [10, 20, 30]]])
    """
    x = as_raw_array(to_pytorch_images, x=x)
    check_rank(to_pytorch_images, 3, x=x)
    return np.moveaxis(x, -1, 1)


def to_pytorch_kernel(kernel: ArrayLike) -> np.ndarray:
    """(rows, columns, in, out) to (out, in, rows, columns), or with another
    number of axes in space.

    Raises ValueError for fewer than two axes.

    >>> to_pytorch_kernel(np.zeros((2, 3, 4, 5))).shape
    (5, 4, 2, 3)
    """
    kernel = as_raw_array(to_pytorch_kernel, kernel=kernel)
    check_rank(to_pytorch_kernel, 2, kernel=kernel)
    return np.moveaxis(kernel, (-1, -2), (0, 1))


def to_pytorch_depthwise_kernel(kernel: ArrayLike) -> np.ndarray:
    """(rows, columns, channels, multiplier) to (channels * multiplier, 1, rows,
    columns), for groups=channels.

    Raises ValueError for another number of axes.

    >>> to_pytorch_depthwise_kernel(np.zeros((2, 3, 4, 5))).shape
    (20, 1, 2, 3)
    """
    kernel = as_raw_array(to_pytorch_depthwise_kernel, kernel=kernel)
    check_shapes(
        to_pytorch_depthwise_kernel,
        kernel=(kernel, ("rows", "columns", "channels", "multiplier")),
    )
    return to_pytorch_kernel(kernel.reshape(*kernel.shape[:2], 1, -1))


def from_pytorch_images(x: ArrayLike) -> np.ndarray:
    """(batch, channels, height, width) to (batch, height, width, channels), or
    with another number of axes in space.

    Raises ValueError for fewer than three axes.

    >>> from_pytorch_images([[[1, 2, 3], [10, 20, 30]]])  # three in space
    array([[[ 1, 10],
            [ 2, 20],
            [ 3, 30]]])
    """
    x = as_raw_array(from_pytorch_images, x=x)
    check_rank(from_pytorch_images, 3, x=x)
    return np.moveaxis(x, 1, -1)


def from_pytorch_kernel(kernel: ArrayLike) -> np.ndarray:
    """(out, in, rows, columns) to (rows, columns, in, out), or with another
    number of axes in space.

    Raises ValueError for fewer than two axes.

    >>> from_pytorch_kernel(np.zeros((5, 4, 2, 3))).shape
    (2, 3, 4, 5)
    """
    kernel = as_raw_array(from_pytorch_kernel, kernel=kernel)
    check_rank(from_pytorch_kernel, 2, kernel=kernel)
    return np.moveaxis(kernel, (0, 1), (-1, -2))


def from_pytorch_depthwise_kernel(
    kernel: ArrayLike, channels: int
) -> np.ndarray:
    """(channels * multiplier, 1, rows, columns), where groups=channels, to
    (rows, columns, channels, multiplier), of DepthwiseConv2D.

    Raises ValueError for other shapes, and for channels that do not divide the
    filters.

    >>> kernel = np.zeros((20, 1, 2, 3))
    >>> from_pytorch_depthwise_kernel(kernel, channels=4).shape
    (2, 3, 4, 5)
    """
    kernel = as_raw_array(from_pytorch_depthwise_kernel, kernel=kernel)
    _check_multiple(kernel, channels)
    rows, columns = kernel.shape[2:]
    return from_pytorch_kernel(kernel).reshape(rows, columns, channels, -1)


def _check_multiple(kernel, channels):
    """Each channel must have as many filters."""
    function = from_pytorch_depthwise_kernel
    shape = "channels * multiplier", 1, "rows", "columns"
    check_shapes(function, kernel=(kernel, shape))
    check_sizes(function, channels=channels)
    if len(kernel) % channels:
        raise ValueError(
            f"from_pytorch_depthwise_kernel: {len(kernel)} filters are no "
            f"multiple of {channels} channels"
        )


def pytorch_conv2d(
    x: ArrayLike,
    kernel: ArrayLike,
    bias: ArrayLike | None = None,
    stride: int = 1,
    padding: int = 0,
    groups: int = 1,
) -> np.ndarray:
    """x: (batch, in, height, width), kernel: (out, in // groups, rows,
    columns), bias: (out,). Returns (batch, out, new height, new width).

    Raises ValueError for other shapes and numbers, TypeError for pairs of them.

    >>> x = np.arange(9).reshape(1, 1, 3, 3)
    >>> pytorch_conv2d(x, np.ones((1, 1, 2, 2), int), bias=[100])[0, 0]
    array([[108, 112],
           [120, 124]])
    """
    x, kernel, bias = as_raw_arrays(
        pytorch_conv2d, x=x, kernel=kernel, bias=bias
    )
    check_sizes(pytorch_conv2d, stride=stride, groups=groups)
    check_sizes(pytorch_conv2d, least=0, padding=padding)
    _check_conv2d(x, kernel, bias, padding, groups)
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    size = kernel.shape[2:]
    windows = np.lib.stride_tricks.sliding_window_view(x, size, axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    pairs = zip(np.split(windows, groups, axis=1), np.split(kernel, groups))
    parts = [np.einsum("bcijuv,fcuv->bfij", *pair) for pair in pairs]
    y = np.concatenate(parts, axis=1)
    return y if bias is None else y + bias[:, np.newaxis, np.newaxis]


IMAGES = "batch", "channels", "height", "width"


def _check_conv2d(x, kernel, bias, padding, groups):
    """The kernel must fit the images, and groups divide both channels."""
    check_shapes(pytorch_conv2d, x=(x, IMAGES))
    shape = "filters", "channels // groups", "rows", "columns"
    check_shapes(pytorch_conv2d, kernel=(kernel, shape))
    channels, filters = x.shape[1], len(kernel)
    if channels % groups or filters % groups:
        raise ValueError(
            f"pytorch_conv2d: groups must divide {channels} channels and "
            f"{filters} filters, not {groups}"
        )
    shape = filters, channels // groups, "rows", "columns"
    check_shapes(
        pytorch_conv2d, kernel=(kernel, shape), bias=(bias, (filters,))
    )
    space = [n + 2 * padding for n in x.shape[2:]]
    if any(n > m for n, m in zip(kernel.shape[2:], space)):
        raise ValueError(
            f"pytorch_conv2d: the kernel must not be larger than the padded "
            f"images, {tuple(space)}, as {kernel.shape[2:]} is"
        )


def from_pytorch_transpose_kernel(kernel: ArrayLike) -> np.ndarray:
    """(in, out, rows, columns) to (rows, columns, out, in), or with another
    number of axes in space. The way back is to_pytorch_kernel.

    Raises ValueError for fewer than two axes.

    >>> from_pytorch_transpose_kernel(np.zeros((5, 4, 2, 3))).shape
    (2, 3, 4, 5)
    """
    kernel = as_raw_array(from_pytorch_transpose_kernel, kernel=kernel)
    check_rank(from_pytorch_transpose_kernel, 2, kernel=kernel)
    return from_pytorch_kernel(kernel)


def pytorch_conv_transpose2d(
    x: ArrayLike,
    kernel: ArrayLike,
    bias: ArrayLike | None = None,
    stride: int = 1,
    padding: int = 0,
    output_padding: int = 0,
) -> np.ndarray:
    """x: (batch, in, height, width), kernel: (in, out, rows, columns), bias:
    (out,). Returns (batch, out, new height, new width).

    Raises ValueError for other shapes and numbers, and for an output_padding
    that is not below the stride; TypeError for pairs of numbers.

    >>> x, kernel = np.ones((1, 1, 2, 2)), np.ones((1, 1, 2, 2))
    >>> pytorch_conv_transpose2d(x, kernel)[0, 0]
    array([[1., 2., 1.],
           [2., 4., 2.],
           [1., 2., 1.]])
    """
    x, kernel, bias = as_raw_arrays(
        pytorch_conv_transpose2d, x=x, kernel=kernel, bias=bias
    )
    _check_paddings(x, kernel, bias, stride, padding, output_padding)
    batch, _, height, width = x.shape
    _, filters, rows, columns = kernel.shape
    bottom = (height - 1) * stride + rows + output_padding
    right = (width - 1) * stride + columns + output_padding
    shape = batch, filters, bottom, right
    y = np.zeros(shape, np.result_type(x, kernel, 0.0))
    for i, j in np.ndindex(height, width):
        product = np.einsum("bc,cfuv->bfuv", x[:, :, i, j], kernel)
        top, left = i * stride, j * stride
        y[:, :, top : top + rows, left : left + columns] += product
    y = y[:, :, padding : bottom - padding, padding : right - padding]
    return y if bias is None else y + bias[:, np.newaxis, np.newaxis]


def _check_paddings(x, kernel, bias, stride, padding, output_padding):
    """Images and kernel must fit, and padding must leave something of them."""
    function = pytorch_conv_transpose2d
    check_shapes(function, x=(x, IMAGES))
    shape = x.shape[1], "filters", "rows", "columns"
    check_shapes(function, kernel=(kernel, shape))
    check_shapes(function, bias=(bias, kernel.shape[1:2]))
    check_sizes(function, stride=stride)
    check_sizes(function, 1, 0, padding=padding, output_padding=output_padding)
    if output_padding >= stride:
        raise ValueError(
            "pytorch_conv_transpose2d: output_padding must be less than the "
            f"stride, {stride}, not {output_padding}"
        )
    pairs = zip(x.shape[2:], kernel.shape[2:])
    full = [(n - 1) * stride + m + output_padding for n, m in pairs]
    if 2 * padding >= min(full):
        raise ValueError(
            f"pytorch_conv_transpose2d: a padding of {padding} leaves nothing "
            f"of {tuple(full)}"
        )


# -- Dense layers behind images


def from_pytorch_linear_after_flatten(
    kernel: ArrayLike, height: int, width: int
) -> np.ndarray:
    """(units, channels * height * width), of torch.nn.Linear, to
    (height * width * channels, units), of Dense.

    Raises ValueError for other shapes, and for a height and width that do not
    divide the features.

    >>> kernel = [[1, 2, 10, 20]]  # two channels, each of height 1 and width 2
    >>> from_pytorch_linear_after_flatten(kernel, height=1, width=2)[:, 0]
    array([ 1, 10,  2, 20])
    """
    kernel = as_raw_array(from_pytorch_linear_after_flatten, kernel=kernel)
    _check_flat(kernel, height, width)
    kernel = kernel.reshape(len(kernel), -1, height, width)
    return kernel.transpose(2, 3, 1, 0).reshape(-1, len(kernel))


def _check_flat(kernel, height, width):
    """The features must be whole images."""
    function = from_pytorch_linear_after_flatten
    shape = "units", "channels * height * width"
    check_shapes(function, kernel=(kernel, shape))
    check_sizes(function, height=height, width=width)
    features = kernel.shape[1]
    if features % (height * width):
        raise ValueError(
            f"from_pytorch_linear_after_flatten: {features} features are no "
            f"multiple of {height} * {width}"
        )


def channels_last_dense_kernel(
    kernel: ArrayLike, shape: Sequence[int]
) -> np.ndarray:
    """A Dense kernel with its rows in the order of channels last.

    kernel: (features, units), its rows in the order of channels first; shape:
    (channels, ...), of one sample before Flatten. Returns (features, units).

    Raises ValueError for a kernel that has not the features of that shape.

    >>> kernel = [[1], [2], [10], [20]]  # two channels, each of length 2
    >>> channels_last_dense_kernel(kernel, shape=(2, 2))[:, 0]
    array([ 1, 10,  2, 20])
    """
    kernel = as_raw_array(channels_last_dense_kernel, kernel=kernel)
    check_shapes(channels_last_dense_kernel, shape=(shape, ["axes"]))
    check_sizes(channels_last_dense_kernel, len(shape), shape=shape)
    check_shapes(
        channels_last_dense_kernel, kernel=(kernel, (math.prod(shape), "units"))
    )
    rows = kernel.reshape(*shape, kernel.shape[1])
    return np.moveaxis(rows, 0, -2).reshape(kernel.shape)


# -- Normalization


def batch_norm_from_pytorch(
    state: Mapping[str, Any], momentum: float = 0.1, eps: float = 1e-5
) -> tuple[Weights, dict[str, Any]]:
    """Weights and arguments of BatchNormalization.

    state: the arrays of BatchNorm1d to BatchNorm3d, a dict; with affine=False
    there is no weight and no bias.

    Raises ValueError for other shapes, for other arrays than these, and where
    it has no running mean or variance, as with track_running_stats=False.

    >>> state = {"running_mean": [1.0], "running_var": [4.0]}
    >>> weights, arguments = batch_norm_from_pytorch(state)
    >>> arguments["momentum"], arguments["scale"]
    (0.9, False)
    """
    check_numbers(batch_norm_from_pytorch, 0, 1, momentum=momentum)
    check_numbers(batch_norm_from_pytorch, 0, eps=eps)
    affine = "weight" in state
    names = ["weight", "bias"] * affine + ["running_mean", "running_var"]
    _check_names(batch_norm_from_pytorch, names, state, ["num_batches_tracked"])
    weights = [state[name] for name in names]
    weights = as_list(batch_norm_from_pytorch, names, weights=weights)
    _check_features(batch_norm_from_pytorch, **dict(zip(names, weights)))
    arguments = {"momentum": 1 - momentum, "epsilon": eps}
    return weights, {**arguments, "scale": affine, "center": affine}


def batch_norm_to_pytorch(
    gamma: ArrayLike,
    beta: ArrayLike,
    moving_mean: ArrayLike,
    moving_variance: ArrayLike,
) -> State:
    """The weights of BatchNormalization, each (features,), to those of
    BatchNorm1d to BatchNorm3d: a dict for load_state_dict(..., strict=False).

    Raises ValueError for other shapes.

    >>> batch_norm_to_pytorch([1], [2], [3], [4])["running_var"]
    array([4])
    """
    gamma, beta, moving_mean, moving_variance = as_raw_arrays(
        batch_norm_to_pytorch,
        gamma=gamma,
        beta=beta,
        moving_mean=moving_mean,
        moving_variance=moving_variance,
    )
    _check_features(
        batch_norm_to_pytorch,
        gamma=gamma,
        beta=beta,
        moving_mean=moving_mean,
        moving_variance=moving_variance,
    )
    names = ["weight", "bias", "running_mean", "running_var"]
    return dict(zip(names, [gamma, beta, moving_mean, moving_variance]))


def _check_features(function, **weights):
    """All must have the features of the first one."""
    first, *_ = weights.values()
    shape = (np.size(first),)
    for name, weight in weights.items():
        check_shapes(function, **{name: (weight, shape)})


def _check_names(function, names, state, others=()):
    """No array of a state may be missing, and none be left over."""
    said = f"{function.__name__}: the state"
    if missing := [name for name in names if name not in state]:
        raise ValueError(f"{said} lacks {', '.join(missing)}")
    known = [*names, *others]
    if superfluous := [name for name in state if name not in known]:
        raise ValueError(f"{said} must not have {', '.join(superfluous)}")


# -- Recurrent layers

_RNN_WEIGHTS = "weight_ih", "weight_hh", "bias_ih", "bias_hh"


def _check_keras_rnn(function, gates, kernel, recurrent_kernel, bias, rows=()):
    """Weights of a layer of Keras must fit together; rows: of the bias."""
    columns = "units" if gates == 1 else f"{gates} * units"
    shape = "units", columns
    check_shapes(function, recurrent_kernel=(recurrent_kernel, shape))
    units = len(recurrent_kernel)
    check_shapes(
        function,
        recurrent_kernel=(recurrent_kernel, (units, gates * units)),
        kernel=(kernel, ("features", gates * units)),
        bias=(bias, (*rows, gates * units)),
    )


def _check_pytorch_rnn(function, gates, weight_ih, weight_hh, biases):
    """Weights of a layer of PyTorch must fit together."""
    rows = "hidden" if gates == 1 else f"{gates} * hidden"
    check_shapes(function, weight_hh=(weight_hh, (rows, "hidden")))
    hidden = len(weight_hh) // gates
    rows = gates * hidden
    names = _RNN_WEIGHTS[2:] if biases else ()
    check_count(function, "biases", names, biases)
    check_shapes(
        function,
        weight_hh=(weight_hh, (rows, hidden)),
        weight_ih=(weight_ih, (rows, "features")),
        **{name: (bias, (rows,)) for name, bias in zip(names, biases)},
    )


def _with_two_biases(kernel, recurrent_kernel, bias):
    """PyTorch adds two biases: the second one is zero."""
    biases = [] if bias is None else [bias, np.zeros_like(bias)]
    return [kernel.T, recurrent_kernel.T, *biases]


def _with_one_bias(weight_ih, weight_hh, biases):
    bias = [np.sum(biases, axis=0)] if biases else []
    return [weight_ih.T, weight_hh.T, *bias]


def simple_rnn_to_pytorch(
    kernel: ArrayLike,
    recurrent_kernel: ArrayLike,
    bias: ArrayLike | None = None,
) -> Weights:
    """Keras' weights, (features, units), (units, units), (units,), to
    weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0 of torch.nn.RNN.

    Raises ValueError for other shapes.

    >>> simple_rnn_to_pytorch([[1], [2]], [[3]], [4])
    [array([[1, 2]]), array([[3]]), array([4]), array([0])]
    """
    kernel, recurrent_kernel, bias = as_raw_arrays(
        simple_rnn_to_pytorch,
        kernel=kernel,
        recurrent_kernel=recurrent_kernel,
        bias=bias,
    )
    _check_keras_rnn(simple_rnn_to_pytorch, 1, kernel, recurrent_kernel, bias)
    return _with_two_biases(kernel, recurrent_kernel, bias)


def simple_rnn_from_pytorch(
    weight_ih: ArrayLike, weight_hh: ArrayLike, *biases: ArrayLike
) -> Weights:
    """The weights of torch.nn.RNN, (hidden, features), (hidden, hidden) and
    twice (hidden,), to kernel, recurrent_kernel and bias of SimpleRNN.

    With bias=False there are no biases.

    Raises ValueError for other shapes, and for one bias.

    >>> simple_rnn_from_pytorch([[1, 2]], [[3]], [4], [5])
    [array([[1],
           [2]]), array([[3]]), array([9])]
    """
    weight_ih, weight_hh = as_raw_arrays(
        simple_rnn_from_pytorch, weight_ih=weight_ih, weight_hh=weight_hh
    )
    _check_pytorch_rnn(simple_rnn_from_pytorch, 1, weight_ih, weight_hh, biases)
    return _with_one_bias(weight_ih, weight_hh, biases)


def lstm_to_pytorch(
    kernel: ArrayLike,
    recurrent_kernel: ArrayLike,
    bias: ArrayLike | None = None,
) -> Weights:
    """Keras' weights, (features, 4 * units), (units, 4 * units), (4 * units,),
    to weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0 of PyTorch.

    Raises ValueError for other shapes.

    >>> weight_ih, weight_hh = lstm_to_pytorch([[1, 2, 3, 4]], [[5, 6, 7, 8]])
    >>> weight_ih[:, 0], weight_hh[:, 0]
    (array([1, 2, 3, 4]), array([5, 6, 7, 8]))
    """
    kernel, recurrent_kernel, bias = as_raw_arrays(
        lstm_to_pytorch,
        kernel=kernel,
        recurrent_kernel=recurrent_kernel,
        bias=bias,
    )
    _check_keras_rnn(lstm_to_pytorch, 4, kernel, recurrent_kernel, bias)
    return _with_two_biases(kernel, recurrent_kernel, bias)


def lstm_from_pytorch(
    weight_ih: ArrayLike, weight_hh: ArrayLike, *biases: ArrayLike
) -> Weights:
    """PyTorch's weights, (4 * hidden, features), (4 * hidden, hidden) and twice
    (4 * hidden,), to kernel, recurrent_kernel and bias of Keras.

    With bias=False there are no biases. A proj_size is refused: Keras has none.

    Raises ValueError for other shapes, and for one bias.

    >>> lstm_from_pytorch([[1], [2], [3], [4]], [[5], [6], [7], [8]])
    [array([[1, 2, 3, 4]]), array([[5, 6, 7, 8]])]
    """
    weight_ih, weight_hh = as_raw_arrays(
        lstm_from_pytorch, weight_ih=weight_ih, weight_hh=weight_hh
    )
    _check_pytorch_rnn(lstm_from_pytorch, 4, weight_ih, weight_hh, biases)
    return _with_one_bias(weight_ih, weight_hh, biases)


def exchange_gates(weight: ArrayLike) -> np.ndarray:
    """z, r, g to r, z, g, or back; weight: (..., 3 * units).

    Raises ValueError for columns that are no three gates.

    >>> exchange_gates([[1, 2, 3]])
    array([[2, 1, 3]])
    """
    weight = as_raw_array(exchange_gates, weight=weight)
    _check_three_gates(weight)
    first, second, candidate = np.split(weight, 3, axis=-1)
    return np.concatenate([second, first, candidate], axis=-1)


def _check_three_gates(weight):
    """Its columns must be those of three gates."""
    if not np.ndim(weight) or weight.shape[-1] % 3:
        raise ValueError(
            "exchange_gates: weight must have the shape (..., 3 * units), not "
            f"{np.shape(weight)}"
        )


def gru_to_pytorch(
    kernel: ArrayLike,
    recurrent_kernel: ArrayLike,
    bias: ArrayLike | None = None,
) -> Weights:
    """Keras' weights, (features, 3 * units), (units, 3 * units), (2, 3 *
    units), to weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0 of PyTorch.

    The layer must have reset_after=True, as it has by default.

    Raises ValueError for other shapes.

    >>> weight_ih, weight_hh = gru_to_pytorch([[1, 2, 3]], [[4, 5, 6]])
    >>> weight_ih[:, 0], weight_hh[:, 0]  # r, z, g
    (array([2, 1, 3]), array([5, 4, 6]))
    """
    kernel, recurrent_kernel, bias = as_raw_arrays(
        gru_to_pytorch,
        kernel=kernel,
        recurrent_kernel=recurrent_kernel,
        bias=bias,
    )
    _check_keras_rnn(gru_to_pytorch, 3, kernel, recurrent_kernel, bias, [2])
    kernels = exchange_gates(kernel).T, exchange_gates(recurrent_kernel).T
    biases = () if bias is None else exchange_gates(bias)
    return [*kernels, *biases]


def gru_from_pytorch(
    weight_ih: ArrayLike, weight_hh: ArrayLike, *biases: ArrayLike
) -> Weights:
    """PyTorch's weights, (3 * hidden, features), (3 * hidden, hidden) and twice
    (3 * hidden,), to kernel, recurrent_kernel and bias of Keras.

    With bias=False there are no biases.

    Raises ValueError for other shapes, and for one bias.

    >>> gru_from_pytorch([[2], [1], [3]], [[5], [4], [6]])
    [array([[1, 2, 3]]), array([[4, 5, 6]])]
    """
    weight_ih, weight_hh = as_raw_arrays(
        gru_from_pytorch, weight_ih=weight_ih, weight_hh=weight_hh
    )
    _check_pytorch_rnn(gru_from_pytorch, 3, weight_ih, weight_hh, biases)
    bias = [np.stack(biases)] if biases else []
    return [exchange_gates(w) for w in (weight_ih.T, weight_hh.T, *bias)]


def _names_of_stack(state):
    """The names of the weights of torch.nn.RNN, LSTM or GRU, for each layer and
    each of its directions."""
    layers = {number for name in state for number in re.findall(r"_l\d+", name)}
    back = any(name.endswith("_reverse") for name in state)
    directions = ["", "_reverse"] if back else [""]
    has_bias = any(name.startswith("bias") for name in state)
    kinds = _RNN_WEIGHTS if has_bias else _RNN_WEIGHTS[:2]
    return [
        [[f"{kind}_l{layer}{end}" for kind in kinds] for end in directions]
        for layer in range(max(1, len(layers)))
    ]


def _check_stack(function, state):
    """All weights must be there, and fit together."""
    names = _names_of_stack(state)
    _check_names(function, np.ravel(names).tolist(), state)
    check_shapes(
        function,
        weight_ih_l0=(state["weight_ih_l0"], ("gates * hidden", "features")),
        weight_hh_l0=(state["weight_hh_l0"], ("gates * hidden", "hidden")),
    )
    features = np.shape(state["weight_ih_l0"])[1]
    rows, hidden = np.shape(state["weight_hh_l0"])
    for of_layer in names:
        shapes = (rows, features), (rows, hidden), (rows,), (rows,)
        for of_direction in of_layer:
            for name, shape in zip(of_direction, shapes):
                check_shapes(function, **{name: (state[name], shape)})
        features = hidden * len(of_layer)


def stack_to_pytorch(
    layers: Sequence[Sequence[ArrayLike]], port: Callable[..., Weights]
) -> State:
    """Recurrent layers, each of which reads the outputs of the last one, to one
    layer of PyTorch with num_layers: a dict for load_state_dict().

    layers: the weights of each, as in get_weights(), all of Bidirectional or
    none; port: simple_rnn_to_pytorch, lstm_to_pytorch or gru_to_pytorch.

    Raises ValueError for other numbers of weights, and other shapes.

    >>> layers = [[[[1]], [[2]]], [[[3]], [[4]]]]
    >>> stack_to_pytorch(layers, simple_rnn_to_pytorch)["weight_hh_l1"]
    array([[4]])
    """
    check_functions(stack_to_pytorch, port=port)
    _check_layers(layers)
    state = {}
    for layer, weights in enumerate(layers):
        half = len(weights) // 2
        parts = [weights[:half], weights[half:]] if half > 1 else [weights]
        for end, part in zip(["", "_reverse"], parts):
            for kind, array in zip(_RNN_WEIGHTS, port(*part)):
                state[f"{kind}_l{layer}{end}"] = array
    _check_stack(stack_to_pytorch, state)
    return state


def _check_layers(layers):
    """Each must have the weights of one direction, or of two."""
    for layer, weights in enumerate(layers):
        if len(weights) not in (2, 3, 4, 6):
            raise ValueError(
                f"stack_to_pytorch: layer {layer} must have 2 or 3 weights, or "
                f"4 or 6 with Bidirectional, not {len(weights)}"
            )


def stack_from_pytorch(
    state: Mapping[str, Any], port: Callable[..., Weights]
) -> list[Weights]:
    """A recurrent layer of PyTorch with any num_layers to as many layers of
    Keras: the weights of each, for set_weights(), of Bidirectional where
    PyTorch has bidirectional=True.

    state: the arrays of torch.nn.RNN, LSTM or GRU, a dict; port:
    simple_rnn_from_pytorch, lstm_from_pytorch or gru_from_pytorch.

    Raises ValueError where arrays are missing or left over, or have other
    shapes.

    >>> state = {"weight_ih_l0": [[1, 2]], "weight_hh_l0": [[3]]}
    >>> [kernel, recurrent_kernel], = stack_from_pytorch(
    ...     state, simple_rnn_from_pytorch
    ... )
    >>> kernel[:, 0], recurrent_kernel
    (array([1, 2]), array([[3]]))
    """
    check_functions(stack_from_pytorch, port=port)
    _check_stack(stack_from_pytorch, state)
    layers = []
    for of_layer in _names_of_stack(state):
        parts = [port(*[state[name] for name in names]) for names in of_layer]
        layers.append([weight for part in parts for weight in part])
    return layers


# -- Attention

_PROJECTIONS = "q_proj_weight", "k_proj_weight", "v_proj_weight"


def attention_to_pytorch(weights: Sequence[ArrayLike]) -> State:
    """The weights of MultiHeadAttention, as in get_weights(), to those of
    torch.nn.MultiheadAttention: a dict for load_state_dict().

    Where key or value have other features than query, PyTorch needs kdim and
    vdim, and has a kernel for each; without use_bias, bias=False.

    Raises ValueError for another number of weights, for other shapes, and where
    the features of query and output are not heads * key_dim.

    >>> kernels = [[[[1]]], [[[2]]], [[[3]]], [[[4]]]]  # one head, one feature
    >>> state = attention_to_pytorch(kernels)
    >>> state["in_proj_weight"][:, 0], state["out_proj.weight"]
    (array([1, 2, 3]), array([[4]]))
    """
    weights = as_list(attention_to_pytorch, _parts(weights), weights=weights)
    _check_attention_weights(weights)
    use_bias = len(weights) == 8
    *kernels, output_kernel = weights[::2] if use_bias else weights
    features = math.prod(kernels[0].shape[1:])  # heads * key_dim
    kernels = [kernel.reshape(-1, features).T for kernel in kernels]
    state = dict(zip(_PROJECTIONS, kernels))
    if all(kernel.shape == (features, features) for kernel in kernels):
        state = {"in_proj_weight": np.concatenate(kernels)}
    state["out_proj.weight"] = output_kernel.reshape(-1, features).T
    if use_bias:
        *biases, output_bias = weights[1::2]
        state["in_proj_bias"] = np.ravel(biases)
        state["out_proj.bias"] = output_bias
    return state


def _parts(weights):
    """The names of the weights: without biases, there are four."""
    kinds = ["kernel"] if len(weights) == 4 else ["kernel", "bias"]
    parts = "query", "key", "value", "output"
    return [f"{part}_{kind}" for part in parts for kind in kinds]


def _check_attention_weights(weights):
    """All must have the same heads, and the output the features of query."""
    check_shapes(
        attention_to_pytorch,
        query_kernel=(weights[0], ("features", "heads", "key_dim")),
    )
    heads = weights[0].shape[1:]  # and key_dim
    features = math.prod(heads)
    shapes = {
        "query_kernel": (features, *heads),
        "key_kernel": ("features", *heads),
        "value_kernel": ("features", *heads),
        "output_kernel": (*heads, features),
        "output_bias": (features,),
    }
    for name, weight in zip(_parts(weights), weights):
        shape = shapes.get(name, heads)
        check_shapes(attention_to_pytorch, **{name: (weight, shape)})


def attention_from_pytorch(state: Mapping[str, Any], heads: int) -> Weights:
    """The weights of torch.nn.MultiheadAttention to those of
    MultiHeadAttention, for set_weights(), with key_dim = features // heads.

    state: the arrays, a dict: in_proj_weight, (3 * features, features), or with
    kdim or vdim q_proj_weight, k_proj_weight, v_proj_weight, (features,
    features, kdim or vdim); in_proj_bias, (3 * features,), out_proj.weight,
    (features, features), out_proj.bias, (features,); with bias=False no biases.

    Raises ValueError where arrays are missing or left over, or have other
    shapes, and for heads that do not divide the features.

    >>> state = {"in_proj_weight": [[1], [2], [3]], "out_proj.weight": [[4]]}
    >>> np.ravel(attention_from_pytorch(state, heads=1))
    array([1, 2, 3, 4])
    """
    inputs = ["in_proj_weight"] if "in_proj_weight" in state else _PROJECTIONS
    use_bias = any("bias" in name for name in state)
    of_biases = ["in_proj_bias", "out_proj.bias"] if use_bias else []
    names = [*inputs, "out_proj.weight", *of_biases]
    _check_names(attention_from_pytorch, names, state)
    arrays = [state[name] for name in names]
    arrays = as_list(attention_from_pytorch, names, arrays=arrays)
    _check_projections(dict(zip(names, arrays)), heads)
    *kernels, output_kernel = arrays[: len(inputs) + 1]
    if len(kernels) == 1:
        kernels = np.split(kernels[0], 3)
    kernels = [k.T.reshape(k.shape[1], heads, -1) for k in kernels]
    kernels.append(output_kernel.T.reshape(heads, -1, len(output_kernel)))
    if not use_bias:
        return kernels
    in_proj_bias, output_bias = arrays[-2:]
    biases = [*in_proj_bias.reshape(3, heads, -1), output_bias]
    return [weight for pair in zip(kernels, biases) for weight in pair]


def _check_projections(arrays, heads):
    """All must have the features of the output, which heads must divide."""
    function = attention_from_pytorch
    features = len(np.atleast_1d(arrays["out_proj.weight"]))
    shapes = {
        "in_proj_weight": (3 * features, features),
        "q_proj_weight": (features, features),
        "k_proj_weight": (features, "kdim"),
        "v_proj_weight": (features, "vdim"),
        "out_proj.weight": (features, features),
        "in_proj_bias": (3 * features,),
        "out_proj.bias": (features,),
    }
    for name, array in arrays.items():
        check_shapes(function, **{name: (array, shapes[name])})
    check_sizes(function, heads=heads)
    if features % heads:
        raise ValueError(
            f"attention_from_pytorch: {features} features are no multiple of "
            f"{heads} heads"
        )
