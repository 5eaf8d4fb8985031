"""What PyTorch and ONNX themselves answer, for tests/slow/porting.py: as JSON.

It runs where they are installed, and the library beside them. ONNX' answers are those of
its reference implementation.
"""

import functools
import inspect
import itertools
import json
import sys

import by_hand
import numpy as np
import onnx
import onnx.reference
import torch

from gallery.elsewhere import read_elsewhere

FEATURES, UNITS, HEADS, WIDTH = 4, 3, 3, 6
RECURRENT = {
    "simple_rnn": (torch.nn.RNN, torch.nn.RNNCell, by_hand.simple_rnn),
    "lstm": (torch.nn.LSTM, torch.nn.LSTMCell, by_hand.lstm),
    "gru": (torch.nn.GRU, torch.nn.GRUCell, by_hand.gru),
}
rng = np.random.default_rng(313)
torch.set_default_dtype(torch.float64)
torch.manual_seed(313)


def draw(*shape):
    return rng.normal(size=shape)


def tensors(arrays):
    return {name: torch.tensor(array) for name, array in arrays.items()}


def arrays_of(module):
    return {name: tensor.numpy() for name, tensor in module.state_dict().items()}


def in_pytorch(function, x):
    """Call something of PyTorch on an array with channels last."""
    y = function(torch.tensor(by_hand.to_pytorch_images(x)))
    return by_hand.from_pytorch_images(y.detach().numpy())


def in_onnx(operator, *inputs, outputs=1, **attributes):
    """Run an operator; return its outputs, or the only one."""
    names = [f"x{place}" for place in range(len(inputs))]
    found = [f"y{place}" for place in range(outputs)]
    node = onnx.helper.make_node(operator, names, found, **attributes)
    run = onnx.reference.ReferenceEvaluator(node).run
    y = run(None, dict(zip(names, map(np.ascontiguousarray, inputs))))
    return y if outputs > 1 else y[0]


def image_in_onnx(operator, x, *others, **attributes):
    y = in_onnx(operator, by_hand.to_pytorch_images(x), *others, **attributes)
    return by_hand.from_pytorch_images(y)


def error(y, expected):
    """The largest error, as a part of the largest entry; 1 for another shape."""
    y, expected = (
        a.detach().numpy() if isinstance(a, torch.Tensor) else a for a in (y, expected)
    )
    if np.shape(y) != np.shape(expected):
        return 1.0
    return float(np.abs(y - expected).max() / np.abs(expected).max())


# -- Weights that go to PyTorch and come from it


def run_stack(function, x, layers):
    for weights in layers:
        if len(weights) > 3:
            x = by_hand.bidirectional(function, x, *weights, return_sequences=True)
        else:
            x = function(x, *weights, return_sequences=True)
    return x


def compare_recurrent():
    x = draw(2, 5, FEATURES)
    flags = itertools.product(RECURRENT, (1, 3), (False, True), (True, False))
    for kind, layers, bidirectional, bias in flags:
        of_pytorch, cell, function = RECURRENT[kind]
        port = getattr(by_hand, f"{kind}_from_pytorch")
        options = {"num_layers": layers, "bidirectional": bidirectional, "bias": bias}
        layer = of_pytorch(FEATURES, UNITS, batch_first=True, **options)
        expected, last = layer(torch.tensor(x))
        weights = by_hand.stack_from_pytorch(arrays_of(layer), port)
        name = f"{of_pytorch.__name__} with {options}"
        yield name, error(run_stack(function, x, weights), expected)
        port = getattr(by_hand, f"{kind}_to_pytorch")
        back = by_hand.stack_to_pytorch(weights, port)
        layer.load_state_dict(tensors(back))
        yield f"{name}, and back", error(layer(torch.tensor(x))[0], expected)
        if bidirectional and layers == 1:
            y = by_hand.bidirectional(function, x, *weights[0])
            last = last[0] if kind == "lstm" else last
            yield f"h_n of {name}", error(y, torch.cat(list(last), dim=-1))
        if layers == 1 and not bidirectional:
            layer = cell(FEATURES, UNITS, bias=bias)
            port = getattr(by_hand, f"{kind}_from_pytorch")
            y = function(x[:, :1], *port(*arrays_of(layer).values()))
            expected = layer(torch.tensor(x[:, 0]))
            expected = expected[0] if kind == "lstm" else expected
            yield f"{cell.__name__} with bias={bias}", error(y, expected)


