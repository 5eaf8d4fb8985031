"""The likely cause: the usual mistake that makes a port's numbers, and no other."""

import functools
import json
import re

import keras
import numpy as np
import ports
import pytest
from keras import layers, ops
from library.engine import files
from library.engine.cases import find_arrays
from library.engine.subjects import SUBJECTS, LayerSubject, read_cases

from keras_by_hand import compare, load_model
from keras_by_hand.comparing import causes
from keras_by_hand.comparing.arguments import MASKS
from keras_by_hand.comparing.mistakes import ARGUMENT_MISTAKES, INSTEAD
from keras_by_hand.comparing.places import FLATTENED
from keras_by_hand.models.errors import CannotRun

read_cases()

# -- Models, and ports of them with a mistake


def of_layers(shape, *stack, dtype="float32", seed=1):
    """Return a model of layers, the last of which is called last, and an input."""
    x = keras.Input(shape, dtype=dtype)
    y = x
    for layer in stack:
        y = type(layer).from_config(layer.get_config())(y)
    model = keras.Model(x, y)
    rng = np.random.default_rng(seed)
    ports.draw_weights(model, rng)
    if dtype != "float32":
        return model, rng.integers(1, 9, size=(3, *shape)).astype(dtype)
    return model, rng.normal(size=(3, *shape)).astype(dtype)


def record(model, x):
    """Return what each layer makes, {name: array}; of several outputs, the first."""
    made = [la for la in model.layers if not isinstance(la, layers.InputLayer)]
    outputs = {la.name: keras.tree.flatten(la.output)[0] for la in made}
    inputs = model.inputs if len(model.inputs) > 1 else model.inputs[0]
    y = keras.Model(inputs, outputs)(x, training=False)
    return {name: np.asarray(array) for name, array in y.items()}


def twin(model, name="last", weights=None, kind=None, **config):
    """Return a copy of a model in which one layer has another class, config or weights:
    what weights makes of the list of them."""

    def clone(layer):
        told, its_kind = layer.get_config(), type(layer)
        if layer.name == name:
            told, its_kind = told | config, kind or its_kind
        return its_kind.from_config(told)

    broken = keras.models.clone_model(model, clone_function=clone)
    broken.set_weights(model.get_weights())
    if weights:
        layer = broken.get_layer(name)
        layer.set_weights(weights(layer.get_weights()))
    return broken


def by_weights(stack, shape, change, **options):
    """Return a case in which the last layer has what change makes of its weights."""
    model, x = of_layers(shape, *stack, **options)
    return model, x, record(twin(model, weights=change), x)


def by_config(stack, shape, options=None, **config):
    """Return a case in which the last layer has another config."""
    model, x = of_layers(shape, *stack, **options or {})
    return model, x, record(twin(model, **config), x)


def by_output(stack, shape, change, **options):
    """Return a case in which change makes the last output of x, or of what comes before."""
    model, x = of_layers(shape, *stack, **options)
    made = record(model, x)
    given = [x, *made.values()][-2]
    return model, x, made | {"last": np.asarray(change(given, made["last"]))}


def nth(place, change):
    """Return what changes one of a list of weights."""

    def change_one(weights):
        return [change(w) if n == place else w for n, w in enumerate(weights)]

    return change_one


def negate_update(weights):
    """Return the weights of a GRU of 3 units, with 1 - z for z."""
    return [weight * np.repeat([-1, 1, 1], 3) for weight in weights]


def exchange_middle(weights):
    """Return the weights of an LSTM with the second and third gate exchanged."""
    parts = [np.split(weight, 4, -1) for weight in weights]
    return [np.concatenate([i, c, f, o], -1) for i, f, c, o in parts]


CASES = {}  # {name: (a function that makes model, x and port, what must be said)}


def case(said, name, make, *args, **options):
    assert name not in CASES
    CASES[name] = functools.partial(make, *args, **options), said


# -- Arguments


def gelu_by_tanh():
    x = keras.Input((5,))
    model = keras.Model(x, ops.gelu(x, approximate=False))
    given = np.random.default_rng(1).normal(size=(3, 5)).astype("float32")
    name = model.layers[-1].name
    return model, given, {name: np.asarray(ops.gelu(given, approximate=True))}


def of_dot(changes, **config):
    one, other = keras.Input((3, 3)), keras.Input((3, 3))
    y = layers.Dot(**config, name="last")([one, other])
    model = keras.Model([one, other], y)
    rng = np.random.default_rng(1)
    x = [rng.normal(size=(2, 3, 3)).astype("float32") for _ in range(2)]
    return model, x, record(twin(model, **changes), x)


SEVERAL = (6, 4)
OTHER_CONFIGS = {  # the layer, its input's shape, and what its config is instead
    "epsilon": (layers.BatchNormalization(name="last"), SEVERAL, {"epsilon": 1e-5}),
    "negative_slope": (
        layers.LeakyReLU(name="last"),
        SEVERAL,
        {"negative_slope": 0.01},
    ),
    "max_value": (layers.ReLU(max_value=1, name="last"), SEVERAL, {"max_value": None}),
    "threshold": (layers.ReLU(threshold=1, name="last"), SEVERAL, {"threshold": 0}),
    "alpha": (layers.ELU(alpha=1.0, name="last"), SEVERAL, {"alpha": 0.3}),
    "dilation_rate": (
        layers.Conv1D(3, 2, dilation_rate=2, padding="causal", name="last"),
        SEVERAL,
        {"dilation_rate": 1},
    ),
    "interpolation": (
        layers.UpSampling2D(interpolation="bilinear", name="last"),
        (4, 5, 2),
        {"interpolation": "bicubic"},
    ),
    "antialias": (
        layers.Resizing(3, 4, antialias=True, name="last"),
        (8, 9, 2),
        {"antialias": False},
    ),
    "merge_mode": (
        layers.Bidirectional(layers.LSTM(3), merge_mode="sum", name="last"),
        SEVERAL,
        {"merge_mode": "ave"},
    ),
    "go_backwards": (layers.GRU(3, name="last"), SEVERAL, {"go_backwards": True}),
    "groups": (layers.GroupNormalization(2, name="last"), SEVERAL, {"groups": 1}),
    "axis": (layers.Softmax(name="last"), SEVERAL, {"axis": 1}),
}
for key, (layer, shape, config) in OTHER_CONFIGS.items():
    case(f"{key} is ", key, by_config, [layer], shape, **config)
