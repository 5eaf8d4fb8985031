"""The reference's equations, evaluated as they stand there, and compared with Keras: with
default arguments, and with each argument that their letters name changed.
"""

import inspect
import re
from typing import NamedTuple

import keras
import numpy as np
import pytest
from equations import sides, solve
from keras import activations, layers, losses, optimizers

from gallery.functions import find_things
from gallery.keras_names import named
from gallery.reference_words import equation_of, read_equations

LETTER = re.compile(r":math:`([^`]+)` is ``(\w+)``")
READ_BY_PEOPLE = {
    "sparsemax": "its letters say which entries are counted",
    "RNN": "it says what a cell is, and any will do",
    "Bidirectional": "it says in which order two layers read",
}
HEADS = {"num_query_heads": 4, "num_key_value_heads": 2}
NEEDED = {  # arguments that have no default
    "threshold": {"threshold": 0.3, "default_value": -2.0},
    "Activation": {"activation": "tanh"},
    "MultiHeadAttention": {"num_heads": 2, "key_dim": 3},
    "GroupQueryAttention": {"head_dim": 3, **HEADS},
    "Dense": {"units": 3},
    "EinsumDense": {"equation": "ab,bc->ac", "output_shape": 3},
    "Embedding": {"input_dim": 3, "output_dim": 4},
    "ReversibleEmbedding": {"input_dim": 3, "output_dim": 4},
    "Dot": {"axes": 2},
    "GroupNormalization": {"groups": 2},  # the default needs 32 channels
    "Rescaling": {"scale": 0.5},
    "Normalization": {"axis": None, "mean": 0.3, "variance": 2.0},
    "TimeDistributed": {"layer": layers.Activation("tanh", dtype="float64")},
    "GaussianNoise": {"stddev": 0.3},
    "GaussianDropout": {"rate": 0.3},
    "AlphaDropout": {"rate": 0.3},
    "Dropout": {"rate": 0.3},
    **{f"SpatialDropout{rank}D": {"rate": 0.3} for rank in (1, 2, 3)},
}
NOT_ON_CPU = {  # TensorFlow computes it on other devices only
    (f"Conv{rank}DTranspose", "dilation_rate") for rank in (1, 2, 3)
}
TOLERANCE = (
    1e-5  # Keras adds 1e-7 to norms, and rounds the constants of Adam to float32
)
NAMES = {name: named()[title][name] for title, name in find_things()}
DRAW = np.random.default_rng(36)
EVALUATIONS = {}  # of the equations of these names


class Evaluation(NamedTuple):
    """What an equation is told, and what it must give, both by their names in LaTeX.

    weights: by Keras' names; sizes: how far indices run, where no axis tells.
    """

    told: dict
    wanted: dict
    weights: dict = {}
    sizes: dict = {}


def evaluation(*names):
    """Register a function of a name and its arguments, which returns a list of
    Evaluations, each of which follows the one before."""

    def register(function):
        EVALUATIONS.update(dict.fromkeys(names, function))
        return function

    return register


def normal(*shape):
    return DRAW.normal(size=shape)


def as_array(tensor):
    return np.asarray(keras.ops.convert_to_numpy(tensor))


def rank_of(name):
    return int(re.search(r"(\d)D", name)[1])


def image(name):
    """A small one, of the rank that is part of the name."""
    return normal(1, *(4, 3, 2)[: rank_of(name)], 2)


def build(name, shape, given):
    """Return a layer with drawn weights, and these by their names."""
    only_float32 = name.endswith("Pooling3D")  # in TensorFlow
    dtype = "float32" if only_float32 else "float64"
    layer = getattr(layers, name)(**given, dtype=dtype)
    layer.build(shape)
    for weight in layer.weights:
        drawn = normal(*weight.shape)
        weight.assign(abs(drawn) if "variance" in weight.name else drawn)
    return layer, {weight.name: as_array(weight) for weight in layer.weights}


def default_arguments(name):
    parameters = inspect.signature(NAMES[name]).parameters.values()
    return {parameter.name: parameter.default for parameter in parameters}


def in_letters(value):
    """An argument, as an equation has it."""
    if isinstance(value, str):
        value = activations.get(value)
    if callable(value):
        return lambda x: as_array(value(x))
    return np.array(value) if isinstance(value, tuple) else value


def changed(value):
    """Another value for an argument; None if it is no number."""
    if isinstance(value, tuple):
        return tuple(map(changed, value))
    if type(value) is int:  # and no bool
        return value + 1
    return value / 2 + 0.2 if isinstance(value, float) else None


