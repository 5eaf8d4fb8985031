"""PyTorch: weights and images to it and from it."""

import math
import re

import numpy as np

from keras_by_hand.shapes import check_shapes, name_arrays


def to_pytorch_images(x):
    """(batch, height, width, channels) to (batch, channels, height, width), or
    with another number of axes in space."""
    return np.moveaxis(x, -1, 1)


def to_pytorch_kernel(kernel):
    """(rows, columns, in, out) to (out, in, rows, columns), or with another
    number of axes in space."""
    return np.moveaxis(kernel, (-1, -2), (0, 1))


def to_pytorch_depthwise_kernel(kernel):
    """(rows, columns, channels, multiplier) to (channels * multiplier, 1, rows,
    columns), for groups=channels."""
    check_shapes("to_pytorch_depthwise_kernel", kernel=(kernel, [None] * 4))
    return to_pytorch_kernel(kernel.reshape(*kernel.shape[:2], 1, -1))


def from_pytorch_images(x):
    """(batch, channels, height, width) to (batch, height, width, channels), or
    with another number of axes in space."""
    return np.moveaxis(x, 1, -1)


def from_pytorch_kernel(kernel):
    """(out, in, rows, columns) to (rows, columns, in, out), or with another
    number of axes in space."""
    return np.moveaxis(kernel, (0, 1), (-1, -2))


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
    """(in, out, rows, columns) to (rows, columns, out, in), or with another
    number of axes in space. The way back is to_pytorch_kernel."""
    return from_pytorch_kernel(kernel)


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


_RNN_WEIGHTS = "weight_ih", "weight_hh", "bias_ih", "bias_hh"


def _check_keras_rnn(function, gates, kernel, recurrent_kernel, bias, rows=()):
    """Weights of a layer of Keras must fit together; rows: of the bias."""
    units = len(recurrent_kernel)
    check_shapes(
        function,
        recurrent_kernel=(recurrent_kernel, (units, gates * units)),
        kernel=(kernel, (None, gates * units)),
        bias=(bias, (*rows, gates * units)),
    )


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


def _with_two_biases(kernel, recurrent_kernel, bias):
    """PyTorch adds two biases: the second one is zero."""
    biases = [] if bias is None else [bias, np.zeros_like(bias)]
    return [kernel.T, recurrent_kernel.T, *biases]


def _with_one_bias(weight_ih, weight_hh, biases):
    bias = [biases[0] + biases[1]] if biases else []
    return [weight_ih.T, weight_hh.T, *bias]


def simple_rnn_to_pytorch(kernel, recurrent_kernel, bias=None):
    """Keras' weights, (features, units), (units, units), (units,), to
    weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0 of torch.nn.RNN."""
    weights = kernel, recurrent_kernel, bias
    _check_keras_rnn("simple_rnn_to_pytorch", 1, *weights)
    return _with_two_biases(*weights)


def simple_rnn_from_pytorch(weight_ih, weight_hh, *biases):
    """The weights of torch.nn.RNN, (hidden, features), (hidden, hidden) and
    twice (hidden,), to kernel, recurrent_kernel and bias of SimpleRNN.

    With bias=False there are no biases.
    """
    weights = weight_ih, weight_hh, biases
    _check_pytorch_rnn("simple_rnn_from_pytorch", 1, *weights)
    return _with_one_bias(*weights)


def lstm_to_pytorch(kernel, recurrent_kernel, bias=None):
    """Keras' weights, (features, 4 * units), (units, 4 * units), (4 * units,),
    to weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0 of PyTorch."""
    weights = kernel, recurrent_kernel, bias
    _check_keras_rnn("lstm_to_pytorch", 4, *weights)
    return _with_two_biases(*weights)


def lstm_from_pytorch(weight_ih, weight_hh, *biases):
    """PyTorch's weights, (4 * hidden, features), (4 * hidden, hidden) and twice
    (4 * hidden,), to kernel, recurrent_kernel and bias of Keras.

    With bias=False there are no biases. A proj_size is refused: Keras has none.
    """
    weights = weight_ih, weight_hh, biases
    _check_pytorch_rnn("lstm_from_pytorch", 4, *weights)
    return _with_one_bias(*weights)


