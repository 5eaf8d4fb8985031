"""Cases of weights and images to PyTorch and from it: Keras' layer, against the formula in
PyTorch's documentation, which is written out here. As in onnx.py, what comes from PyTorch
is run by the library's own layer."""

import functools

import by_hand
import keras
import numpy as np
from library.cases.porting.onnx import (
    UNITS,
    draw_keras,
    draw_x,
    gru_of_keras,
    lstm_of_keras,
)
from library.engine.cases import Case
from library.engine.subjects import as_array, function, layer_for

FEATURES = 4

# -- Images and convolutions


def draw_images(draw, channels, size):
    """Images, and two lengths of a kernel, of which no two are equal."""
    return draw.normal(2, *draw.lengths(2, 5, 8), channels), draw.lengths(2, 2, size)


def conv2d_of_keras(x, kernel, bias, stride=1, padding=0, groups=1):
    x = np.pad(x, [(0, 0), (padding, padding), (padding, padding), (0, 0)])
    config = {"filters": len(bias), "kernel_size": kernel.shape[:2], "groups": groups}
    layer = layer_for(keras.layers.Conv2D, x.shape, strides=stride, **config)
    layer.set_weights([kernel, bias])
    return layer(x)


def as_conv2d_of_pytorch(x, kernel, bias, **options):
    weights = by_hand.to_pytorch_kernel(kernel), bias
    y = by_hand.pytorch_conv2d(by_hand.to_pytorch_images(x), *weights, **options)
    return by_hand.from_pytorch_images(y)