def letters_of(name):
    return LETTER.findall(equation_of(name)["letters"])


def changes():
    """Pairs of a name and of arguments: the needed ones, and one of the others."""
    for name in EVALUATIONS:
        needed = NEEDED.get(name, {})
        yield pytest.param(name, needed, id=name)
        arguments = {**default_arguments(name), **needed}
        for _, word in letters_of(name):
            other = changed(arguments.get(word))
            if other is not None and (name, word) not in NOT_ON_CPU:
                yield pytest.param(name, {**needed, word: other}, id=f"{name}-{word}")


# -- Activations

SCALAR = """linear relu relu6 leaky_relu elu celu selu exponential softplus squareplus
sparse_plus gelu silu mish hard_silu sigmoid tanh softsign log_sigmoid hard_sigmoid
hard_tanh sparse_sigmoid hard_shrink soft_shrink tanh_shrink threshold""".split()


@evaluation(*SCALAR, "Activation", "ELU", "Identity", "LeakyReLU", "ReLU")
def each_number(name, given):
    x = np.linspace(-8, 8, 401)
    if hasattr(layers, name):
        y = getattr(layers, name)(**given, dtype="float64")(x)
    else:
        y = getattr(activations, name)(keras.ops.convert_to_tensor(x), **given)
    return [Evaluation({"x": a}, {"y": b}) for a, b in zip(x, as_array(y))]


@evaluation("softmax", "log_softmax", "glu")
def vector(name, given):
    x = normal(6)
    y = getattr(activations, name)(keras.ops.convert_to_tensor(x), **given)
    return [Evaluation({"x": x}, {"y": as_array(y)})]


# -- Layers


@evaluation("Softmax", "PReLU", "Dense", "LayerNormalization", "RMSNormalization")
@evaluation("UnitNormalization", "Rescaling", "Normalization")
def sample(name, given):
    x = normal(4)
    layer, weights = build(name, (1, 4), given)
    return [Evaluation({"x": x}, {"y": as_array(layer(x[None]))[0]}, weights)]


@evaluation("EinsumDense")
def einsum_dense(name, given):
    x = normal(2, 4)
    layer, weights = build(name, x.shape, given)
    told = {"x": x, "einsum": lambda x, kernel: np.einsum("ab,bc->ac", x, kernel)}
    return [Evaluation(told, {"y": as_array(layer(x))}, weights)]


@evaluation("Embedding", "ReversibleEmbedding")
def embedding(name, given):
    h = normal(4)
    layer, weights = build(name, (1,), given)
    wanted = {"y": as_array(layer(np.array([2])))[0]}
    if name == "ReversibleEmbedding":
        wanted["z"] = as_array(layer(h[None], reverse=True))[0]
    return [Evaluation({"x": 2, "h": h}, wanted, weights)]


@evaluation("Attention", "AdditiveAttention")
def attention(name, given):
    query, value, key = normal(1, 3, 4), normal(1, 5, 2), normal(1, 5, 4)
    shapes = [query.shape, value.shape, key.shape]
    layer, weights = build(name, shapes, given)
    y = as_array(layer([query, value, key]))[0]
    told = {"Q": query[0], "V": value[0], "K": key[0]}
    return [Evaluation(told, {"Y": y}, weights)]


@evaluation("MultiHeadAttention", "GroupQueryAttention")
def heads(name, given):
    query, value, key = normal(1, 3, 4), normal(1, 5, 2), normal(1, 5, 6)
    layer = getattr(layers, name)(**given, dtype="float64")
    layer.build(query.shape, value.shape, key.shape)
    weights = [normal(*weight.shape) for weight in layer.weights]
    layer.set_weights(weights)
    told = {"q": query[0], "v": value[0], "k": key[0]}
    for letter, kernel, bias in zip("QKVO", weights[::2], weights[1::2]):
        told[f"W^{letter}"] = kernel if letter == "O" else np.moveaxis(kernel, 1, 0)
        told[f"b^{letter}"] = bias
    told["r"] = HEADS["num_query_heads"] // HEADS["num_key_value_heads"]
    y = as_array(layer(query, value, key))[0]
    return [Evaluation(told, {"y": y})]


