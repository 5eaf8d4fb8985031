"""Weights and images to PyTorch and from it."""

import math

import numpy as np

from keras_by_hand.shapes import check_shapes, name_arrays


def to_pytorch_images(x):
    """(batch, height, width, channels) to (batch, channels, height, width)."""
    return x.transpose(0, 3, 1, 2)


def to_pytorch_kernel(kernel):
    """(rows, columns, in, out) to (out, in, rows, columns)."""
    return kernel.transpose(3, 2, 0, 1)


def to_pytorch_depthwise_kernel(kernel):
    """(rows, columns, channels, multiplier) to (channels * multiplier, 1, rows,
    columns), for groups=channels."""
    check_shapes("to_pytorch_depthwise_kernel", kernel=(kernel, [None] * 4))
    return to_pytorch_kernel(kernel.reshape(*kernel.shape[:2], 1, -1))


def from_pytorch_images(x):
    """(batch, channels, height, width) to (batch, height, width, channels)."""
    return x.transpose(0, 2, 3, 1)


def from_pytorch_kernel(kernel):
    """(out, in, rows, columns) to (rows, columns, in, out)."""
    return kernel.transpose(2, 3, 1, 0)


def from_pytorch_depthwise_kernel(kernel, channels):
    """(channels * multiplier, 1, rows, columns), where groups=channels, to
    (rows, columns, channels, multiplier), of DepthwiseConv2D."""
    check_shapes(
        "from_pytorch_depthwise_kernel", kernel=(kernel, (None, 1, None, None))
    )
    if len(kernel) % channels:
        raise ValueError(
            f"from_pytorch_depthwise_kernel: {len(kernel)} filters are no "
            f"multiple of {channels} channels"
        )
    rows, columns = kernel.shape[2:]
    return from_pytorch_kernel(kernel).reshape(rows, columns, channels, -1)