@function(conv2d_of_keras, as_conv2d_of_pytorch, name="pytorch_conv2d")
def pytorch_conv2d(draw):
    x, size = draw_images(draw, 6, 4)
    config = draw.some(stride=[2, 3], padding=[1, 2], groups=[2, 3])
    kernel = draw.normal(*size, 6 // config.get("groups", 1), 12)
    return Case(config, (x, kernel, draw.normal(12)))


def depthwise_of_keras(x, kernel, stride=1):
    layer = keras.layers.DepthwiseConv2D(
        kernel.shape[:2],
        stride,
        depth_multiplier=kernel.shape[-1],
        use_bias=False,
        dtype="float64",
    )
    layer.build(x.shape)
    layer.set_weights([kernel])
    return layer(x)


def as_depthwise_of_pytorch(x, kernel, stride=1):
    channels = x.shape[-1]
    weight = by_hand.to_pytorch_depthwise_kernel(kernel)
    images = by_hand.to_pytorch_images(x)
    bias = np.zeros(len(weight))
    y = by_hand.pytorch_conv2d(images, weight, bias, stride, groups=channels)
    return by_hand.from_pytorch_images(y)


@function(
    depthwise_of_keras, as_depthwise_of_pytorch, name="to_pytorch_depthwise_kernel"
)
def to_pytorch_depthwise_kernel(draw):
    x, size = draw_images(draw, 4, 4)
    return Case(draw.some(stride=[2]), (x, draw.normal(*size, 4, 3)))


def there_and_back(to_pytorch, from_pytorch):
    """What comes from PyTorch is what went to it."""

    def identity(*arrays):
        return list(arrays)

    def both(*arrays):
        there = to_pytorch(*arrays)
        back = from_pytorch(*there) if isinstance(there, list) else from_pytorch(there)
        return back

    return identity, both


@function(
    *there_and_back(by_hand.to_pytorch_kernel, by_hand.from_pytorch_kernel),
    name="from_pytorch_kernel",
)
def from_pytorch_kernel(draw):
    return Case({}, (draw.normal(2, 3, 4, 5),))


def from_depthwise(kernel):
    return by_hand.from_pytorch_depthwise_kernel(kernel, channels=4)


@function(
    *there_and_back(by_hand.to_pytorch_depthwise_kernel, from_depthwise),
    name="from_pytorch_depthwise_kernel",
)
def from_pytorch_depthwise_kernel(draw):
    return Case({}, (draw.normal(2, 5, 4, 3),))


def transpose_of_keras(x, kernel, bias, stride=1, padding=0, output_padding=0):
    """Without padding; PyTorch's then cuts from all sides."""
    filters, size = len(bias), kernel.shape[:2]
    layer = keras.layers.Conv2DTranspose(
        filters, size, stride, output_padding=output_padding, dtype="float64"
    )
    layer.build(x.shape)
    layer.set_weights([kernel, bias])
    y = as_array(layer(x))
    rows, columns = y.shape[1:3]
    return y[:, padding : rows - padding, padding : columns - padding]


def as_transpose_of_pytorch(x, kernel, bias, **options):
    weight = kernel.transpose(3, 2, 0, 1)
    assert np.array_equal(by_hand.from_pytorch_transpose_kernel(weight), kernel)
    images = by_hand.to_pytorch_images(x)
    y = by_hand.pytorch_conv_transpose2d(images, weight, bias, **options)
    return by_hand.from_pytorch_images(y)


@function(transpose_of_keras, as_transpose_of_pytorch, name="pytorch_conv_transpose2d")
def pytorch_conv_transpose2d(draw):
    x, _ = draw_images(draw, 4, 4)
    size = draw.lengths(2, 3, 5)
    config = draw.some(stride=[2, 3], padding=[1])
    if "stride" in config:
        config |= draw.some(output_padding=[1])
    return Case(config, (x[:, :3, :4], draw.normal(*size, 5, 4), draw.normal(5)))


# -- Dense layers behind images


def dense_behind_flatten(x, kernel):
    """PyTorch's: of images with channels first."""
    return by_hand.to_pytorch_images(x).reshape(len(x), -1) @ kernel.T


def dense_behind_flatten_of_keras(x, kernel):
    _, height, width, _ = x.shape
    dense = by_hand.from_pytorch_linear_after_flatten(kernel, height, width)
    return x.reshape(len(x), -1) @ dense


@function(
    dense_behind_flatten,
    dense_behind_flatten_of_keras,
    name="from_pytorch_linear_after_flatten",
)
def from_pytorch_linear_after_flatten(draw):
    return Case({}, (draw.normal(2, 3, 4, 5), draw.normal(7, 3 * 4 * 5)))


def dense_of_channels_first(x, kernel):
    return np.moveaxis(x, -1, 1).reshape(len(x), -1) @ kernel


def dense_of_channels_last(x, kernel):
    shape = np.moveaxis(x, -1, 1).shape[1:]
    return x.reshape(len(x), -1) @ by_hand.channels_last_dense_kernel(kernel, shape)


@function(
    dense_of_channels_first, dense_of_channels_last, name="channels_last_dense_kernel"
)
def channels_last_dense_kernel(draw):
    shape = draw.one_of((3, 4, 5), (6, 5))
    return Case({}, (draw.normal(2, *shape), draw.normal(np.prod(shape), 7)))


# -- Normalization


def batch_norm_of_pytorch(x, weight, bias, running_mean, running_var, eps=1e-5):
    return (x - running_mean) / np.sqrt(running_var + eps) * weight + bias


def as_batch_norm_of_keras(x, *statistics, **options):
    names = "weight", "bias", "running_mean", "running_var"
    state = dict(zip(names, statistics))
    weights, config = by_hand.batch_norm_from_pytorch(state, **options)
    del config["momentum"]  # of training: see momentum_from_pytorch
    y = by_hand.batch_normalization(x, *weights, **config)
    back = by_hand.batch_norm_to_pytorch(*weights)
    return [y, *[back[name] - array for name, array in state.items()]]


def batch_norm_and_back(x, *statistics, eps=1e-5):
    y = batch_norm_of_pytorch(x, *statistics, eps=eps)
    return [y, *[np.zeros_like(array) for array in statistics]]


@function(batch_norm_and_back, as_batch_norm_of_keras, name="batch_norm_from_pytorch")
def batch_norm_from_pytorch(draw):
    statistics = [draw.normal(3) for _ in range(3)]
    inputs = draw.normal(5, 3), *statistics, draw.positive(3)
    return Case(draw.some(eps=[0.25, 2.0]), inputs)


def momentum_of_keras(momentum=0.1):
    return np.array(1 - momentum)


def momentum_by_hand(**options):
    names = "weight", "bias", "running_mean", "running_var"
    state = dict.fromkeys(names, np.ones(3))
    return np.array(by_hand.batch_norm_from_pytorch(state, **options)[1]["momentum"])


@function(momentum_of_keras, momentum_by_hand, name="momentum_from_pytorch")
def momentum_from_pytorch(draw):
    return Case(draw.some(momentum=[0.25, 0.5]), ())


# -- Recurrent layers


def lstm_of_pytorch(x, weight_ih, weight_hh, bias_ih=0, bias_hh=0):
    """The last output: gates in the order i, f, g, o."""
    h = c = np.zeros((len(x), weight_hh.shape[1]))
    for t in range(x.shape[1]):
        gates = x[:, t] @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh
        i, f, g, o = np.split(gates, 4, axis=-1)
        i, f, o = map(by_hand.sigmoid, (i, f, o))
        c = f * c + i * np.tanh(g)
        h = o * np.tanh(c)
    return h


def gru_of_pytorch(x, weight_ih, weight_hh, bias_ih=0, bias_hh=0):
    """The last output: gates in the order r, z, n."""
    h = np.zeros((len(x), weight_hh.shape[1]))
    for t in range(x.shape[1]):
        x_r, x_z, x_n = np.split(x[:, t] @ weight_ih.T + bias_ih, 3, axis=-1)
        h_r, h_z, h_n = np.split(h @ weight_hh.T + bias_hh, 3, axis=-1)
        r, z = by_hand.sigmoid(x_r + h_r), by_hand.sigmoid(x_z + h_z)
        h = (1 - z) * np.tanh(x_n + r * h_n) + z * h
    return h


def rnn_of_pytorch(x, weight_ih, weight_hh, bias_ih=0, bias_hh=0):
    """The last output."""
    h = np.zeros((len(x), weight_hh.shape[1]))
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh)
    return h