def compare_attention():
    widths = (None, None), (4, 7), (4, None), (None, 7)
    for (kdim, vdim), bias in itertools.product(widths, (True, False)):
        layer = torch.nn.MultiheadAttention(
            WIDTH, HEADS, bias=bias, kdim=kdim, vdim=vdim, batch_first=True
        )
        shapes = (2, 5, WIDTH), (2, 3, kdim or WIDTH), (2, 3, vdim or WIDTH)
        query, key, value = [draw(*shape) for shape in shapes]
        hidden = np.arange(3) > np.arange(5)[:, np.newaxis]
        ask = functools.partial(layer, *map(torch.tensor, (query, key, value)))
        expected, _ = ask(attn_mask=torch.tensor(hidden))
        weights = by_hand.attention_from_pytorch(arrays_of(layer), heads=HEADS)
        y = by_hand.multi_head_attention(
            query, value, key, *weights, use_bias=bias, attention_mask=~hidden
        )
        name = f"MultiheadAttention with bias={bias}, kdim={kdim}, vdim={vdim}"
        yield name, error(y, expected)
        layer.load_state_dict(tensors(by_hand.attention_to_pytorch(weights)))
        y, _ = ask(attn_mask=torch.tensor(hidden))
        yield f"{name}, and back", error(y, expected)


def compare_convolutions():
    for rank in (1, 2, 3):
        x = draw(2, *(6, 7, 8)[:rank], 4)
        for groups, strides in ((1, 1), (2, 2)):
            layer = getattr(torch.nn, f"Conv{rank}d")(4, 6, 3, strides, groups=groups)
            kernel = by_hand.from_pytorch_kernel(layer.weight.detach().numpy())
            bias = layer.bias.detach().numpy()
            function = getattr(by_hand, f"conv{rank}d")
            y = function(x, kernel, bias, strides=strides, groups=groups)
            expected = in_pytorch(layer, x)
            yield f"Conv{rank}d with groups={groups}", error(y, expected)
            back = by_hand.to_pytorch_kernel(kernel)
            yield f"its kernel, {rank}, {groups}", error(back, layer.weight)
        layer = getattr(torch.nn, f"ConvTranspose{rank}d")(4, 5, 3, stride=2)
        weight = layer.weight.detach().numpy()
        kernel = by_hand.from_pytorch_transpose_kernel(weight)
        function = getattr(by_hand, f"conv{rank}d_transpose")
        y = function(x, kernel, layer.bias.detach().numpy(), strides=2)
        yield f"ConvTranspose{rank}d", error(y, in_pytorch(layer, x))
        back = by_hand.to_pytorch_kernel(kernel)
        yield f"the kernel of ConvTranspose{rank}d", error(back, weight)
    x = draw(2, 6, 7, 4)
    layer = torch.nn.Conv2d(4, 12, (3, 2), groups=4, bias=False)
    weight = layer.weight.detach().numpy()
    kernel = by_hand.from_pytorch_depthwise_kernel(weight, channels=4)
    y = by_hand.depthwise_conv2d(x, kernel)
    yield "Conv2d as DepthwiseConv2D", error(y, in_pytorch(layer, x))
    back = by_hand.to_pytorch_depthwise_kernel(kernel)
    yield "the kernel of DepthwiseConv2D", error(back, weight)
    images, weight, bias = draw(2, 4, 6, 7), draw(6, 2, 3, 2), draw(6)
    options = {"stride": 2, "padding": 1, "groups": 2}
    y = by_hand.pytorch_conv2d(images, weight, bias, **options)
    conv2d = torch.nn.functional.conv2d
    expected = conv2d(*map(torch.tensor, (images, weight, bias)), **options)
    yield "pytorch_conv2d", error(y, expected)
    weight = draw(4, 6, 3, 2)
    options = {"stride": 2, "padding": 1, "output_padding": 1}
    y = by_hand.pytorch_conv_transpose2d(images, weight, bias, **options)
    conv_transpose2d = torch.nn.functional.conv_transpose2d
    expected = conv_transpose2d(*map(torch.tensor, (images, weight, bias)), **options)
    yield "pytorch_conv_transpose2d", error(y, expected)


def compare_dense():
    x = draw(2, 3, 5, 4)
    linear = torch.nn.Linear(4 * 3 * 5, 7, bias=False)
    weight = linear.weight.detach().numpy()
    expected = linear(torch.tensor(by_hand.to_pytorch_images(x)).flatten(1))
    kernel = by_hand.from_pytorch_linear_after_flatten(weight, 3, 5)
    yield "Linear behind Flatten", error(x.reshape(2, -1) @ kernel, expected)
    kernel = by_hand.channels_last_dense_kernel(weight.T, (4, 3, 5))
    yield (
        "the same by channels_last_dense_kernel",
        error(x.reshape(2, -1) @ kernel, expected),
    )