def pytorch_conv2d(x, kernel, bias=None, stride=1, padding=0, groups=1):
    """x: (batch, in, height, width), kernel: (out, in // groups, rows,
    columns), bias: (out,). Returns (batch, out, new height, new width)."""
    check_shapes(
        "pytorch_conv2d",
        x=(x, [None] * 4),
        kernel=(kernel, (None, np.shape(x)[1] // groups, None, None)),
        bias=(bias, np.shape(kernel)[:1]),
    )
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    size = kernel.shape[2:]
    windows = np.lib.stride_tricks.sliding_window_view(x, size, axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    pairs = zip(np.split(windows, groups, axis=1), np.split(kernel, groups))
    y = [np.einsum("bcijuv,fcuv->bfij", *pair) for pair in pairs]
    y = np.concatenate(y, axis=1)
    return y if bias is None else y + bias[:, np.newaxis, np.newaxis]


def from_pytorch_transpose_kernel(kernel):
    """(in, out, rows, columns) to (rows, columns, out, in). The way back, from
    Keras to PyTorch, is kernel.transpose(3, 2, 0, 1)."""
    return kernel.transpose(2, 3, 1, 0)


def pytorch_conv_transpose2d(
    x, kernel, bias=None, stride=1, padding=0, output_padding=0
):
    """x: (batch, in, height, width), kernel: (in, out, rows, columns), bias:
    (out,). Returns (batch, out, new height, new width)."""
    check_shapes(
        "pytorch_conv_transpose2d",
        x=(x, [None] * 4),
        kernel=(kernel, (np.shape(x)[1], None, None, None)),
        bias=(bias, np.shape(kernel)[1:2]),
    )
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


def from_pytorch_linear_after_flatten(kernel, height, width):
    """(units, channels * height * width), of torch.nn.Linear, to
    (height * width * channels, units), of Dense."""
    check_shapes(
        "from_pytorch_linear_after_flatten", kernel=(kernel, (None, None))
    )
    features = kernel.shape[1]
    if features % (height * width):
        raise ValueError(
            f"from_pytorch_linear_after_flatten: {features} features are no "
            f"multiple of {height} * {width}"
        )
    kernel = kernel.reshape(len(kernel), -1, height, width)
    return kernel.transpose(2, 3, 1, 0).reshape(-1, len(kernel))


def batch_norm_from_pytorch(state, momentum=0.1, eps=1e-5):
    """Weights and arguments of BatchNormalization.

    state: the arrays of BatchNorm1d to BatchNorm3d, a dict; with affine=False
    there is no weight and no bias. Raises ValueError where it has no running
    mean or variance, as with track_running_stats=False.
    """
    affine = "weight" in state
    names = ["weight", "bias"] * affine + ["running_mean", "running_var"]
    weights = [state[name] for name in names if name in state]
    named = name_arrays("batch_norm_from_pytorch", "weights", names, weights)
    shape = (np.size(weights[0]),)
    for name, weight in named.items():
        check_shapes("batch_norm_from_pytorch", **{name: (weight, shape)})
    arguments = {"momentum": 1 - momentum, "epsilon": eps}
    return weights, {**arguments, "scale": affine, "center": affine}


def batch_norm_to_pytorch(gamma, beta, moving_mean, moving_variance):
    """A dict for load_state_dict(..., strict=False)."""
    shape = (np.size(gamma),)
    check_shapes(
        "batch_norm_to_pytorch",
        gamma=(gamma, shape),
        beta=(beta, shape),
        moving_mean=(moving_mean, shape),
        moving_variance=(moving_variance, shape),
    )
    names = ["weight", "bias", "running_mean", "running_var"]
    return dict(zip(names, [gamma, beta, moving_mean, moving_variance]))


def lstm_to_pytorch(kernel, recurrent_kernel, bias=None):
    """Keras' weights, (features, 4 * units), (units, 4 * units), (4 * units,),
    to weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0 of PyTorch."""
    units = len(recurrent_kernel)
    check_shapes(
        "lstm_to_pytorch",
        recurrent_kernel=(recurrent_kernel, (units, 4 * units)),
        kernel=(kernel, (None, 4 * units)),
        bias=(bias, (4 * units,)),
    )
    biases = [] if bias is None else [bias, np.zeros_like(bias)]
    return [kernel.T, recurrent_kernel.T, *biases]


def _check_pytorch_rnn(function, gates, weight_ih, weight_hh, biases):
    """Weights of a layer of PyTorch must fit together: both biases, or none."""
    hidden = len(weight_hh) // gates
    rows = gates * hidden
    names = ["bias_ih", "bias_hh"] if biases else []
    named = name_arrays(function, "biases", names, biases)
    check_shapes(
        function,
        weight_hh=(weight_hh, (rows, hidden)),
        weight_ih=(weight_ih, (rows, None)),
        **{name: (bias, (rows,)) for name, bias in named.items()},
    )


def lstm_from_pytorch(weight_ih, weight_hh, *biases):
    """PyTorch's weights, (4 * hidden, features), (4 * hidden, hidden) and twice
    (4 * hidden,), to kernel, recurrent_kernel and bias of Keras.

    With bias=False there are no biases. A proj_size is refused: Keras has none.
    """
    _check_pytorch_rnn("lstm_from_pytorch", 4, weight_ih, weight_hh, biases)
    bias = [biases[0] + biases[1]] if biases else []
    return [weight_ih.T, weight_hh.T, *bias]


def exchange_gates(weight):
    """z, r, g to r, z, g, or back; weight: (..., 3 * units)."""
    first, second, candidate = np.split(weight, 3, axis=-1)
    return np.concatenate([second, first, candidate], axis=-1)


def gru_to_pytorch(kernel, recurrent_kernel, bias=None):
    """Keras' weights, (features, 3 * units), (units, 3 * units), (2, 3 *
    units), to weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0 of PyTorch.

    The layer must have reset_after=True, as it has by default.
    """
    units = len(recurrent_kernel)
    check_shapes(
        "gru_to_pytorch",
        recurrent_kernel=(recurrent_kernel, (units, 3 * units)),
        kernel=(kernel, (None, 3 * units)),
        bias=(bias, (2, 3 * units)),
    )
    kernels = exchange_gates(kernel).T, exchange_gates(recurrent_kernel).T
    biases = [] if bias is None else exchange_gates(bias)
    return [*kernels, *biases]


def gru_from_pytorch(weight_ih, weight_hh, *biases):
    """PyTorch's weights, (3 * hidden, features), (3 * hidden, hidden) and twice
    (3 * hidden,), to kernel, recurrent_kernel and bias of Keras.

    With bias=False there are no biases.
    """
    _check_pytorch_rnn("gru_from_pytorch", 3, weight_ih, weight_hh, biases)
    bias = [np.stack(biases)] if biases else []
    return [exchange_gates(w) for w in (weight_ih.T, weight_hh.T, *bias)]


def attention_to_pytorch(weights):
    """Keras' weights, as in get_weights(), to in_proj_weight, in_proj_bias,
    out_proj.weight and out_proj.bias of PyTorch.

    Without use_bias there are no biases here and there. Raises ValueError where
    features are not heads * key_dim, as PyTorch has other arrays for these.
    """
    parts = ["query", "key", "value", "output"]
    kinds = ["kernel"] if len(weights) == 4 else ["kernel", "bias"]
    names = [f"{part}_{kind}" for part in parts for kind in kinds]
    named = name_arrays("attention_to_pytorch", "weights", names, weights)
    check_shapes(
        "attention_to_pytorch", query_kernel=(weights[0], (None, None, None))
    )
    _, *heads = weights[0].shape  # heads and key_dim
    features = math.prod(heads)
    for name, weight in named.items():
        shape = [*heads, features] if "output" in name else [features, *heads]
        if "bias" in name:
            shape = shape[2:] if "output" in name else shape[1:]
        check_shapes("attention_to_pytorch", **{name: (weight, shape)})
    *projections, out_kernel = weights[:: len(kinds)]
    in_weight = np.concatenate([w.reshape(len(w), -1).T for w in projections])
    out_weight = out_kernel.reshape(-1, features).T
    if len(kinds) == 1:
        return [in_weight, out_weight]
    *biases, out_bias = weights[1::2]
    return [in_weight, np.ravel(biases), out_weight, out_bias]


def attention_from_pytorch(*weights, heads):
    """PyTorch's weights, (3 * features, features), (3 * features,), (features,
    features) and (features,), to those of Keras, for set_weights().

    With bias=False there are two. Raises ValueError for what PyTorch has with
    kdim or vdim, and where features are no multiple of heads.
    """
    names = ["in_weight", "in_bias", "out_weight", "out_bias"]
    names = names[::2] if len(weights) == 2 else names
    named = name_arrays("attention_from_pytorch", "weights", names, weights)
    features = np.shape(named["out_weight"])[-1]
    for name, weight in named.items():
        rows = 3 * features if name.startswith("in") else features
        shape = (rows,) if name.endswith("bias") else (rows, features)
        check_shapes("attention_from_pytorch", **{name: (weight, shape)})
    if features % heads:
        raise ValueError(
            f"attention_from_pytorch: {features} features are no multiple of "
            f"{heads} heads"
        )
    kernels = np.split(named["in_weight"], 3)
    kernels = [kernel.T.reshape(features, heads, -1) for kernel in kernels]
    kernels.append(named["out_weight"].T.reshape(heads, -1, features))
    if len(weights) == 2:
        return kernels
    biases = [*named["in_bias"].reshape(3, heads, -1), named["out_bias"]]
    return [weight for pair in zip(kernels, biases) for weight in pair]


def channels_last_dense_kernel(kernel, shape):
    """A Dense kernel with its rows in the order of channels last.

    kernel: (features, units), its rows in the order of channels first; shape:
    (channels, ...), of one sample before Flatten. Returns (features, units).
    """
    features = math.prod(shape)
    check_shapes(
        "channels_last_dense_kernel", kernel=(kernel, (features, None))
    )
    rows = kernel.reshape(*shape, kernel.shape[1])
    return np.moveaxis(rows, 0, -2).reshape(kernel.shape)