def exchange_gates(weight):
    """z, r, g to r, z, g, or back; weight: (..., 3 * units)."""
    first, second, candidate = np.split(weight, 3, axis=-1)
    return np.concatenate([second, first, candidate], axis=-1)


def gru_to_pytorch(kernel, recurrent_kernel, bias=None):
    """Keras' weights, (features, 3 * units), (units, 3 * units), (2, 3 *
    units), to weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0 of PyTorch.

    The layer must have reset_after=True, as it has by default.
    """
    weights = kernel, recurrent_kernel, bias
    _check_keras_rnn("gru_to_pytorch", 3, *weights, rows=(2,))
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


def _check_names(function, names, state):
    """No array of a state may be missing, and none be left over."""
    if missing := [name for name in names if name not in state]:
        raise ValueError(f"{function}: the state lacks {', '.join(missing)}")
    if superfluous := [name for name in state if name not in names]:
        raise ValueError(
            f"{function}: the state must not have {', '.join(superfluous)}"
        )


def _check_stack(function, state):
    """Return the names of the weights of torch.nn.RNN, LSTM or GRU, for each
    layer and each of its directions, once all are there and fit together."""
    layers = {number for name in state for number in re.findall(r"_l\d+", name)}
    back = any(name.endswith("_reverse") for name in state)
    directions = ["", "_reverse"] if back else [""]
    has_bias = any(name.startswith("bias") for name in state)
    kinds = _RNN_WEIGHTS if has_bias else _RNN_WEIGHTS[:2]
    names = [
        [[f"{kind}_l{layer}{end}" for kind in kinds] for end in directions]
        for layer in range(max(1, len(layers)))
    ]
    _check_names(function, np.ravel(names).tolist(), state)
    for name in ("weight_ih_l0", "weight_hh_l0"):
        check_shapes(function, **{name: (state[name], (None, None))})
    features = np.shape(state["weight_ih_l0"])[1]
    rows, hidden = np.shape(state["weight_hh_l0"])
    for of_layer in names:
        shapes = (rows, features), (rows, hidden), (rows,), (rows,)
        for of_direction in of_layer:
            for name, shape in zip(of_direction, shapes):
                check_shapes(function, **{name: (state[name], shape)})
        features = hidden * len(directions)
    return names


def stack_to_pytorch(layers, port):
    """Recurrent layers, each of which reads the outputs of the last one, to one
    layer of PyTorch with num_layers: a dict for load_state_dict().

    layers: the weights of each, as in get_weights(), all of Bidirectional or
    none; port: simple_rnn_to_pytorch, lstm_to_pytorch or gru_to_pytorch.
    """
    state = {}
    for layer, weights in enumerate(layers):
        if len(weights) not in (2, 3, 4, 6):
            raise ValueError(
                f"stack_to_pytorch: layer {layer} must have 2 or 3 weights, or "
                f"4 or 6 with Bidirectional, not {len(weights)}"
            )
        half = len(weights) // 2
        parts = [weights[:half], weights[half:]] if half > 1 else [weights]
        for end, part in zip(["", "_reverse"], parts):
            for kind, array in zip(_RNN_WEIGHTS, port(*part)):
                state[f"{kind}_l{layer}{end}"] = array
    _check_stack("stack_to_pytorch", state)
    return state


def stack_from_pytorch(state, port):
    """A recurrent layer of PyTorch with any num_layers to as many layers of
    Keras: the weights of each, for set_weights(), of Bidirectional where
    PyTorch has bidirectional=True.

    state: the arrays of torch.nn.RNN, LSTM or GRU, a dict; port:
    simple_rnn_from_pytorch, lstm_from_pytorch or gru_from_pytorch.
    """
    layers = []
    for of_layer in _check_stack("stack_from_pytorch", state):
        parts = [port(*[state[name] for name in names]) for names in of_layer]
        layers.append([weight for part in parts for weight in part])
    return layers