def over_space(name, given, x, told=(), **sizes):
    """Evaluate what a layer makes of an image, of which it moves a window."""
    layer, weights = build(name, x.shape, given)
    y = as_array(layer(x))[0]
    sizes |= {"p": y.shape[:-1], "c": x.shape[-1]}
    return [Evaluation({"x": x[0], **dict(told)}, {"y": y}, weights, sizes)]


@evaluation("Conv1D", "Conv2D", "Conv3D")
def conv(name, given):
    size = (2, 2, 1)[: rank_of(name)]
    given = {"filters": 3, "kernel_size": size, **given}
    return over_space(name, given, image(name), k=size, f=3)


@evaluation("DepthwiseConv1D", "DepthwiseConv2D")
def depthwise_conv(name, given):
    size = (2, 2)[: rank_of(name)]
    multiplier = given.get("depth_multiplier", 1)
    given = {"kernel_size": size, **given}
    return over_space(name, given, image(name), k=size, m=multiplier)


@evaluation("SeparableConv1D", "SeparableConv2D")
def separable_conv(name, given):
    size = (2, 2)[: rank_of(name)]
    multiplier = given.get("depth_multiplier", 1)
    given = {"filters": 3, "kernel_size": size, **given}
    sizes = {"k": size, "m": multiplier, "n": 2 * multiplier, "f": 3}
    (found,) = over_space(name, given, image(name), **sizes)
    pointwise = found.weights["pointwise_kernel"]
    return [found._replace(told={**found.told, "P": pointwise.reshape(-1, 3)})]


@evaluation("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose")
def conv_transpose(name, given):
    size = (2, 2, 1)[: rank_of(name)]
    given = {"filters": 3, "kernel_size": size, **given}
    x = image(name)[:, :2]
    (found,) = over_space(name, given, x, k=size, f=3)
    larger = {"q": found.sizes["p"], "p": x.shape[1:-1]}
    return [found._replace(sizes={**found.sizes, **larger})]


@evaluation("MaxPooling1D", "MaxPooling2D", "MaxPooling3D")
@evaluation("AveragePooling1D", "AveragePooling2D", "AveragePooling3D")
def pooling(name, given):
    size = (2, 3, 2)[: rank_of(name)]
    given = {"pool_size": size, **given}
    return over_space(name, given, image(name), {"s": np.array(size)}, k=size)


@evaluation("GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D")
@evaluation(
    "GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D"
)
def global_pooling(name, given):
    x = image(name)
    (found,) = over_space(name, given, x)
    return [found._replace(sizes={**found.sizes, "p": x.shape[1:-1]})]


@evaluation("AdaptiveMaxPooling1D", "AdaptiveMaxPooling2D", "AdaptiveMaxPooling3D")
@evaluation(*(f"AdaptiveAveragePooling{rank}D" for rank in (1, 2, 3)))
def adaptive_pooling(name, given):
    x, size = image(name), (3, 2, 2)[: rank_of(name)]  # an output of 1 stops TensorFlow
    told = {"n": np.array(x.shape[1:-1]), "m": np.array(size)}
    return over_space(name, {"output_size": size, **given}, x, told, q=x.shape[1:-1])


@evaluation("UpSampling1D", "UpSampling2D", "UpSampling3D")
def up_sampling(name, given):
    return over_space(name, given, image(name))


@evaluation("Add", "Average", "Maximum", "Minimum", "Multiply")
def merging(name, given):
    x = normal(3, 4)
    y = getattr(layers, name)(dtype="float64")(list(x[:, None]))
    told = {"x": x, "n": 3, "x_1": x[0], "x_2": x[1], "x_3": x[2]}
    return [Evaluation(told, {"y": as_array(y)[0]})]


@evaluation("Subtract", "Dot")
def of_two(name, given):
    a, b = (
        (normal(4), normal(4)) if name == "Subtract" else (normal(2, 4), normal(3, 4))
    )
    y = getattr(layers, name)(**given, dtype="float64")([a[None], b[None]])
    told = {"x_1": a, "x_2": b, "u": a, "v": b}
    return [Evaluation(told, {"y": as_array(y)[0]})]


@evaluation("BatchNormalization")
def batch_normalization(name, given):
    x = normal(5, 2, 3)
    layer, weights = build(name, x.shape, given)
    told = {"x": x}
    told["mean"], told["var"] = [
        lambda x, of=of: of(x, (0, 1)) for of in (np.mean, np.var)
    ]
    wanted = {"y": as_array(layer(x))}
    layer(x, training=True)
    wanted |= {r"\mu'": layer.moving_mean, "v'": layer.moving_variance}
    return [Evaluation(told, wanted, weights)]


