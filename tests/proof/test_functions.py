"""The functions of keras_by_hand.py against Keras, in float64 and in many drawn cases,
beyond what their pages show.

``make test-deep`` tries more cases. Drawn numbers are such as float32 holds, as Keras
rounds many of its constants to float32.
"""

import importlib.util

import collected
import hypothesis.extra.numpy as arrays
import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

spec = importlib.util.spec_from_file_location("keras_by_hand", collected.FILE)
by_hand = importlib.util.module_from_spec(spec)
spec.loader.exec_module(by_hand)

POWERS = st.sampled_from([0.125, 0.25, 0.5, 1.0, 2.0, 4.0])
SHAPES = arrays.array_shapes(min_dims=2, max_dims=3, max_side=4)


def numbers(least=-64.0, most=64.0):
    return st.one_of(
        st.floats(least, most, width=32), st.sampled_from([least, most, 0.0, 1.0])
    )


def drawn(shape=SHAPES, elements=None, dtype="float64"):
    return arrays.arrays(dtype, shape, elements=elements or numbers())


def assert_equal(of_keras, expected, dtype="float64"):
    """The same up to the tolerance of the gallery, of which the largest entry is part."""
    expected = np.asarray(expected, "float64")
    tolerance = 1000 * np.finfo(dtype).eps
    largest = max(1, np.max(np.abs(expected[np.isfinite(expected)]), initial=0))
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(of_keras), expected, tolerance, tolerance * largest
    )


# -- Activations

ARGUMENTS = {  # those that an activation takes, other than its input
    "relu": {"negative_slope": POWERS, "max_value": POWERS, "threshold": POWERS},
    "leaky_relu": {"negative_slope": POWERS},
    "threshold": {"threshold": POWERS, "default_value": POWERS},
    "elu": {"alpha": POWERS},
    "celu": {"alpha": POWERS},
    "squareplus": {"b": POWERS},
    "hard_shrink": {"threshold": POWERS},
    "soft_shrink": {"threshold": POWERS},
    "glu": {"axis": st.sampled_from([-1, 1])},
    "softmax": {"axis": st.sampled_from([-1, 0])},
    "log_softmax": {"axis": st.sampled_from([-1, 0])},
    "gelu": {"approximate": st.booleans()},
}
IN_FLOAT32 = {"gelu", "leaky_relu"}  # which round constants to it, as their pages tell
ACTIVATIONS = [
    name
    for title, name in collected.collect()
    if title == "Activations" and name != "sparsemax"
]


@pytest.mark.parametrize("name", ACTIVATIONS)
@given(data=st.data())
def test_activation(name, data):
    shape = (2, 4, 2) if name == "glu" else data.draw(SHAPES)
    x = data.draw(drawn(shape, numbers(-1000.0, 1000.0)))  # stable forms count
    arguments = data.draw(st.fixed_dictionaries({}, optional=ARGUMENTS.get(name, {})))
    if name == "threshold":
        arguments = {"threshold": 1.0, "default_value": -2.0, **arguments}
    dtype = "float32" if name in IN_FLOAT32 else "float64"
    of_keras = getattr(keras.activations, name)(x.astype(dtype), **arguments)
    with np.errstate(all="ignore"):
        expected = getattr(by_hand, name)(x, **arguments)
    assert_equal(of_keras, expected, dtype)


@given(x=drawn((3, 4)), other=drawn((3, 4), numbers(0.0, 1.0)))
def test_sparsemax(x, other):
    """Keras' own is wrong in 3.15.1, as a page tells. So it is held to its definition: no
    probabilities are nearer to x."""
    y = by_hand.sparsemax(x)
    assert np.all(y >= 0)
    np.testing.assert_allclose(y.sum(-1), 1, rtol=1e-12)
    other = other + 0.125
    other = other / other.sum(-1, keepdims=True)
    distances = [np.sum((x - p) ** 2, axis=-1) for p in (y, other)]
    assert np.all(distances[0] <= distances[1] * (1 + 1e-12))


# -- Losses


@pytest.mark.parametrize(
    "name, dtype",
    [
        ("mean_squared_error", "float64"),
        ("mean_absolute_error", "float64"),
        ("log_cosh", "float32"),  # which rounds log(2) to it
    ],
)
@given(data=st.data())
def test_loss(name, dtype, data):
    shape = data.draw(SHAPES)
    target, y = data.draw(drawn(shape)), data.draw(drawn(shape))
    of_keras = getattr(keras.losses, name)(target, y)
    assert_equal(of_keras, getattr(by_hand, name)(target, y), dtype)