def compare_batch_norm():
    x = draw(9, FEATURES)
    for affine in (True, False):
        layer = torch.nn.BatchNorm1d(FEATURES, affine=affine)
        for array in layer.state_dict().values():
            array.copy_(torch.tensor(rng.uniform(0.5, 2, size=array.shape)))
        state = arrays_of(layer)
        weights, arguments = by_hand.batch_norm_from_pytorch(state)
        momentum = arguments.pop("momentum")
        y = by_hand.batch_normalization(x, *weights, **arguments)
        name = f"BatchNorm1d with affine={affine}"
        yield name, error(y, layer.eval()(torch.tensor(x)))
        old_mean, old_variance = (array.copy() for array in weights[-2:])
        layer.train()(torch.tensor(x))
        mean = momentum * old_mean + (1 - momentum) * x.mean(axis=0)
        yield f"running_mean of {name}", error(mean, layer.running_mean)
        variance = momentum * old_variance + (1 - momentum) * x.var(axis=0, ddof=1)
        yield f"unbiased running_var of {name}", error(variance, layer.running_var)
    weights = draw(FEATURES), draw(FEATURES), draw(FEATURES), draw(FEATURES) ** 2
    layer = torch.nn.BatchNorm1d(FEATURES)
    state = tensors(by_hand.batch_norm_to_pytorch(*weights))
    layer.load_state_dict(state, strict=False)
    y = by_hand.batch_normalization(x, *weights, epsilon=layer.eps)
    yield "BatchNorm1d, and back", error(y, layer.eval()(torch.tensor(x)))


# -- Weights that go to ONNX and come from it


def onnx_weights(gates, directions, bias):
    width = gates * UNITS
    shapes = (directions, width, FEATURES), (directions, width, UNITS)
    return [
        *(draw(*shape) for shape in shapes),
        *([draw(directions, 2 * width)] if bias else []),
    ]


def run_recurrent_in_onnx(kind, x, weights, **attributes):
    """All outputs, (batch, steps, directions * units)."""
    operator = kind.upper()
    if len(weights[0]) == 2:
        attributes["direction"] = "bidirectional"
    y, *_ = in_onnx(
        operator, x.swapaxes(0, 1), *weights, outputs=2, hidden_size=UNITS, **attributes
    )
    return y.transpose(2, 0, 1, 3).reshape(*x.shape[:2], -1)


def compare_recurrent_in_onnx():
    x = draw(2, 5, FEATURES)
    kinds = ("lstm", 4, {}, {}), ("gru", 3, {}, {"reset_after": False})
    kinds += (("gru", 3, {"linear_before_reset": 1}, {"reset_after": True}),)
    for (kind, gates, of_onnx, of_keras), bias in itertools.product(
        kinds, (True, False)
    ):
        function = getattr(by_hand, kind)
        there = getattr(by_hand, f"{kind}_to_onnx")
        back = getattr(by_hand, f"{kind}_from_onnx")
        name = f"ONNX' {kind} with bias={bias}, {of_onnx}"
        weights = onnx_weights(gates, 1, bias)
        expected = run_recurrent_in_onnx(kind, x, weights, **of_onnx)
        ported = back(*weights, **of_onnx)
        y = function(x, *ported, return_sequences=True, **of_keras)
        yield name, error(y, expected)
        y = run_recurrent_in_onnx(kind, x, there(*ported), **of_onnx)
        yield f"{name}, and back", error(y, expected)
        weights = onnx_weights(gates, 2, bias)
        expected = run_recurrent_in_onnx(kind, x, weights, **of_onnx)
        ported = by_hand.bidirectional_from_onnx(back, *weights, **of_onnx)
        y = by_hand.bidirectional(
            function, x, *ported, return_sequences=True, **of_keras
        )
        yield f"{name}, in both directions", error(y, expected)
        arrays = by_hand.bidirectional_to_onnx(ported, there)
        y = run_recurrent_in_onnx(kind, x, arrays, **of_onnx)
        yield f"{name}, in both directions, and back", error(y, expected)