@evaluation("GroupNormalization")
def group_normalization(name, given):
    x = normal(1, 5, 4)
    layer, weights = build(name, x.shape, given)
    y = as_array(layer(x))
    return [
        Evaluation(
            {"x": x[..., group]},
            {"y": y[..., group]},
            {word: weight[group] for word, weight in weights.items()},
        )
        for group in (slice(0, 2), slice(2, 4))
    ]


@evaluation("SpectralNormalization")
def spectral_normalization(name, given):
    given = {"layer": layers.Dense(3, dtype="float64"), **given}
    layer, weights = build(name, (1, 4), given)
    layer(normal(1, 4), training=True)
    return [Evaluation({}, {"W'": layer.kernel, "u'": layer.vector_u}, weights)]


@evaluation("SimpleRNN", "LSTM", "GRU")
def recurrent(name, given):
    x = normal(1, 3, 4)
    options = {"units": 2, "return_sequences": True, **given}
    layer, weights = build(name, x.shape, options)
    zeros = {"h_{t-1}": np.zeros(2), "c_{t-1}": np.zeros(2)}
    steps = zip(x[0], as_array(layer(x))[0], [zeros, {}, {}])
    return [
        Evaluation({"x_t": step, **start}, {"h_t": y}, weights)
        for step, y, start in steps
    ]


@evaluation("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
def conv_lstm(name, given):
    """With padding, so that one convolution serves the input and the state."""
    space = (3, 2, 2)[: rank_of(name)]
    x, zeros = normal(1, 2, *space, 3), np.zeros((*space, 2))
    options = {"filters": 2, "kernel_size": 2, "padding": "same", **given}
    layer, weights = build(name, x.shape, {"return_sequences": True, **options})

    def conv(image, kernel):
        return as_array(keras.ops.conv(image[None], kernel, padding="same"))[0]

    starts = [{"h_{t-1}": zeros, "c_{t-1}": zeros}, {}]
    return [
        Evaluation({"x_t": step, "conv": conv, **start}, {"h_t": y}, weights)
        for step, y, start in zip(x[0], as_array(layer(x))[0], starts)
    ]


@evaluation("SimpleRNNCell", "LSTMCell", "GRUCell")
def cell(name, given):
    x, h, c = normal(4), normal(2), normal(2)
    layer, weights = build(name, (1, 4), {"units": 2, **given})
    states = [h[None], c[None]] if name == "LSTMCell" else [h[None]]
    _, states = layer(x[None], states)
    told = {"x_t": x, "h_{t-1}": h, "c_{t-1}": c}
    wanted = {f"{letter}_t": as_array(s)[0] for letter, s in zip("hc", states)}
    return [Evaluation(told, wanted, weights)]


@evaluation("TimeDistributed")
def time_distributed(name, given):
    x = normal(1, 3, 4)
    y = as_array(layers.TimeDistributed(**given)(x))
    return [Evaluation({"x_t": step}, {"y_t": out}) for step, out in zip(x[0], y[0])]


@evaluation("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D")
def dropout(name, given):
    rank = 1 if name == "Dropout" else rank_of(name)
    x = normal(2, *[3] * rank, 4)
    y = as_array(getattr(layers, name)(**given, dtype="float64")(x, training=True))
    space = () if name == "Dropout" else tuple(range(1, rank + 1))
    kept = np.any(y != 0, axis=space, keepdims=True)
    return [Evaluation({"x": x, "r": kept}, {"y": y})]


@evaluation("AlphaDropout", "GaussianDropout", "GaussianNoise")
def noise(name, given):
    x, seed = normal(6), keras.random.SeedGenerator(1)
    layer = getattr(layers, name)(**given, seed=1, dtype="float64")
    y = as_array(layer(x[None], training=True))[0]
    told = {"x": x}
    if name == "AlphaDropout":
        drawn = keras.random.uniform((1, 6), seed=seed, dtype="float32")
        told["r"] = as_array(drawn)[0] >= given["rate"]
    else:
        drawn = keras.random.normal((1, 6), seed=seed, dtype="float64")
        told["z"] = as_array(drawn)[0]
    return [Evaluation(told, {"y": y})]


@evaluation("ActivityRegularization")
def activity_regularization(name, given):
    x = normal(2, 3)
    layer = layers.ActivityRegularization(**given, dtype="float64")
    layer(x)
    return [Evaluation({"x": x.ravel(), "n": len(x)}, {"L": sum(layer.losses)})]


# -- Losses


@evaluation("MeanSquaredError", "MeanAbsoluteError", "Huber", "LogCosh")
@evaluation("BinaryCrossentropy", "CategoricalCrossentropy")
@evaluation("SparseCategoricalCrossentropy")
def loss(name, given):
    if "Crossentropy" in name:
        y, prediction = DRAW.uniform(size=(2, 20))
    else:
        y = normal(20)
        prediction = y + np.linspace(-2, 2, 20)
    told = {"y": y, "p": prediction, "n": 20, "c": 3}
    truth = np.array([3]) if name.startswith("Sparse") else y[None]
    found = getattr(losses, name)(**given, dtype="float64")(truth, prediction[None])
    return [Evaluation(told, {"L": found})]


# -- Optimizers


@evaluation("SGD", "RMSprop", "Adam", "AdamW")
def optimizer(name, given):
    weight = keras.Variable(normal(3), dtype="float64")
    optimizer = getattr(optimizers, name)(**given)
    states = {f"{letter}_{{t-1}}": np.zeros(3) for letter in "mv"}
    steps = []
    for t in (1, 2, 3):
        gradient = normal(3)
        start = {"w_{t-1}": as_array(weight), **states} if t == 1 else {}
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [weight])
        told = {"g_t": gradient, "t": t, **start}
        steps.append(Evaluation(told, {"w_t": as_array(weight)}))
    return steps