case("approximate is False", "approximate", gelu_by_tanh)
case("axes is [2, 1]", "axes", of_dot, {"axes": (1, 2)}, axes=(2, 1))
case("normalize is False", "normalize", of_dot, {"normalize": True}, axes=1)
RESCALING = layers.Rescaling(1 / 127.5, offset=-1, name="last")
case(
    "x / 255 + 0:", "scale", by_config, [RESCALING], (4, 4, 3), scale=1 / 255, offset=0
)
SIDES = ((0, 1), (1, 2))
PADS, CROPS = (
    kind(SIDES, name="last") for kind in (layers.ZeroPadding2D, layers.Cropping2D)
)
TURNED = ((1, 0), (2, 1))
case("pads the other side", "sides", by_config, [PADS], (4, 4, 3), padding=TURNED)
SHIFTED = ((0, 1), (2, 1))
case(
    "off by one: crop",
    "cropping moved",
    by_config,
    [CROPS],
    (5, 6, 3),
    cropping=SHIFTED,
)
case("crops the other side", "cropping", by_config, [CROPS], (5, 6, 3), cropping=TURNED)

# -- Activations


def other_activation(name, layer="dense"):
    x = 4 * np.random.default_rng(1).normal(size=(3, 4, 6)).astype("float32")
    stacks = {
        "dense": layers.Dense(7, activation="relu", name="last"),
        "elu": layers.ELU(name="last"),
    }
    model, _ = of_layers((4, 6), stacks[layer])
    z = record(twin(model, activation="linear"), x)["last"] if layer == "dense" else x
    functions = {
        "gelu by tanh": functools.partial(keras.activations.gelu, approximate=True),
        "gelu": functools.partial(keras.activations.gelu, approximate=False),
        "hard_sigmoid of Keras 2": lambda z: np.clip(0.2 * np.asarray(z) + 0.5, 0, 1),
    }
    if name.startswith("leaky_relu"):
        slope = float(name.split()[-1])
        functions[name] = lambda z: keras.activations.leaky_relu(z, slope)
    function = functions.get(name) or getattr(keras.activations, name)
    return model, x, {"last": np.asarray(function(z))}


for name in INSTEAD:
    if name != "relu":
        case(f"activation is {name}:", f"dense {name}", other_activation, name)
    if name != "elu":
        case(f"has {name} here", f"elu {name}", other_activation, name, "elu")

RELU = layers.Dense(5, activation="relu", name="last")
SOFTMAX = layers.Dense(5, activation="softmax", name="last")
TWICE = lambda x, y: ops.softmax(y)
case("no relu here", "no activation", by_config, [RELU], (4,), activation="linear")
case("no softmax here", "logits", by_config, [SOFTMAX], (4,), activation="linear")
case("softmax twice", "twice", by_output, [SOFTMAX], (4,), TWICE)
LSTM = layers.LSTM(3, name="last")
HARD = {"recurrent_activation": "hard_sigmoid"}
case("recurrent_activation is hard", "gate", by_config, [LSTM], SEVERAL, **HARD)
SOFTSIGN = {"activation": "softsign"}
case("activation is softsign", "state", by_config, [LSTM], SEVERAL, **SOFTSIGN)
NO_GATE = {"recurrent_activation": "linear"}
case("no sigmoid here", "no gate", by_config, [LSTM], SEVERAL, **NO_GATE)

# -- Weights

DENSE, SQUARE = layers.Dense(5, name="last"), layers.Dense(4, name="last")
CONV = layers.Conv2D(5, 3, name="last")
IMAGE = (6, 7, 3)
BATCH, GRU = layers.BatchNormalization(name="last"), layers.GRU(3, name="last")
WORDS = layers.Embedding(20, 4, name="last")
HALVES = {"the second row of bias twice": 2, "without the second row of bias": 0}
WEIGHTS = {  # what is said, the layer, its input's shape, and a change of its weights
    "without bias:": (DENSE, (4,), nth(1, np.zeros_like)),
    "adds bias twice": (DENSE, (4,), nth(1, lambda bias: 2 * bias)),
    "without beta": (BATCH, (4,), nth(1, np.zeros_like)),
    "without gamma": (BATCH, (4,), nth(0, np.ones_like)),
    "by 1 + scale": (
        layers.RMSNormalization(name="last"),
        (4,),
        nth(0, lambda g: g + 1),
    ),
    "by scale - 1": (
        layers.RMSNormalization(name="last"),
        (4,),
        nth(0, lambda g: g - 1),
    ),
    "subtracts no moving_mean": (BATCH, (4,), nth(2, np.zeros_like)),
    "has 1 for moving_variance": (BATCH, (4,), nth(3, np.ones_like)),
    "divides by moving_variance": (BATCH, (4,), nth(3, np.square)),
    "the root of moving_variance twice": (BATCH, (4,), nth(3, np.sqrt)),
    "takes gamma for beta": (BATCH, (4,), lambda w: [w[1], w[0], *w[2:]]),
    "takes moving_mean for moving_v": (
        BATCH,
        (4,),
        lambda w: [*w[:2], abs(w[3]), w[2]],
    ),
    "has kernel transposed": (SQUARE, (4,), nth(0, np.transpose)),
    "rows and columns of kernel": (CONV, IMAGE, nth(0, lambda w: w.swapaxes(0, 1))),
    "kernel flipped along (0, 1)": (CONV, IMAGE, nth(0, lambda w: w[::-1, ::-1])),
    "kernel flipped along (1,)": (CONV, IMAGE, nth(0, lambda w: w[:, ::-1])),
    "stored in the order (3, 2, 0, 1)": (
        CONV,
        IMAGE,
        nth(0, lambda w: w.transpose(3, 2, 0, 1).reshape(w.shape)),
    ),
    "kernel with its input channels in": (CONV, IMAGE, nth(0, lambda w: w[:, :, ::-1])),
    "kernel with its filters in": (CONV, IMAGE, nth(0, lambda w: w[..., ::-1])),
    "rounded the weights to float16": (
        DENSE,
        (4,),
        lambda weights: [w.astype("float16") for w in weights],
    ),
    "rounded the weights to bfloat16": (
        DENSE,
        (4,),
        lambda ws: [
            np.asarray(ops.cast(ops.cast(w, "bfloat16"), "float32")) for w in ws
        ],
    ),
    "takes the gates i, c, f, o for i, f, c, o": (LSTM, SEVERAL, exchange_middle),
    "adds 1 to the bias of the forget": (
        LSTM,
        SEVERAL,
        nth(2, lambda b: b + np.repeat([0, 1, 0, 0], 3)),
    ),
    "by 1 - z and the new one by z": (GRU, SEVERAL, negate_update),
}
for said, (layer, shape, change) in WEIGHTS.items():
    case(said, f"weights: {said}", by_weights, [layer], shape, change)