def simple_rnn_of_keras(x, *weights):
    use_bias = len(weights) == 3
    layer = layer_for(keras.layers.SimpleRNN, x.shape, units=UNITS, use_bias=use_bias)
    layer.set_weights(weights)
    return layer(x)


def draw_pytorch(draw, gates):
    """Kernels and, in every second case, two biases."""
    width = gates * UNITS
    sizes = (width, FEATURES), (width, UNITS), (width,), (width,)
    return [draw.normal(*size) for size in sizes[: draw.one_of(4, 2)]]


def as_rnn_of_pytorch(x, *weights):
    return rnn_of_pytorch(x, *by_hand.simple_rnn_to_pytorch(*weights))


@function(simple_rnn_of_keras, as_rnn_of_pytorch, name="simple_rnn_to_pytorch")
def simple_rnn_to_pytorch(draw):
    return Case({}, (draw_x(draw), *draw_keras(draw, 1)))


def as_simple_rnn_of_keras(x, *weights):
    return by_hand.simple_rnn(x, *by_hand.simple_rnn_from_pytorch(*weights))


@function(rnn_of_pytorch, as_simple_rnn_of_keras, name="simple_rnn_from_pytorch")
def simple_rnn_from_pytorch(draw):
    return Case({}, (draw_x(draw), *draw_pytorch(draw, 1)))


def as_lstm_of_pytorch(x, *weights):
    return lstm_of_pytorch(x, *by_hand.lstm_to_pytorch(*weights))


@function(lstm_of_keras, as_lstm_of_pytorch, name="lstm_to_pytorch")
def lstm_to_pytorch(draw):
    return Case({}, (draw_x(draw), *draw_keras(draw, 4)))


def as_lstm_of_keras(x, *weights):
    return by_hand.lstm(x, *by_hand.lstm_from_pytorch(*weights))