_PROJECTIONS = "q_proj_weight", "k_proj_weight", "v_proj_weight"


def attention_to_pytorch(weights):
    """The weights of MultiHeadAttention, as in get_weights(), to those of
    torch.nn.MultiheadAttention: a dict for load_state_dict().

    Where key or value have other features than query, PyTorch needs kdim and
    vdim, and has a kernel for each; without use_bias, bias=False. Raises
    ValueError where the features of query and output are not heads * key_dim.
    """
    function = "attention_to_pytorch"
    parts = ["query", "key", "value", "output"]
    kinds = ["kernel"] if len(weights) == 4 else ["kernel", "bias"]
    names = [f"{part}_{kind}" for part in parts for kind in kinds]
    named = name_arrays(function, "weights", names, weights)
    check_shapes(function, query_kernel=(weights[0], (None, None, None)))
    heads = weights[0].shape[1:]  # and key_dim
    features = math.prod(heads)
    shapes = {
        "query_kernel": (features, *heads),
        "key_kernel": (None, *heads),
        "value_kernel": (None, *heads),
        "output_kernel": (*heads, features),
        "output_bias": (features,),
    }
    for name, weight in named.items():
        check_shapes(function, **{name: (weight, shapes.get(name, heads))})
    kernels = [named[f"{part}_kernel"] for part in parts[:3]]
    kernels = [kernel.reshape(-1, features).T for kernel in kernels]
    state = dict(zip(_PROJECTIONS, kernels))
    if all(kernel.shape == (features, features) for kernel in kernels):
        state = {"in_proj_weight": np.concatenate(kernels)}
    state["out_proj.weight"] = named["output_kernel"].reshape(-1, features).T
    if len(kinds) == 2:
        biases = [named[f"{part}_bias"] for part in parts[:3]]
        state["in_proj_bias"] = np.ravel(biases)
        state["out_proj.bias"] = named["output_bias"]
    return state


def attention_from_pytorch(state, heads):
    """The weights of torch.nn.MultiheadAttention to those of
    MultiHeadAttention, for set_weights(), with key_dim = features // heads.

    state: the arrays, a dict: in_proj_weight, (3 * features, features), or with
    kdim or vdim q_proj_weight, k_proj_weight, v_proj_weight, (features,
    features, kdim or vdim); in_proj_bias, (3 * features,), out_proj.weight,
    (features, features), out_proj.bias, (features,); with bias=False no biases.
    """
    function = "attention_from_pytorch"
    inputs = ["in_proj_weight"] if "in_proj_weight" in state else _PROJECTIONS
    use_bias = any("bias" in name for name in state)
    biases = ["in_proj_bias", "out_proj.bias"] if use_bias else []
    names = [*inputs, "out_proj.weight", *biases]
    _check_names(function, names, state)
    features = len(state["out_proj.weight"])
    shapes = {
        "in_proj_weight": (3 * features, features),
        "q_proj_weight": (features, features),
        "k_proj_weight": (features, None),
        "v_proj_weight": (features, None),
        "out_proj.weight": (features, features),
        "in_proj_bias": (3 * features,),
        "out_proj.bias": (features,),
    }
    for name in names:
        check_shapes(function, **{name: (state[name], shapes[name])})
    if features % heads:
        raise ValueError(
            f"{function}: {features} features are no multiple of {heads} heads"
        )
    kernels = [state[name] for name in inputs]
    if len(kernels) == 1:
        kernels = np.split(kernels[0], 3)
    kernels = [k.T.reshape(k.shape[1], heads, -1) for k in kernels]
    kernels.append(state["out_proj.weight"].T.reshape(heads, -1, features))
    if not use_bias:
        return kernels
    biases = [
        *state["in_proj_bias"].reshape(3, heads, -1),
        state["out_proj.bias"],
    ]
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