def compare_quantized():
    q = rng.integers(-127, 128, size=(6, 4)).astype("int8")
    for options, shape in (
        ({}, (4,)),
        ({"axis": 0}, (6,)),
        ({"axis": 0, "block_size": 2}, (3, 4)),
    ):
        scale = rng.uniform(0.5, 2, size=shape).astype("float32")
        zero = rng.integers(-9, 9, size=shape).astype("int8")
        expected = in_onnx("DequantizeLinear", q, scale, zero, **{"axis": 1, **options})
        y = by_hand.dequantize_linear(q, scale, zero, **options)
        yield f"DequantizeLinear with {options}", error(y, expected)
    scale = rng.uniform(0.5, 2, size=4).astype("float32")
    y = in_onnx("DequantizeLinear", *by_hand.int8_to_onnx(q, scale), axis=1)
    yield "an int8 kernel in ONNX", error(y, q / scale)


# -- What elsewhere.toml says of the rest


def compare_padding():
    x, kernel = draw(2, 5, 7, 4), draw(3, 3, 4, 5)
    weight = by_hand.to_pytorch_kernel(kernel)
    for padding, auto_pad in (("same", "SAME_UPPER"), ("valid", "VALID")):
        of_onnx = {"strides": [2, 2], "auto_pad": auto_pad}
        y = by_hand.conv2d(x, kernel, strides=2, padding=padding)
        expected = image_in_onnx("Conv", x, weight, **of_onnx)
        yield f"Conv with {auto_pad}", error(y, expected)
        y = by_hand.conv2d_transpose(
            x, kernel.swapaxes(2, 3), strides=2, padding=padding
        )
        turned = by_hand.to_pytorch_kernel(kernel.swapaxes(2, 3))
        expected = image_in_onnx("ConvTranspose", x, turned, **of_onnx)
        yield f"ConvTranspose with {auto_pad}", error(y, expected)
        for operator, function in (
            ("MaxPool", by_hand.max_pooling2d),
            ("AveragePool", by_hand.average_pooling2d),
        ):
            y = function(x, pool_size=2, padding=padding)
            expected = image_in_onnx(operator, x, kernel_shape=[2, 2], **of_onnx)
            yield f"{operator} with {auto_pad}", error(y, expected)
    depthwise = draw(3, 2, 4, 3)
    weight = by_hand.to_pytorch_depthwise_kernel(depthwise)
    expected = image_in_onnx("Conv", x, weight, group=4)
    yield "Conv with groups", error(by_hand.depthwise_conv2d(x, depthwise), expected)


def compare_pooling():
    for rank in (1, 2, 3):
        x = draw(2, *(5, 7, 9)[:rank], 4)
        for kind in ("Max", "Avg"):
            name = {"Max": "max", "Avg": "average"}[kind]
            pool = getattr(torch.nn, f"{kind}Pool{rank}d")(2)
            y = getattr(by_hand, f"{name}_pooling{rank}d")(x, pool_size=2)
            yield f"{kind}Pool{rank}d", error(y, in_pytorch(pool, x))
            adaptive = getattr(torch.nn, f"Adaptive{kind}Pool{rank}d")
            y = getattr(by_hand, f"adaptive_{name}_pooling{rank}d")(x, output_size=3)
            yield f"Adaptive{kind}Pool{rank}d", error(y, in_pytorch(adaptive(3), x))
            y = getattr(by_hand, f"global_{name}_pooling{rank}d")(x, keepdims=True)
            yield f"Adaptive{kind}Pool{rank}d(1)", error(y, in_pytorch(adaptive(1), x))
            if rank == 2:  # the reference implementation takes the axes of images
                operator = f"Global{name.title()}Pool"
                yield operator, error(y, image_in_onnx(operator, x))


def compare_sizes():
    x = draw(2, 6, 8, 3)
    interpolate = torch.nn.functional.interpolate
    for interpolation, mode in (("bilinear", "bilinear"), ("nearest", "nearest-exact")):
        for size in ((4, 5), (12, 16)):
            y = by_hand.resizing(
                x, height=size[0], width=size[1], interpolation=interpolation
            )
            ask = functools.partial(interpolate, size=size, mode=mode)
            yield f"{mode} to {size}", error(y, in_pytorch(ask, x))
    scales = np.array([1.0, 1, 2, 2], "float32")
    bicubic = functools.partial(interpolate, scale_factor=2, mode="bicubic")
    of_keras = by_hand.up_sampling2d(x, size=2, interpolation="bicubic")
    of_pytorch = in_pytorch(bicubic, x)
    answers = ("Keras", of_keras, -0.5, 1), ("PyTorch", of_pytorch, -0.75, 0)
    for name, y, coefficient, exclude in answers:
        of_onnx = {"cubic_coeff_a": coefficient, "exclude_outside": exclude}
        expected = image_in_onnx(
            "Resize", x, np.array([]), scales, mode="cubic", **of_onnx
        )
        yield f"bicubic of {name}", error(y, expected)
    y = by_hand.zero_padding2d(x, padding=((1, 2), (3, 4)))
    pad = torch.nn.ZeroPad2d((3, 4, 1, 2))
    yield "ZeroPad2d", error(y, in_pytorch(pad, x))