for said, factor in HALVES.items():
    change = nth(2, lambda bias, factor=factor: bias * [[1], [factor]])
    case(said, f"weights: {said}", by_weights, [GRU], SEVERAL, change)
for said, factor in (("multiplies", 2), ("divides", 0.5)):
    change = nth(0, lambda rows, factor=factor: factor * rows)
    case(
        f"{said} embeddings by the root",
        f"weights: {said}",
        by_weights,
        [WORDS],
        (5,),
        change,
        dtype="int32",
    )
TRANSPOSED = layers.Conv2DTranspose(5, 3, name="last")
REVERSED = nth(0, lambda w: w[..., ::-1])
case("its input channels", "transposed", by_weights, [TRANSPOSED], IMAGE, REVERSED)


def weights_of_another():
    stack = [layers.Dense(4, name="first"), layers.Dense(4, name="last")]
    model, x = of_layers((4,), *stack)
    other = model.get_layer("first").get_weights()
    return model, x, record(twin(model, weights=lambda _: other), x)


case("the weights of first here", "another's weights", weights_of_another)


def reset(is_after):
    """A GRU that resets its state elsewhere. One without a bias has the same weights."""
    layer = layers.GRU(3, reset_after=is_after, use_bias=False, name="last")
    return by_config([layer], SEVERAL, reset_after=not is_after)


def reset_before_with_bias():
    model, x = of_layers(SEVERAL, GRU)
    kernel, recurrent, bias = model.get_layer("last").get_weights()
    other = keras.layers.GRU(3, reset_after=False)
    other.build((None, *SEVERAL))
    other.set_weights([kernel, recurrent, bias.sum(0)])
    return model, x, {"last": np.asarray(other(x))}


case("before the matrix product, and", "reset before", reset, True)
case("after the matrix product, and", "reset after", reset, False)
case("before the matrix product, and", "reset with bias", reset_before_with_bias)

# -- Directions

BOTH = layers.Bidirectional(layers.LSTM(3, return_sequences=True), name="last")
STEPS = layers.LSTM(3, return_sequences=True, name="last")
TURN = lambda w: [*w[3:], *w[:3]]
case("two directions exchanged", "directions", by_weights, [BOTH], SEVERAL, TURN)
LEFT_OUT = lambda w: [*w[:2], 0 * w[2], *w[3:5], 0 * w[5]]
case("without bias: add it (in both", "both", by_weights, [BOTH], SEVERAL, LEFT_OUT)
for place, way in ((2, "forward"), (5, "backward")):
    change = nth(place, np.zeros_like)
    said = f"without bias: add it (in the layer that goes {way}"
    case(said, way, by_weights, [BOTH], SEVERAL, change)
TURN_HALF = lambda x, y: np.concatenate([y[..., :3], y[:, ::-1, 3:]], -1)
case(
    "in the other order: reverse", "turned half", by_output, [BOTH], SEVERAL, TURN_HALF
)
TURN_ALL = lambda x, y: y[:, ::-1]
case("in the other order: reverse", "turned", by_output, [STEPS], SEVERAL, TURN_ALL)

# -- Attention


def of_attention(change=None, call=None, heads=2, numbers=None, **config):
    """Return a case of attention from one sequence to another."""
    one, other = keras.Input((5, 6)), keras.Input((4, 6))
    heads_at = layers.MultiHeadAttention(heads, 3, name="last", **config)
    model = keras.Model([one, other], heads_at(one, other))
    rng = np.random.default_rng(1)
    ports.draw_weights(model, rng)
    x = [rng.normal(size=(2, n, 6)).astype("float32") for n in (5, 4)]
    if numbers:
        return model, x, {"last": numbers(model.get_layer("last").get_weights(), *x)}
    broken = twin(model, weights=change)
    if call:
        return model, x, {"last": np.asarray(broken.get_layer("last")(*x, **call))}
    return model, x, record(broken, x)


def scaled(factor):
    return lambda w: [w[0] * factor, w[1] * factor, *w[2:]]


def split_otherwise(weights):
    """As a port does that has (features, length * heads), and reads heads last."""
    *parts, output, bias = weights
    parts = [p.reshape(*p.shape[:-2], 3, 2).swapaxes(-1, -2) for p in parts]
    output = output.reshape(3, 2, -1).swapaxes(0, 1)
    return [*parts, output, bias]


def over_queries(w, query, value):
    q, k, v = (
        np.einsum("bsf,fhd->bhsd", x, kernel) + bias[:, None]
        for x, kernel, bias in zip((query, value, value), w[0:6:2], w[1:6:2])
    )
    scores = np.exp(np.einsum("bhqd,bhkd->bhqk", q, k) / np.sqrt(3))
    y = np.einsum("bhqk,bhkd->bqhd", scores / scores.sum(2, keepdims=True), v)
    return np.einsum("bqhd,hdf->bqf", y, w[6]) + w[7]