@given(data=st.data(), delta=POWERS)
def test_huber(data, delta):
    shape = data.draw(SHAPES)
    target, y = data.draw(drawn(shape)), data.draw(drawn(shape))
    assert_equal(keras.losses.huber(target, y, delta), by_hand.huber(target, y, delta))


CROSSENTROPIES = ["binary", "categorical", "sparse_categorical"]


@pytest.mark.parametrize("name", CROSSENTROPIES)
@given(data=st.data(), from_logits=st.booleans())
def test_crossentropy(name, data, from_logits):
    shape = data.draw(
        arrays.array_shapes(min_dims=2, max_dims=3, min_side=2, max_side=4)
    )
    y = data.draw(drawn(shape, numbers() if from_logits else numbers(0.0, 1.0)))
    target = data.draw(drawn(shape, numbers(0.0, 1.0)))
    arguments = {"from_logits": from_logits}
    if name == "sparse_categorical":
        labels = st.integers(0, shape[-1] - 1)
        target = data.draw(drawn(shape[:-1], labels, "int32"))
    else:
        arguments["label_smoothing"] = data.draw(st.sampled_from([0.0, 0.25]))
    name = f"{name}_crossentropy"
    if "categorical" in name and not from_logits:
        y = (y + 0.125) / np.sum(y + 0.125, axis=-1, keepdims=True)
    of_keras = getattr(keras.losses, name)(target, y, **arguments)
    # Keras clips probabilities by a constant that it rounds to float32.
    dtype = "float64" if from_logits else "float32"
    assert_equal(of_keras, getattr(by_hand, name)(target, y, **arguments), dtype)


# -- Optimizers