def compare_others():
    functional, t = torch.nn.functional, torch.tensor
    query, value, key = draw(2, 3, 4), draw(2, 5, 4), draw(2, 5, 4)
    ask = functools.partial(
        functional.scaled_dot_product_attention, *map(t, (query, key, value))
    )
    y = by_hand.attention(query, value, key)
    yield "scaled_dot_product_attention with scale=1", error(y, ask(scale=1.0))
    y = by_hand.attention(query / 2, value, key)
    yield "scaled_dot_product_attention", error(y, ask())
    x = np.array([-1, 0, 0.5, 1, 3])
    y = by_hand.discretization(x, bin_boundaries=[0.0, 1, 2])
    yield "bucketize", error(y, torch.bucketize(t(x), t([0.0, 1, 2]), right=True))
    x = draw(3, 5, 6)
    gamma = np.ones(6)
    eps = np.finfo(x.dtype).eps
    y = by_hand.rms_normalization(x, gamma, epsilon=eps)
    yield "RMSNorm", error(y, torch.nn.RMSNorm(6)(t(x)))
    y = by_hand.layer_normalization(x, gamma, 0 * gamma, epsilon=1e-5)
    yield "LayerNorm", error(y, torch.nn.LayerNorm(6)(t(x)))
    y = by_hand.unit_normalization(x)
    yield "normalize", error(y, functional.normalize(t(x), dim=-1))
    yield "LpNormalization", error(y, in_onnx("LpNormalization", x))
    y = by_hand.group_normalization(x, gamma, 0 * gamma, groups=2, epsilon=1e-5)
    yield "GroupNorm", error(y, in_pytorch(torch.nn.GroupNorm(2, 6), x))
    x = draw(2, 3, 4, 6)
    y = by_hand.group_normalization(x, gamma, 0 * gamma, groups=-1, epsilon=1e-5)
    yield "InstanceNorm2d", error(y, in_pytorch(torch.nn.InstanceNorm2d(6), x))


def compare_losses():
    labels, logits = np.array([0, 2, 1, 1]), draw(4, 3)
    target, y = rng.uniform(0.1, 0.9, size=(2, 4, 3))
    logits_first = torch.tensor(logits), torch.tensor(labels)
    pairs = {
        "MSELoss": by_hand.mean_squared_error(target, y),
        "L1Loss": by_hand.mean_absolute_error(target, y),
        "HuberLoss": by_hand.huber(target, y),
        "BCELoss": by_hand.binary_crossentropy(target, y),
    }
    for name, loss in pairs.items():
        expected = getattr(torch.nn, name)()(torch.tensor(y), torch.tensor(target))
        yield name, error(loss.mean(), expected)
    loss = by_hand.binary_crossentropy(target, logits, from_logits=True)
    ask = torch.nn.BCEWithLogitsLoss()
    expected = ask(torch.tensor(logits), torch.tensor(target))
    yield "BCEWithLogitsLoss", error(loss.mean(), expected)
    expected = torch.nn.CrossEntropyLoss()(*logits_first)
    loss = by_hand.categorical_crossentropy(np.eye(3)[labels], logits, from_logits=True)
    yield "CrossEntropyLoss", error(loss.mean(), expected)
    loss = by_hand.sparse_categorical_crossentropy(labels, logits, from_logits=True)
    yield "CrossEntropyLoss of labels", error(loss.mean(), expected)
    in_onnx_too = in_onnx("SoftmaxCrossEntropyLoss", logits, labels)
    yield "SoftmaxCrossEntropyLoss", error(loss.mean(), in_onnx_too)


def steps_in_pytorch(optimizer, w, gradients, rates, **options):
    w = torch.nn.Parameter(torch.tensor(w))
    optimizer = optimizer([w], lr=rates[0], **options)
    for gradient, rate in zip(gradients, rates):
        optimizer.param_groups[0]["lr"] = rate
        w.grad = torch.tensor(gradient)
        optimizer.step()
    return w