ATTENTION = {
    "does not divide the scores": scaled(3**0.5),
    "by the root of a head's length twice": scaled(3**-0.5),
    "by too small a root": scaled(3**0.25),
    "of the length of all heads": scaled(2**-0.5),
    "weights of query and key exchanged": lambda w: [*w[2:4], *w[:2], *w[4:]],
    "weights of query and value exchanged": lambda w: [
        *w[4:6],
        *w[2:4],
        *w[:2],
        *w[6:],
    ],
    "weights of key and value exchanged": lambda w: [*w[:2], *w[4:6], *w[2:4], *w[6:]],
    "takes query_kernel for key_kernel": lambda w: [w[2], w[1], w[0], *w[3:]],
    "joins its heads in the order [1, 0]": nth(6, lambda output: output[::-1]),
    "joins its features as (length, heads)": lambda w: [
        *w[:6],
        w[6].swapaxes(0, 1).reshape(w[6].shape),
        w[7],
    ],
    "splits its features into (length, heads)": split_otherwise,
    "without all biases": lambda w: [w[n] * (1 - n % 2) for n in range(8)],
}
for said, change in ATTENTION.items():
    case(said, f"attention: {said}", of_attention, change)
CAUSAL = {"use_causal_mask": True}
case("hides from each step what", "causal", of_attention, call=CAUSAL)
case("softmax over the queries", "over queries", of_attention, numbers=over_queries)
FIVE = nth(6, lambda output: output[::-1])
case("the order [4, 3, 2, 1, 0]", "five heads", of_attention, FIVE, heads=5)


def of_plain_attention(ignores_causal):
    query, value = keras.Input((4, 3)), keras.Input((4, 3))
    layer = layers.Attention(name="last")
    y = layer([query, value], use_causal_mask=ignores_causal)
    model = keras.Model([query, value], y)
    rng = np.random.default_rng(1)
    q, v = (rng.normal(size=(2, 4, 3)).astype("float32") for _ in range(2))
    factor = 1 if ignores_causal else 3**-0.5
    return model, [q, v], {"last": np.asarray(layer([factor * q, v]))}


case("the query's length: this layer", "scale of Attention", of_plain_attention, False)
case("ignores the causal mask", "causal ignored", of_plain_attention, True)

# -- Windows and pixels


def padded_by_hand(kind, pads, value=0):
    """Return a class that pads so, as other libraries do."""

    def call(self, x):
        x = ops.pad(x, [(0, 0), *pads, (0, 0)], constant_values=value)
        self.padding = "valid"
        y = kind.call(self, x)
        self.padding = "same"
        return y

    return type(kind.__name__, (kind,), {"call": call})


STRIDED = layers.Conv2D(4, 3, strides=2, padding="same", name="last")
LARGEST = layers.MaxPooling2D(3, strides=2, padding="same", name="last")
MEAN = layers.AveragePooling2D(3, strides=2, padding="same", name="last")
EVEN, AROUND, BEFORE = (6, 8, 3), ((1, 1), (1, 1)), ((1, 0), (1, 0))
SYMMETRIC = padded_by_hand(layers.Conv2D, AROUND)
AT_BOTH = "pads (1, 1) before its input, and Keras (0, 0):"
case(AT_BOTH, "padding", by_config, [STRIDED], EVEN, kind=SYMMETRIC)
LOW = padded_by_hand(layers.MaxPooling2D, BEFORE, -1e9)
case(AT_BOTH, "pooling", by_config, [LARGEST], EVEN, kind=LOW)
ZEROS = padded_by_hand(layers.AveragePooling2D, ((0, 1), (0, 1)))
case("with zeros that count", "zeros count", by_config, [MEAN], EVEN, kind=ZEROS)
ALWAYS = layers.Conv1D(4, 3, padding="causal", name="last")
case(
    "pads 1 before its input, and Keras 2:",
    "causal padding",
    by_config,
    [ALWAYS],
    SEVERAL,
    padding="same",
)
UP = layers.Conv2DTranspose(
    2, 3, strides=2, padding="same", activation="relu", name="last"
)


def cropped_elsewhere():
    model, x = of_layers((4, 5, 3), UP)
    whole = record(twin(model, padding="valid"), x)["last"]
    return model, x, {"last": whole[:, 1:9, 1:11]}


case("crops (1, 1) at the beginning", "crop", cropped_elsewhere)
POOL, POOL_MEAN = (
    kind(2, name="last") for kind in (layers.MaxPooling2D, layers.AveragePooling2D)
)
AVERAGE = {"kind": layers.AveragePooling2D}
case("takes average of each window", "average", by_config, [POOL], EVEN, **AVERAGE)
MAXIMUM = {"kind": layers.MaxPooling2D}
case("takes the largest of each", "largest", by_config, [POOL_MEAN], EVEN, **MAXIMUM)
GLOBAL = {
    "the first step": lambda x, y: x[:, 0],
    "the last step": lambda x, y: x[:, -1],
    "the largest": lambda x, y: x.max(1),
    "the average": lambda x, y: x.mean(1),
    "the sum": lambda x, y: x.sum(1),
}
for said, change in GLOBAL.items():
    kind = (
        layers.GlobalMaxPooling1D
        if said == "the average"
        else layers.GlobalAveragePooling1D
    )
    case(
        f"takes {said}:",
        f"global {said}",
        by_output,
        [kind(name="last")],
        SEVERAL,
        change,
    )
FLATTEN = layers.Flatten(name="last")
for said, order in FLATTENED.items():
    change = lambda x, y, order=order: x.transpose(order).reshape(y.shape)
    case(
        f"flattens with {said}:", f"flatten {said}", by_output, [FLATTEN], IMAGE, change
    )


def resized(kind, align, is_near):
    """Return a case that is resized as other libraries do, by hand."""
    layer = layers.Resizing(7, 7, interpolation=kind, name="last")
    model, x = of_layers((4, 5, 2), layer)
    y = x
    for axis in (1, 2):
        old, steps = x.shape[axis], np.arange(7)
        places = steps * (old - 1) / 6 if align else steps * old / 7
        low = np.floor(places).astype(int)
        high = np.minimum(low + 1, old - 1)
        part = (places - low).reshape([-1 if a == axis else 1 for a in range(4)])
        if is_near:
            y = y.take(np.floor(places + align / 2).astype(int), axis)
        else:
            y = y.take(low, axis) * (1 - part) + y.take(high, axis) * part
    return model, x, {"last": y.astype("float32")}