# -- Initializers, regularizers and constraints


@evaluation("VarianceScaling")
def variance_scaling(name, given):
    again, seed = map(keras.random.SeedGenerator, (1, 1))
    w = keras.initializers.VarianceScaling(**given, seed=again)((5, 3))
    drawn = keras.random.truncated_normal((5, 3), seed=seed)
    return [Evaluation({"n": 5, "z": as_array(drawn)}, {"w": w})]


@evaluation("L1", "L2", "L1L2", "OrthogonalRegularizer")
def regularizer(name, given):
    w = np.float32(normal(3, 4))
    penalty = getattr(keras.regularizers, name)(**given)(keras.ops.convert_to_tensor(w))
    w = np.float64(w) if name == "OrthogonalRegularizer" else np.float64(w).ravel()
    return [Evaluation({"w": w, "n": len(w)}, {"L": penalty})]


@evaluation("MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm")
def constraint(name, given):
    w = normal(3, 4) * [0.05, 0.4, 1.0, 5.0]
    held = getattr(keras.constraints, name)(**given)(keras.ops.convert_to_tensor(w))
    return [Evaluation({"w": a}, {"w'": b}) for a, b in zip(w.T, as_array(held).T)]


# -- Tests


@pytest.mark.parametrize("name, given", list(changes()))
def test_an_equation_computes_what_keras_does(name, given):
    arguments = {**default_arguments(name), **given}
    before = {}
    for told, wanted, weights, sizes in EVALUATIONS[name](name, given):
        known = {**arguments, **weights}
        letters = {
            letter: in_letters(known[word])
            for letter, word in letters_of(name)
            if word in known
        }
        found = solve(
            equation_of(name)["latex"], {**letters, **before, **told}, **sizes
        )
        for letter, value in wanted.items():
            value = as_array(value)
            np.testing.assert_allclose(
                found[letter], value, rtol=TOLERANCE, atol=TOLERANCE
            )
        before = {
            f"{letter[:-2]}_{{t-1}}": value
            for letter, value in found.items()
            if letter.endswith("_t")
        }


@pytest.mark.parametrize("shape, gain", [((5, 3), 1.0), ((4, 4), 0.7)])
def test_the_equation_of_orthogonal_holds(shape, gain):
    w = keras.initializers.Orthogonal(gain, seed=1)(shape)
    scope = {"W": as_array(w), "g": gain, "I": np.eye(shape[1])}
    left, right = sides(equation_of("Orthogonal")["latex"], scope)
    np.testing.assert_allclose(left, right, rtol=TOLERANCE, atol=TOLERANCE)


def test_each_equation_is_evaluated_or_read_by_people():
    names = {name for equation in read_equations() for name in equation["names"]}
    assert EVALUATIONS.keys() & READ_BY_PEOPLE.keys() == set()
    assert EVALUATIONS.keys() | READ_BY_PEOPLE.keys() | {"Orthogonal"} == names
