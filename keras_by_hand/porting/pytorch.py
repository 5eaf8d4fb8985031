"""Weights and images to PyTorch and from it."""

import numpy as np

from keras_by_hand.shapes import check_shapes


def to_pytorch_images(x):
    """(batch, height, width, channels) to (batch, channels, height, width)."""
    return x.transpose(0, 3, 1, 2)


def to_pytorch_kernel(kernel):
    """(rows, columns, in, out) to (out, in, rows, columns)."""
    return kernel.transpose(3, 2, 0, 1)


def to_pytorch_depthwise_kernel(kernel):
    """(rows, columns, channels, multiplier) to (channels * multiplier, 1, rows,
    columns), for groups=channels."""
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
    rows, columns = kernel.shape[2:]
    return from_pytorch_kernel(kernel).reshape(rows, columns, channels, -1)


def pytorch_conv2d(x, kernel, bias, stride=1, padding=0, groups=1):
    """x: (batch, in, height, width), kernel: (out, in // groups, rows,
    columns), bias: (out,). Returns (batch, out, new height, new width)."""
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    size = kernel.shape[2:]
    windows = np.lib.stride_tricks.sliding_window_view(x, size, axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride]
    pairs = zip(np.split(windows, groups, axis=1), np.split(kernel, groups))
    y = [np.einsum("bcijuv,fcuv->bfij", *pair) for pair in pairs]
    return np.concatenate(y, axis=1) + bias[:, np.newaxis, np.newaxis]


def from_pytorch_transpose_kernel(kernel):
    """(in, out, rows, columns) to (rows, columns, out, in). The way back, from
    Keras to PyTorch, is kernel.transpose(3, 2, 0, 1)."""
    return kernel.transpose(2, 3, 1, 0)


def pytorch_conv_transpose2d(
    x, kernel, bias, stride=1, padding=0, output_padding=0
):
    """x: (batch, in, height, width), kernel: (in, out, rows, columns), bias:
    (out,). Returns (batch, out, new height, new width)."""
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
    return y + bias[:, np.newaxis, np.newaxis]


def from_pytorch_linear_after_flatten(kernel, height, width):
    """(units, channels * height * width), of torch.nn.Linear, to
    (height * width * channels, units), of Dense."""
    kernel = kernel.reshape(len(kernel), -1, height, width)
    return kernel.transpose(2, 3, 1, 0).reshape(-1, len(kernel))


def batch_norm_from_pytorch(state, momentum=0.1, eps=1e-5):
    """Weights and arguments of BatchNormalization.

    state: the arrays of BatchNorm1d to BatchNorm3d, a dict.
    """
    weights = [state["weight"], state["bias"]]
    weights += [state["running_mean"], state["running_var"]]
    return weights, {"momentum": 1 - momentum, "epsilon": eps}


def batch_norm_to_pytorch(gamma, beta, moving_mean, moving_variance):
    """A dict for load_state_dict(..., strict=False)."""
    names = ["weight", "bias", "running_mean", "running_var"]
    return dict(zip(names, [gamma, beta, moving_mean, moving_variance]))


def lstm_to_pytorch(kernel, recurrent_kernel, bias):
    """Keras' weights, (features, 4 * units), (units, 4 * units), (4 * units,),
    to weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0 of PyTorch."""
    return [kernel.T, recurrent_kernel.T, bias, np.zeros_like(bias)]


def lstm_from_pytorch(weight_ih, weight_hh, bias_ih, bias_hh):
    """PyTorch's weights, (4 * hidden, features), (4 * hidden, hidden) and twice
    (4 * hidden,), to kernel, recurrent_kernel and bias of Keras."""
    return [weight_ih.T, weight_hh.T, bias_ih + bias_hh]


def exchange_gates(weight):
    """z, r, g to r, z, g, or back; weight: (..., 3 * units)."""
    first, second, candidate = np.split(weight, 3, axis=-1)
    return np.concatenate([second, first, candidate], axis=-1)


def gru_to_pytorch(kernel, recurrent_kernel, bias):
    """Keras' weights, (features, 3 * units), (units, 3 * units), (2, 3 *
    units), to weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0 of PyTorch."""
    check_shapes("gru_to_pytorch", bias=(bias, (2, kernel.shape[-1])))
    kernels = exchange_gates(kernel).T, exchange_gates(recurrent_kernel).T
    return [*kernels, *exchange_gates(bias)]


def gru_from_pytorch(weight_ih, weight_hh, bias_ih, bias_hh):
    """PyTorch's weights, (3 * hidden, features), (3 * hidden, hidden) and twice
    (3 * hidden,), to kernel, recurrent_kernel and bias of Keras."""
    bias = np.stack([bias_ih, bias_hh])
    return [exchange_gates(w) for w in (weight_ih.T, weight_hh.T, bias)]


def attention_to_pytorch(weights):
    """Keras' weights, as in get_weights(), to in_proj_weight, in_proj_bias,
    out_proj.weight and out_proj.bias of PyTorch."""
    *projections, out_kernel, out_bias = weights
    kernels = [w.reshape(len(w), -1).T for w in projections[::2]]
    biases = [b.ravel() for b in projections[1::2]]
    out_weight = out_kernel.reshape(-1, len(out_bias)).T
    return [
        np.concatenate(kernels),
        np.concatenate(biases),
        out_weight,
        out_bias,
    ]


def attention_from_pytorch(in_weight, in_bias, out_weight, out_bias, heads):
    """PyTorch's weights, (3 * features, features), (3 * features,), (features,
    features) and (features,), to those of Keras, for set_weights()."""
    features = len(out_bias)
    weights = []
    for kernel, bias in zip(np.split(in_weight, 3), np.split(in_bias, 3)):
        weights.append(kernel.T.reshape(features, heads, -1))
        weights.append(bias.reshape(heads, -1))
    return [*weights, out_weight.T.reshape(heads, -1, features), out_bias]


def channels_last_dense_kernel(kernel, shape):
    """A Dense kernel with its rows in the order of channels last.

    kernel: (features, units), its rows in the order of channels first; shape:
    (channels, ...), of one sample before Flatten. Returns (features, units).
    """
    rows = kernel.reshape(*shape, kernel.shape[1])
    return np.moveaxis(rows, 0, -2).reshape(kernel.shape)