def resized_by_keras(ours, theirs):
    layer = layers.Resizing(7, 7, interpolation=ours, name="last")
    model, x = of_layers((4, 5, 2), layer)
    return model, x, record(twin(model, interpolation=theirs), x)


case("lets the corners meet (align", "corners", resized, "bilinear", True, False)
case("takes the nearest pixel below", "below", resized, "nearest", False, True)
case("half a pixel away", "half a pixel", resized, "bilinear", False, False)
case("lets the corners meet (align", "near corners", resized, "nearest", True, True)
case(
    "interpolation is nearest in the",
    "interpolated",
    resized_by_keras,
    "nearest",
    "bilinear",
)
case("takes the nearest pixel", "nearest", resized_by_keras, "bilinear", "nearest")
DEPTHWISE = layers.DepthwiseConv2D(2, depth_multiplier=2, name="last")
OTHERS = lambda x, y: y[..., [0, 2, 4, 1, 3, 5]]
case(
    "all channels of a multiplier", "multipliers", by_output, [DEPTHWISE], IMAGE, OTHERS
)

# -- What a layer does
HANDS_ON = lambda x, y: x
case("leaves this layer out", "left out", by_output, [BATCH], SEVERAL, HANDS_ON)


def batch_moments(x, _):
    model, given = of_layers(SEVERAL, BATCH)
    assert np.array_equal(given, x)
    gamma, beta, *_ = model.get_layer("last").get_weights()
    mean, variance = x.mean((0, 1)), x.var((0, 1))
    return (x - mean) / np.sqrt(variance + 1e-3) * gamma + beta


case(
    "as in training: use the moving",
    "batch",
    by_output,
    [BATCH],
    SEVERAL,
    batch_moments,
)


def outside(x, y):
    model, _ = of_layers(SEVERAL, BATCH)
    gamma, beta, mean, variance = model.get_layer("last").get_weights()
    return (x - mean) / (np.sqrt(variance) + 1e-3) * gamma + beta


case("to the root of the variance", "outside", by_output, [BATCH], SEVERAL, outside)
LAYER = layers.LayerNormalization(name="last")


def by_other_moments(ddof, inside, x, y):
    model, _ = of_layers(SEVERAL, LAYER)
    gamma, beta = model.get_layer("last").get_weights()
    variance = x.var(-1, keepdims=True, ddof=ddof)
    root = np.sqrt(variance + 1e-3) if inside else np.sqrt(variance) + 1e-3
    return (x - x.mean(-1, keepdims=True)) / root * gamma + beta


UNBIASED = functools.partial(by_other_moments, 1, True)
case("of squares by n - 1", "unbiased", by_output, [LAYER], SEVERAL, UNBIASED)
AT_THE_ROOT = functools.partial(by_other_moments, 0, False)
case("to the root of the variance", "root", by_output, [LAYER], SEVERAL, AT_THE_ROOT)
DROPOUT = layers.Dropout(0.4, name="last")


def dropped(x, y):
    kept = np.random.default_rng(1).random(x.shape) > 0.4
    return (np.where(kept, x / 0.6, 0)).astype("float32")


case("drops numbers here", "dropout", by_output, [DROPOUT], SEVERAL, dropped)


def dropped_before():
    model, x = of_layers(SEVERAL, DENSE)
    x_dropped = dropped(x, None)
    y = np.asarray(model.get_layer("last")(x_dropped))
    return model, x, {"noise": x_dropped, "last": y}


case("drops numbers of its input", "dropout before", dropped_before)

# -- What a layer is given


def merged(kind, change, count=2):
    x = keras.Input((4,))
    parts = [layers.Dense(4, name=f"part_{n}")(x) for n in range(count)]
    model = keras.Model(x, kind(name="last")(parts))
    rng = np.random.default_rng(1)
    ports.draw_weights(model, rng)
    given = rng.normal(size=(3, 4)).astype("float32")
    made = record(model, given)
    made["last"] = np.asarray(change(*[made[f"part_{n}"] for n in range(count)]))
    return model, given, made


MERGING = {
    "Add": lambda a, b: a + b,
    "Average": lambda a, b: (a + b) / 2,
    "Maximum": np.maximum,
    "Minimum": np.minimum,
    "Multiply": lambda a, b: a * b,
    "Subtract": lambda a, b: a - b,
}
for name, change in MERGING.items():
    kind = layers.Subtract if name == "Add" else layers.Add
    case(f"has {name} here", f"merging {name}", merged, kind, change)
REVERSE = lambda a, b: b - a
case("in the other order: reverse", "inputs reversed", merged, layers.Subtract, REVERSE)
case("without input 1:", "without 1", merged, layers.Add, lambda a, b: b)
case("without input 2:", "without 2", merged, layers.Add, lambda a, b: a)
case("takes input 2 twice", "2 twice", merged, layers.Add, lambda a, b: a + 2 * b)
TWICE_1 = lambda a, b: a + a
case("output of part_0 for input 2", "another's output", merged, layers.Add, TWICE_1)
DOUBLED = lambda x, y: model_of_dense()(2 * x)


def model_of_dense():
    return of_layers((4,), DENSE)[0].get_layer("last")


case("takes its input twice", "input twice", by_output, [DENSE], (4,), DOUBLED)


def other_tokens(step):
    model, x = of_layers((5,), WORDS, dtype="int32")
    return model, x, record(model, x + step)


case("tokens are 1 more", "tokens more", other_tokens, 1)
case("tokens are 1 less", "tokens less", other_tokens, -1)


def other_step(step):
    x = keras.Input((5, 4))
    model = keras.Model(x, layers.Dense(3, name="last")(x[:, 2]))
    ports.draw_weights(model, rng := np.random.default_rng(1))
    given = rng.normal(size=(3, 5, 4)).astype("float32")
    return (
        model,
        given,
        {"last": np.asarray(model.get_layer("last")(given[:, 2 + step]))},
    )


case("what is one further", "one further", other_step, 1)
case("what is one before", "one before", other_step, -1)