BETAS = st.sampled_from([0.0, 0.25, 0.5, 0.75, 0.875])
OPTIMIZERS = {  # how many states; arguments
    "sgd": (keras.optimizers.SGD, 1, {"momentum": BETAS, "nesterov": st.booleans()}),
    "rmsprop": (
        keras.optimizers.RMSprop,
        3,
        {"rho": BETAS, "momentum": BETAS, "centered": st.booleans(), "epsilon": POWERS},
    ),
    "adam": (
        keras.optimizers.Adam,
        2,
        {"beta_1": BETAS, "beta_2": BETAS, "epsilon": POWERS},
    ),
    "adamw": (
        keras.optimizers.AdamW,
        2,
        {"beta_1": BETAS, "beta_2": BETAS, "epsilon": POWERS, "weight_decay": POWERS},
    ),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
@given(data=st.data(), learning_rate=POWERS)
def test_optimizer(name, data, learning_rate):
    cls, states, arguments = OPTIMIZERS[name]
    arguments = data.draw(st.fixed_dictionaries({}, optional=arguments))
    if "beta_1" in OPTIMIZERS[name][2]:  # defaults that float32 does not hold
        arguments = {"beta_1": 0.5, "beta_2": 0.75, "epsilon": 0.5, **arguments}
    if name == "adamw":
        arguments = {"weight_decay": 0.125, **arguments}
    if name == "rmsprop":
        arguments = {"rho": 0.5, "epsilon": 0.5, **arguments}
    w, *gradients = data.draw(drawn((4, 3)))
    variable = keras.Variable(w, dtype="float64")
    optimizer = cls(learning_rate=learning_rate, **arguments)
    state = [np.zeros_like(w)] * states
    for step, gradient in enumerate(gradients, 1):
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
        number = [step] if name.startswith("adam") else []
        w, *state = getattr(by_hand, name)(
            w, gradient, *state, *number, learning_rate=learning_rate, **arguments
        )
        assert_equal(variable.value, w)


# -- Initializers, regularizers, constraints

MODES = st.sampled_from(["fan_in", "fan_out", "fan_avg"])
KERNELS = st.sampled_from([(3, 5), (5, 3), (2, 3, 4)])


@given(shape=KERNELS, scale=POWERS, mode=MODES)
def test_variance_scaling(shape, scale, mode):
    options = {"scale": scale, "mode": mode, "seed": 313}
    initializer = keras.initializers.VarianceScaling(distribution="uniform", **options)
    draw = keras.random.uniform(shape, -1, 1, seed=313)
    scaled = by_hand.variance_scaling(
        keras.ops.convert_to_numpy(draw), scale, mode, distribution="uniform"
    )
    assert_equal(initializer(shape), scaled, "float32")


@given(shape=KERNELS, gain=POWERS)
def test_orthogonal(shape, gain):
    kernel = keras.initializers.Orthogonal(gain, seed=313)(shape)
    rows = np.prod(shape[:-1])
    size = max(rows, shape[-1]), min(rows, shape[-1])
    draw = keras.ops.convert_to_numpy(keras.random.normal(size, seed=313))
    draw = draw if rows >= shape[-1] else draw.T
    assert_equal(kernel, by_hand.orthogonal(draw, gain).reshape(shape), "float32")


@given(w=drawn(), l1=POWERS, l2=POWERS)
def test_regularizers(w, l1, l2):
    assert_equal(keras.regularizers.L1(l1)(w), by_hand.l1(w, l1))
    assert_equal(keras.regularizers.L2(l2)(w), by_hand.l2(w, l2))
    assert_equal(keras.regularizers.L1L2(l1, l2)(w), by_hand.l1l2(w, l1, l2))


@given(
    w=drawn((3, 4), numbers(1.0, 64.0)),
    factor=POWERS,
    mode=st.sampled_from(["rows", "columns"]),
)
def test_orthogonal_regularizer(w, factor, mode):
    regularizer = keras.regularizers.OrthogonalRegularizer(factor, mode)
    assert_equal(
        regularizer(keras.ops.cast(w, "float32")),
        by_hand.orthogonal_regularizer(w, factor, mode),
        "float32",
    )


@given(
    w=drawn((3, 4)), low=POWERS, more=POWERS, rate=POWERS, axis=st.sampled_from([0, 1])
)
def test_constraints(w, low, more, rate, axis):
    constraints, high = keras.constraints, low + more
    assert_equal(constraints.NonNeg()(w), by_hand.non_neg(w))
    assert_equal(
        constraints.MaxNorm(low, axis)(w), by_hand.max_norm(w, low, axis), "float32"
    )
    assert_equal(constraints.UnitNorm(axis)(w), by_hand.unit_norm(w, axis), "float32")
    arguments = {"min_value": low, "max_value": high, "rate": rate, "axis": axis}
    assert_equal(
        constraints.MinMaxNorm(**arguments)(w),
        by_hand.min_max_norm(w, **arguments),
        "float32",
    )


# -- Layers, beside Dense (test_formulas.py)


@pytest.mark.parametrize(
    "equation, x_shape, kernel_shape, bias_axes",
    [
        ("bf,fk->bk", (3, 4), (4, 5), "k"),
        ("bsf,fu->bsu", (3, 2, 4), (4, 5), "u"),
        ("bsf,fhu->bshu", (3, 2, 4), (4, 2, 5), "hu"),
        ("bshu,huf->bsf", (3, 2, 2, 5), (2, 5, 4), None),
    ],
)
@given(data=st.data())
def test_einsum_dense(equation, x_shape, kernel_shape, bias_axes, data):
    x, kernel = data.draw(drawn(x_shape)), data.draw(drawn(kernel_shape))
    left, right = equation.split("->")
    sizes = dict(zip(left.replace(",", ""), (*x_shape, *kernel_shape)))
    output_shape = [sizes[letter] for letter in right[1:]]
    layer = keras.layers.EinsumDense(
        equation, output_shape, bias_axes=bias_axes, dtype="float64"
    )
    layer.build(x_shape)
    weights = [kernel]
    if bias_axes:
        weights.append(data.draw(drawn(tuple(layer.bias.shape))))
    layer.set_weights(weights)
    assert_equal(layer(x), by_hand.einsum_dense(x, *weights, equation=equation))


@given(
    x=drawn((2, 3, 2), st.sampled_from([0.0, 1.0, -2.0])),
    value=st.sampled_from([0.0, 1.0]),
)
def test_masking(x, value):
    layer = keras.layers.Masking(value, dtype="float64")
    y, mask = by_hand.masking(x, value)
    assert_equal(layer(x), y)
    np.testing.assert_array_equal(layer.compute_mask(x), mask)


def test_no_function_is_left_out():
    driven = {
        *ACTIVATIONS,
        "sparsemax",
        *OPTIMIZERS,
        "dense",
        "einsum_dense",
        "masking",
    }
    driven |= {"mean_squared_error", "mean_absolute_error", "log_cosh", "huber"}
    driven |= {f"{name}_crossentropy" for name in CROSSENTROPIES}
    driven |= {"variance_scaling", "orthogonal", "orthogonal_regularizer"}
    driven |= {"l1", "l2", "l1l2", "non_neg", "max_norm", "unit_norm", "min_max_norm"}
    assert {definition.name for definition in collected.collect().values()} == driven