def compare_optimizers():
    """The places of epsilon and of the learning rate, where Keras has another one."""
    start, gradients, rates = draw(5), 1e-3 * draw(3, 5), [0.1, 0.05, 0.2]
    w, m, v = start, 0, 0
    for t, (gradient, rate) in enumerate(zip(gradients, rates), 1):
        w, m, v = by_hand.adam_of_pytorch(w, gradient, m, v, t, rate, epsilon=1e-4)
    y = steps_in_pytorch(torch.optim.Adam, start, gradients, rates, eps=1e-4)
    yield "Adam: epsilon behind the correction", error(w, y)
    w, v = start, 0
    for gradient, rate in zip(gradients, rates):
        v = 0.99 * v + 0.01 * gradient**2
        w = w - rate * gradient / (np.sqrt(v) + 1e-4)
    y = steps_in_pytorch(torch.optim.RMSprop, start, gradients, rates, eps=1e-4)
    yield "RMSprop: epsilon added to the root", error(w, y)
    w, velocity = start, 0
    for gradient, rate in zip(gradients, rates):
        velocity = 0.9 * velocity + gradient
        w = w - rate * velocity
    y = steps_in_pytorch(torch.optim.SGD, start, gradients, rates, momentum=0.9)
    yield "SGD: the rate behind the velocity", error(w, y)


def compare_activations():
    """Those of which elsewhere.toml says that nothing differs."""
    x = draw(4, 6)
    for name, entry in read_elsewhere().items():
        if name.islower() and not entry["differs"]:
            y = getattr(by_hand, name)(x)
            for other in entry["pytorch"]:
                thing = find(other)
                thing = thing() if inspect.isclass(thing) else thing
                yield f"{name} as {other}", error(y, thing(torch.tensor(x)))
            for other in entry["onnx"]:
                yield f"{name} as ONNX' {other}", error(y, in_onnx(other, x))


# -- Names and defaults


def find(name):
    return functools.reduce(getattr, name.split(".")[1:], torch)


def pytorch_defaults(name):
    """The defaults of something of PyTorch, as texts; None where it does not exist."""
    try:
        parameters = inspect.signature(find(name)).parameters.values()
    except AttributeError:
        return None
    except ValueError:  # of what is written in C++
        return {}
    return {p.name: str(p.default) for p in parameters}


def onnx_defaults(name):
    """The same of an operator, in single precision; None where it does not exist."""
    domains = "", "ai.onnx.ml", "ai.onnx.preview.training"
    for domain in domains:
        if onnx.defs.has(name, domain):
            attributes = onnx.defs.get_schema(name, domain).attributes
            return {key: value_of(a.default_value) for key, a in attributes.items()}
    return None


def value_of(attribute):
    value = onnx.helper.get_attribute_value(attribute) if attribute.name else None
    value = value.decode() if isinstance(value, bytes) else value
    return str(np.float32(value)) if isinstance(value, float) else str(value)


def refusal(function, *arguments):
    try:
        function(*arguments)
    except ValueError as reason:
        return str(reason)


def note_call(called, frame, event, argument):
    """Note the functions of the library that are called."""
    if "keras_by_hand" in frame.f_code.co_filename:
        called.add(frame.f_code.co_name)


def names_of(framework):
    return {name for entry in read_elsewhere().values() for name in entry[framework]}


if __name__ == "__main__":
    comparisons = [
        compare_recurrent,
        compare_attention,
        compare_convolutions,
        compare_dense,
        compare_batch_norm,
        compare_recurrent_in_onnx,
        compare_quantized,
        compare_padding,
        compare_pooling,
        compare_sizes,
        compare_others,
        compare_losses,
        compare_optimizers,
        compare_activations,
    ]
    state = arrays_of(torch.nn.LSTM(FEATURES, UNITS, proj_size=2))
    called = set()
    sys.setprofile(functools.partial(note_call, called))
    errors = {name: e for compare in comparisons for name, e in compare()}
    sys.setprofile(None)
    answers = {
        "errors": errors,
        "called": sorted(called),
        "pytorch": {name: pytorch_defaults(name) for name in names_of("pytorch")},
        "onnx": {name: onnx_defaults(name) for name in names_of("onnx")},
        "proj_size": refusal(
            by_hand.stack_from_pytorch, state, by_hand.lstm_from_pytorch
        ),
    }
    print(json.dumps(answers))