def of_masks(layer, change):
    """Return a case of words, the last of which are padding."""
    words = keras.Input((6,), dtype="int32")
    y = layers.Embedding(9, 4, mask_zero=True, name="embedding")(words)
    model = keras.Model(words, type(layer).from_config(layer.get_config())(y))
    ports.draw_weights(model, rng := np.random.default_rng(1))
    x = rng.integers(1, 9, size=(3, 6)).astype("int32")
    x[0, 4:] = x[1, 2:] = 0
    made = record(model, x)
    y, mask = made["embedding"], x != 0
    return (
        model,
        x,
        made | {"last": np.asarray(model.get_layer("last")(y, **change(mask)))},
    )


MEAN_OF_STEPS = layers.GlobalAveragePooling1D(name="last")
for layer in (MEAN_OF_STEPS, layers.LSTM(3, name="last")):
    kind = type(layer).__name__
    case("ignores the mask", f"no mask {kind}", of_masks, layer, lambda mask: {})
    inverted = lambda mask: {"mask": ops.convert_to_tensor(~mask)}
    case("mask inverted", f"inverted {kind}", of_masks, layer, inverted)


def of_sequential(change):
    """Return a case whose file names no mask: it goes along with the embedding."""
    model = keras.Sequential(
        [
            keras.Input((6,), dtype="int32"),
            layers.Embedding(9, 4, mask_zero=True, name="embedding"),
            layers.LSTM(3, name="last"),
        ]
    )
    ports.draw_weights(model, rng := np.random.default_rng(1))
    x = rng.integers(1, 9, size=(3, 6)).astype("int32")
    x[0, 4:] = x[1, 2:] = 0
    made = record(model, x)
    last = model.get_layer("last")(made["embedding"], **change(x != 0))
    return model, x, made | {"last": np.asarray(last)}


case("ignores the mask, and takes", "mask on its way", of_sequential, lambda mask: {})
case("what the mask hides", "inverted on its way", of_sequential, inverted)


def of_given_mask(key, is_inverted):
    """Return a case of attention that is given a mask."""
    x, mask = (
        keras.Input((4, 6)),
        keras.Input((4, 4) if key == "attention_mask" else (4,)),
    )
    mask_of = ops.greater(mask, 0)
    layer = layers.MultiHeadAttention(2, 3, name="last")
    model = keras.Model([x, mask], layer(x, x, **{key: mask_of}))
    ports.draw_weights(model, rng := np.random.default_rng(1))
    given = rng.normal(size=(2, 4, 6)).astype("float32")
    signs = rng.choice([-1, 1], size=(2, *mask.shape[1:])).astype("float32")
    signs[..., 0], signs[..., 1] = 1, -1
    told = {key: ops.convert_to_tensor(signs < 0)} if is_inverted else {}
    return model, [given, signs], {"last": np.asarray(layer(given, given, **told))}


for key in ("value_mask", "key_mask", "attention_mask"):
    text = MASKS[key]
    case(f"ignores the {text}", f"{key} ignored", of_given_mask, key, False)
    case(f"the {text} inverted", f"{key} inverted", of_given_mask, key, True)


def before_the_next(flattens):
    """Return a case in which a Dense layer is fed another array than it should be, which no
    tensor of the port is."""
    stack = [
        layers.Conv2D(4, 2, name="conv"),
        layers.Flatten(),
        layers.Dense(3, name="last"),
    ]
    model, x = of_layers((4, 5, 2), *stack)
    made = record(model, x)
    image = made["conv"].transpose(FLATTENED[flattens])
    last = model.get_layer("last")
    return model, x, made | {"last": np.asarray(last(image.reshape(len(x), -1)))}


for said in FLATTENED:
    case(f"its input with {said}", f"before, {said}", before_the_next, said)


def activation_before(other):
    stack = [
        layers.Dense(6, activation="relu", name="first"),
        layers.Dense(3, name="last"),
    ]
    model, x = of_layers((4,), *stack)
    logits = record(twin(model, "first", activation="linear"), x)["first"]
    y = np.asarray(model.get_layer("last")(getattr(keras.activations, other)(logits)))
    return model, x, {"fc1": logits, "last": y}


case("no relu here", "no activation before", activation_before, "linear")
case("activation of first, whose output", "another before", activation_before, "tanh")


def activation_first():
    model, x = of_layers(SEVERAL, BATCH, layers.ReLU(name="relu"))
    y = np.asarray(model.get_layer("last")(np.maximum(x, 0)))
    return model, x, {"last": y, "relu": np.maximum(y, 0)}


case("relu before this layer", "activation first", activation_first)

# -- What holds another layer


def held(name):
    if name == "time":
        layer = layers.TimeDistributed(layers.Dense(3), name="last")
        return by_weights([layer], SEVERAL, nth(1, np.zeros_like))
    layer = layers.RNN(layers.GRUCell(3), name="last")
    return by_weights(
        [layer], SEVERAL, lambda ws: [w * np.repeat([-1, 1, 1], 3) for w in ws]
    )


case("without bias", "time distributed", held, "time")
case("by 1 - z", "cell", held, "cell")


# -- The tests


@pytest.fixture(scope="module")
def find(tmp_path_factory):
    """A function that returns what compare finds in a case."""
    path = tmp_path_factory.mktemp("causes") / "model.keras"

    def find_in(model, x, port):
        model.save(path)
        return compare(path, port, x)

    return find_in


@pytest.fixture
def noted(monkeypatch):
    """Lists of the rows of the tables that are tried, and of those that are told."""
    offered, named = [], []
    list_tries, choose_causes = causes.list_tries, causes.choose_causes

    def list_and_note(group, unused):
        tries = list_tries(group, unused)
        offered.extend(mistake.row for _, mistake, _ in tries)
        return tries

    def choose_and_note(fits):
        chosen = choose_causes(fits)
        named.extend(fit.row[1] for fit in fits if fit.cause in chosen)
        return chosen

    monkeypatch.setattr(causes, "list_tries", list_and_note)
    monkeypatch.setattr(causes, "choose_causes", choose_and_note)
    return offered, named