@function(lstm_of_pytorch, as_lstm_of_keras, name="lstm_from_pytorch")
def lstm_from_pytorch(draw):
    return Case({}, (draw_x(draw), *draw_pytorch(draw, 4)))


def as_gru_of_pytorch(x, *weights):
    return gru_of_pytorch(x, *by_hand.gru_to_pytorch(*weights))


@function(gru_of_keras, as_gru_of_pytorch, name="gru_to_pytorch")
def gru_to_pytorch(draw):
    return Case({}, (draw_x(draw), *draw_keras(draw, 3, (2,))))


def as_gru_of_keras(x, *weights):
    return by_hand.gru(x, *by_hand.gru_from_pytorch(*weights))


@function(gru_of_pytorch, as_gru_of_keras, name="gru_from_pytorch")
def gru_from_pytorch(draw):
    return Case({}, (draw_x(draw), *draw_pytorch(draw, 3)))


# -- Layers of layers


def stack_of_pytorch(x, state):
    """All outputs of an LSTM with any number of layers, in one direction or two."""
    layer = 0
    while f"weight_ih_l{layer}" in state:
        outputs = []
        for end, step in (("", 1), ("_reverse", -1)):
            names = [f"weight_ih_l{layer}{end}", f"weight_hh_l{layer}{end}"]
            names += [f"bias_ih_l{layer}{end}", f"bias_hh_l{layer}{end}"]
            weights = [state[name] for name in names if name in state]
            if weights:
                read = [x[:, ::step][:, : t + 1] for t in range(x.shape[1])]
                last = [lstm_of_pytorch(part, *weights) for part in read]
                outputs.append(np.stack(last, axis=1)[:, ::step])
        x = np.concatenate(outputs, axis=-1)
        layer += 1
    return x


def as_stack_of_keras(x, state):
    for weights in by_hand.stack_from_pytorch(state, by_hand.lstm_from_pytorch):
        if len(weights) > 3:
            x = by_hand.bidirectional(
                by_hand.lstm, x, *weights, merge_mode="concat", return_sequences=True
            )
        else:
            x = by_hand.lstm(x, *weights, return_sequences=True)
    return x


@function(stack_of_pytorch, as_stack_of_keras, name="stack_from_pytorch")
def stack_from_pytorch(draw):
    layers, ends = draw.one_of(1, 2, 3), draw.one_of([""], ["", "_reverse"])
    kinds = draw.one_of(["weight", "bias"], ["weight"])
    state, features, width = {}, FEATURES, 4 * UNITS
    for layer in range(layers):
        for end in ends:
            for kind in kinds:
                shapes = {"ih": (width, features), "hh": (width, UNITS)}
                for what, shape in shapes.items():
                    shape = shape[:1] if kind == "bias" else shape
                    state[f"{kind}_{what}_l{layer}{end}"] = draw.normal(*shape)
        features = UNITS * len(ends)
    return Case({}, (draw_x(draw), state))


def stack_and_back(*layers):
    state = by_hand.stack_to_pytorch(layers, by_hand.gru_to_pytorch)
    return by_hand.stack_from_pytorch(state, by_hand.gru_from_pytorch)


@function(lambda *layers: list(layers), stack_and_back, name="stack_to_pytorch")
def stack_to_pytorch(draw):
    layers, directions = draw.one_of(1, 2, 3), draw.one_of(1, 2)
    sizes = (FEATURES, 3 * UNITS), (UNITS, 3 * UNITS), (2, 3 * UNITS)
    sizes = sizes[: draw.one_of(3, 2)]
    found = []
    for _ in range(layers):
        found.append([draw.normal(*size) for size in sizes * directions])
        sizes = (UNITS * directions, 3 * UNITS), *sizes[1:]
    return Case({}, tuple(found))


# -- Attention

HEADS, HEAD = 3, 2
WIDTH = HEADS * HEAD
KDIM, VDIM = 4, 7