WITHOUT = (  # what is left out of the names of rows
    r", (for|back)ward$",
    r" before$",
    r"-?\d+(\.\d+)?$",
    r"(?<=weights of ).*",
    r"\b(query|key|value|output|recurrent)_(?=kernel|bias|activation)",
    r"^activation (?!twice)",
    r"^(gamma|scale)(?= \d?$)",
    r"^.* as (?=input)",
    r"^its (?=input)|(?<=^twice )its (?=input)",
)


def bare(row):
    """Return a row without the names of weights, inputs, layers and directions."""
    for pattern in WITHOUT:
        row = re.sub(pattern, "", row)
    return "exchanged" if " and " in row and "flatten" not in row else row


def find_causes(find, name):
    """Return the causes that are told of a case: what must be said, and one more at most,
    if it is equal on these numbers."""
    make, said = CASES[name]
    found = find(*make())
    assert len(found.faulty) == 1, name
    (told,) = found.causes.values()
    assert any(said in cause.text for cause in told), (name, told)
    assert len(told) <= 2, name
    return told


@pytest.mark.drawn
@pytest.mark.parametrize("name", CASES)
def test_each_usual_mistake_is_named(find, name):
    find_causes(find, name)


@pytest.mark.drawn
def test_each_row_of_the_tables_is_named_in_a_case_and_most_alone(find, noted):
    alone = sum(len(find_causes(find, name)) == 1 for name in CASES)
    offered, named = (set(map(bare, rows)) for rows in noted)
    assert sorted(offered - named) == []
    assert set(OTHER_CONFIGS) | {"approximate", "axes", "normalize"} == {
        *ARGUMENT_MISTAKES
    }
    assert alone >= 0.95 * len(CASES)


# -- Mistakes outside of the tables


SHAPES = (  # of layers, and what they take
    (layers.Dense(6, activation="relu", name="last"), (5,)),
    (layers.Dense(6, activation="gelu", name="last"), (5,)),
    (layers.Conv2D(5, 3, strides=2, padding="same", name="last"), (6, 6, 5)),
    (layers.DepthwiseConv2D(3, padding="same", name="last"), (6, 6, 4)),
    (layers.Conv2DTranspose(4, 3, strides=2, padding="same", name="last"), (4, 4, 4)),
    (layers.BatchNormalization(name="last"), (6, 5)),
    (layers.LayerNormalization(name="last"), (6, 5)),
    (layers.GroupNormalization(2, name="last"), (6, 4)),
    (layers.AveragePooling2D(3, strides=2, padding="same", name="last"), (6, 6, 4)),
    (layers.GRU(4, return_sequences=True, name="last"), (5, 4)),
    (layers.LSTM(4, name="last"), (5, 4)),
    (layers.Bidirectional(layers.SimpleRNN(4), name="last"), (5, 4)),
    (layers.LeakyReLU(name="last"), (6, 5)),
    (layers.UpSampling2D(interpolation="bilinear", name="last"), (4, 4, 4)),
)


def break_otherwise(rng, layer, x, y):
    """Yield what layers make that differ in ways that are in no table."""
    spread = rng.choice([0.3, 0.03, 0.003])
    yield y + spread * rng.normal(size=y.shape) * y.std()
    yield y * rng.uniform(0.3, 0.95)
    yield y * rng.choice([1.01, 0.999])
    yield y + rng.uniform(0.01, 0.5)
    yield y[..., np.roll(np.arange(y.shape[-1]), 1)]
    yield np.minimum(y, np.quantile(y, rng.uniform(0.5, 0.9)))
    yield np.where(y < 0, rng.uniform(0.03, 0.07) * y, y + 0.01)
    weights = layer.get_weights()
    if not weights:
        return

    def noisy(weight):
        size = abs(weight).mean() + 0.1
        return weight + spread * rng.normal(size=weight.shape) * size

    one, constant = rng.integers(len(weights)), rng.uniform(1.1, 1.9)
    for other in (
        [noisy(weight) for weight in weights],
        nth(one, noisy)(weights),
        nth(one, lambda weight: weight * constant)(weights),
        nth(one, lambda weight: weight.round(1) + 0.01)(weights),
        nth(0, lambda weight: np.roll(weight, 1, -1))(weights),
        [weights[0] * 1.3, *[0 * weight for weight in weights[1:]]],
    ):
        layer.set_weights([abs(weight) for weight in other])
        yield np.asarray(layer(x))
    layer.set_weights(weights)


@pytest.mark.drawn
def test_other_mistakes_get_no_cause(tmp_path):
    """No sentence may be wrong: at most 1 of 100 gets one."""
    tried, told = 0, []
    rng = np.random.default_rng(313)
    for layer, shape in SHAPES:
        model, x = of_layers(shape, layer)
        model.save(tmp_path / "model.keras")
        loaded = load_model(tmp_path / "model.keras")
        y = record(model, x)["last"]
        for port in break_otherwise(rng, model.get_layer("last"), x, y):
            found = compare(loaded, {"last": port.astype("float32")}, x)
            tried += bool(found.faulty)
            told += [(layer.name, cause) for cause in found.causes.values()]
    assert tried >= 140
    assert len(told) <= tried / 100, told


def test_what_fits_far_worse_than_the_best_is_left_out():
    errors = {"a": (1e-7, 2e-7), "b": (5e-7,), "c": (9e-6,)}
    fits = [
        causes.Fit(("last", row), causes.Cause("last", f"{row}{n}"), error)
        for row, found in errors.items()
        for n, error in enumerate(found)
    ]
    chosen = causes.choose_causes(fits[::-1])
    assert [cause.text for cause in chosen] == ["a0", "b0"]


def test_what_makes_it_little_better_is_no_cause(tmp_path):
    model, x = of_layers(SEVERAL, BATCH)
    model.get_layer("last").set_weights([np.full(4, n) for n in (1, 0, 0, 1)])
    model.save(tmp_path / "model.keras")
    port = {
        "last": 1.0012 * record(model, x)["last"]
    }  # without epsilon, it is 1.0005 * y
    found = compare(tmp_path / "model.keras", port, x, tolerance=1e-3)
    assert found.faulty == ["last"] and not found.causes


def test_wrong_constants_get_no_cause(find):
    for layer, config in (
        (BATCH, {"epsilon": 3e-3}),
        (LAYER, {"epsilon": 0.05}),
        (layers.LeakyReLU(name="last"), {"negative_slope": 0.05}),
        (layers.ReLU(max_value=2, name="last"), {"max_value": 1.5}),
        (layers.ELU(name="last"), {"alpha": 0.7}),
        (layers.ELU(name="last"), {"alpha": 0.7}),
    ):
        found = find(*by_config([layer], SEVERAL, **config))
        assert found.faulty == ["last"] and not found.causes
        assert str(found).splitlines()[-1] == "faulty layers: last"


EVERY_KIND = {n: s for n, s in SUBJECTS.items() if isinstance(s, LayerSubject)}


@pytest.mark.drawn
def test_what_does_not_fit_a_layer_is_skipped(tmp_path):
    """No mistake makes a layer of any kind raise, or is claimed for what is noise."""
    tried = 0
    for name, subject in EVERY_KIND.items():
        case = subject.generator(subject.draws()[1])
        try:
            model = files.model_of(subject, case)
        except ValueError:  # it does not take these as inputs of a model
            continue
        model.save(tmp_path / "model.keras")
        x = list(find_arrays((case.inputs, case.call)).values())
        loaded = load_model(tmp_path / "model.keras")
        last = model.layers[-1].name
        try:
            y = loaded.predict(x)
        except CannotRun:  # inputs in another order
            continue
        y = y[0] if isinstance(y, list | tuple) else y
        if y.dtype.kind == "f" and y.size > 3:
            noise = np.random.default_rng(1).normal(size=y.shape).astype(y.dtype)
            found = compare(loaded, {last: y + 0.01 * noise}, x)
            assert not found.causes, (name, found.causes)
            tried += bool(found.faulty)
    assert tried > 60


# -- How it is told


def of_two_norms():
    stack = [layers.BatchNormalization(name=name) for name in ("one", "last")]
    model, x = of_layers(SEVERAL, *stack)
    broken = twin(twin(model, "one", epsilon=1e-5), epsilon=1e-5)
    return model, x, record(broken, x)


def test_layers_with_one_cause_share_a_line(find):
    found = find(*of_two_norms())
    assert found.faulty == ["one", "last"] and [*found.causes] == ["one", "last"]
    first, second = str(found).splitlines()[-2:]
    assert first == "faulty layers: one, last"
    assert second.startswith(
        "cause: one, last: epsilon is 0.001 in the model, and seems"
    )
    assert "1e-05" in second


def test_several_that_fit_are_all_told_and_many_are_not(find, monkeypatch):
    model, x = of_layers((4,), RELU)
    port = {"last": np.zeros((3, 5), "float32")}  # of any relu of what is negative
    model.get_layer("last").set_weights([np.zeros((4, 5)), np.full(5, 0.5)])
    found = find(model, x, port)
    said = str(found).splitlines()
    place = said.index("causes that all fit:")
    assert said[place - 1] == "faulty layers: last"
    assert 2 <= len(said[place + 1 :]) <= causes.MOST_CAUSES
    assert all(line.startswith("- last: the port") for line in said[place + 1 :])
    monkeypatch.setattr(causes, "MOST_CAUSES", 1)
    assert not find(model, x, port).causes


def test_the_cause_in_a_group_has_the_name_of_its_layer(find):
    stack = [layers.Conv2D(4, 3, name="conv"), BATCH]
    model, x = of_layers(IMAGE, *stack)
    broken = twin(model, "conv", weights=nth(1, np.zeros_like))
    found = find(model, x, {"last": record(broken, x)["last"]})
    assert found.faulty == ["conv+last"]
    (cause,) = found.causes["conv+last"]
    assert cause == ("conv", "the port does without bias: add it")
    assert found.as_dict()["causes"] == {"conv+last": [cause._asdict()]}


def test_a_relu_that_the_port_has_in_the_layer_is_computed_with_it(find):
    model, x = of_layers(
        IMAGE, layers.Conv2D(4, 3, name="conv"), layers.ReLU(name="relu")
    )
    broken = twin(model, "conv", weights=nth(1, np.zeros_like))
    found = find(model, x, {"conv": record(broken, x)["relu"]})
    assert found.faulty == ["conv"]
    assert found.causes == {"conv": [("conv", "the port does without bias: add it")]}


def test_what_would_take_long_is_skipped(find, monkeypatch):
    monkeypatch.setattr(causes, "MOST_SECONDS", 1e-4)
    assert not find(*of_two_norms()).causes


def test_states_are_left_as_they_were(tmp_path):
    x = keras.Input(batch_shape=(3, 4, 3))
    layer = layers.LSTM(2, stateful=True, name="last")
    model = keras.Model(x, layer(x))
    ports.draw_weights(model, rng := np.random.default_rng(1))
    model.save(tmp_path / "model.keras")
    given = rng.normal(size=(3, 4, 3)).astype("float32")
    broken = record(twin(model, weights=nth(2, np.zeros_like)), given)
    one, other = (load_model(tmp_path / "model.keras") for _ in range(2))
    one.predict(given), other.predict(given)
    (told,) = compare(one, broken, given).causes.values()
    assert [cause.text for cause in told] == ["the port does without bias: add it"]
    np.testing.assert_array_equal(one.predict(given), other.predict(given))


def test_the_command_prints_the_cause(command, tmp_path):
    model, x, port = of_two_norms()
    model.save(tmp_path / "model.keras")
    np.save(tmp_path / "x.npy", x)
    np.savez(tmp_path / "port.npz", **port)
    files = (
        tmp_path / "model.keras",
        tmp_path / "port.npz",
        "--input",
        tmp_path / "x.npy",
    )
    code, said, _ = command("compare", *files)
    assert code == 1 and "\ncause: one, last: epsilon is 0.001" in said
    _, said, _ = command("compare", *files, "--json")
    told = json.loads(said)["causes"]
    assert told["one"][0]["layer"] == "one" and "epsilon" in told["last"][0]["text"]