def attention_of_pytorch(query, value, key, state):
    """torch.nn.MultiheadAttention with batch_first=True."""
    kernels = [state[name] for name in state if name[2:] == "proj_weight"]
    if not kernels:
        kernels = np.split(state["in_proj_weight"], 3)
    biases = np.split(state.get("in_proj_bias", np.zeros(3 * WIDTH)), 3)
    parts = zip((query, key, value), kernels, biases)
    parts = [x @ kernel.T + bias for x, kernel, bias in parts]
    parts = [p.reshape(*p.shape[:2], HEADS, HEAD).swapaxes(1, 2) for p in parts]
    query, key, value = parts
    scores = by_hand.softmax(query @ key.swapaxes(2, 3) / np.sqrt(HEAD))
    joined = (scores @ value).swapaxes(1, 2)
    joined = joined.reshape(*joined.shape[:2], WIDTH)
    return joined @ state["out_proj.weight"].T + state.get("out_proj.bias", 0)


def attention_of_keras(query, value, key, *weights):
    use_bias = len(weights) == 8
    config = {"num_heads": HEADS, "key_dim": HEAD, "use_bias": use_bias}
    shapes = query.shape, value.shape, key.shape
    layer = layer_for(keras.layers.MultiHeadAttention, *shapes, **config)
    layer.set_weights(weights)
    return layer(query, value, key)


def as_attention_of_pytorch(query, value, key, *weights):
    return attention_of_pytorch(
        query, value, key, by_hand.attention_to_pytorch(weights)
    )


def draw_attention(draw):
    """Query, value and key, which may have other features, and those of key and value."""
    kdim, vdim = draw.one_of((WIDTH, WIDTH), (KDIM, VDIM), (KDIM, WIDTH), (WIDTH, VDIM))
    shapes = (2, 5, WIDTH), (2, 3, vdim), (2, 3, kdim)
    return [draw.normal(*shape) for shape in shapes], kdim, vdim


to_pytorch = functools.partial(
    function, attention_of_keras, as_attention_of_pytorch, tolerance=1e-6
)


def draw_keras_attention(draw):
    inputs, kdim, vdim = draw_attention(draw)
    shapes = [((n, HEADS, HEAD), (HEADS, HEAD)) for n in (WIDTH, kdim, vdim)]
    shapes.append(((HEADS, HEAD, WIDTH), (WIDTH,)))
    return inputs, [draw.normal(*shape) for pair in shapes for shape in pair]


@to_pytorch("attention_to_pytorch", number=8)
def attention_to_pytorch(draw):
    inputs, weights = draw_keras_attention(draw)
    return Case({}, (*inputs, *weights))


@to_pytorch("attention_to_pytorch without biases", number=4)
def attention_without_biases_to_pytorch(draw):
    inputs, weights = draw_keras_attention(draw)
    return Case({}, (*inputs, *weights[::2]))


def as_attention_of_keras(query, value, key, state):
    weights = by_hand.attention_from_pytorch(state, heads=HEADS)
    return by_hand.multi_head_attention(
        query, value, key, *weights, use_bias=len(weights) == 8
    )


@function(
    attention_of_pytorch,
    as_attention_of_keras,
    name="attention_from_pytorch",
    tolerance=1e-6,
)
def attention_from_pytorch(draw):
    inputs, kdim, vdim = draw_attention(draw)
    shapes = {"in_proj_weight": (3 * WIDTH, WIDTH)}
    if (kdim, vdim) != (WIDTH, WIDTH):
        sizes = {"q": WIDTH, "k": kdim, "v": vdim}
        shapes = {f"{part}_proj_weight": (WIDTH, n) for part, n in sizes.items()}
    shapes["out_proj.weight"] = WIDTH, WIDTH
    if draw.one_of(True, False):
        shapes |= {"in_proj_bias": (3 * WIDTH,), "out_proj.bias": (WIDTH,)}
    state = {name: draw.normal(*shape) for name, shape in shapes.items()}
    return Case({}, (*inputs, state))
