"""Faults of weights: how they are drawn, handed out, counted, penalised and kept."""

import random
from unittest import mock

import keras
import numpy as np
from breaking import altered, altered_argument, ignoring_argument
from keras import constraints, initializers, ops, regularizers
from keras.layers import Dense, Layer
from keras.src.initializers import random_initializers

draws = random_initializers.random  # the backend's functions that draw numbers


def method(owner, name, function):
    """A method in the place of another: it takes that one, self and the arguments."""
    real = getattr(owner, name)

    def changed(self, *args, **kwargs):
        return function(real, self, *args, **kwargs)

    return mock.patch.object(owner, name, changed)


def read_as(owner, name, function):
    """A property that is read otherwise: it takes the object. It is set as before."""
    setter = getattr(owner, name).fset
    return mock.patch.object(owner, name, property(function, setter))


# -- Initializers


def exchanged_fans(shape, real=random_initializers.compute_fans, **axes):
    return real(tuple(shape)[::-1], **axes)


def uncorrected(real, self, *args, **kwargs):
    cut = self.distribution == "truncated_normal"
    return real(self, *args, **kwargs) * (0.8796256610342398 if cut else 1)


def limit_is_deviation(real, self, *args, **kwargs):
    uniform = self.distribution == "uniform"
    return real(self, *args, **kwargs) / (3**0.5 if uniform else 1)


def uncut(real, self, shape, dtype=None):
    return draws.normal(shape, self.mean, self.stddev, dtype=dtype, seed=self.seed)


def without_signs(real, self, shape, dtype=None):
    q, _ = ops.qr(draws.normal(shape, seed=self.seed, dtype=dtype))
    return self.gain * q


def drawing_anew(real, self, seed=None):
    real(self, keras.random.SeedGenerator() if seed is None else seed)


def leaving_python_alone(seed, real=keras.utils.set_random_seed):
    state = random.getstate()
    real(seed)
    random.setstate(state)


INITIALIZERS = {
    "initializers: fan in and fan out exchanged": mock.patch.object(
        random_initializers, "compute_fans", exchanged_fans
    ),
    "initializers: variance lost by the cut": method(
        initializers.VarianceScaling, "__call__", uncorrected
    ),
    "initializers: limit is the deviation": method(
        initializers.VarianceScaling, "__call__", limit_is_deviation
    ),
    "initializers: scale ignored": ignoring_argument(
        initializers.VarianceScaling, "scale"
    ),
    "initializers: fan ignored": ignoring_argument(
        initializers.VarianceScaling, "mode"
    ),
    "initializers: distribution ignored": ignoring_argument(
        initializers.VarianceScaling, "distribution"
    ),
    "initializers: Glorot with the sum of the fans": altered(
        initializers.GlorotNormal, "__call__", lambda w: w / 2**0.5
    ),
    "initializers: He scaled like LeCun": altered(
        initializers.HeUniform, "__call__", lambda w: w / 2**0.5
    ),
    "initializers: scale off by one part in a million": altered(
        initializers.VarianceScaling, "__call__", lambda w: w * (1 + 1e-6)
    ),
    "initializers: uniform draws not centred": altered(
        initializers.GlorotUniform, "__call__", lambda w: w + 0.01
    ),
    "RandomUniform: lower bound ignored": ignoring_argument(
        initializers.RandomUniform, "minval"
    ),
    "RandomNormal: mean moved": altered_argument(
        initializers.RandomNormal, "mean", lambda mean: mean + 0.1
    ),
    "TruncatedNormal: not cut": method(initializers.TruncatedNormal, "__call__", uncut),
    "draws: no normal is cut": mock.patch.object(
        draws, "truncated_normal", draws.normal
    ),
    "draws: uniform numbers bunched": altered(
        draws, "uniform", lambda u: u * ops.abs(u)
    ),
    "Identity: gain ignored": ignoring_argument(initializers.Identity, "gain"),
    "Constant: value ignored": ignoring_argument(initializers.Constant, "value"),
    "Ones: zeros": altered(initializers.Ones, "__call__", ops.zeros_like),
    "Zeros: small numbers": altered(initializers.Zeros, "__call__", lambda w: w + 1e-3),
    "Orthogonal: gain ignored": ignoring_argument(initializers.Orthogonal, "gain"),
    "Orthogonal: signs left out": method(
        initializers.Orthogonal, "__call__", without_signs
    ),
    "Orthogonal: normalised only": altered(
        initializers.Orthogonal, "__call__", lambda w: w + 1e-3
    ),
    "kernel_initializer: ignored": ignoring_argument(Dense, "kernel_initializer"),
    "bias_initializer: ignored": ignoring_argument(Dense, "bias_initializer"),
    "seed: ignored": ignoring_argument(random_initializers.RandomInitializer, "seed"),
    "seed: each call draws anew": method(
        random_initializers.RandomInitializer, "__init__", drawing_anew
    ),
    "seed: the default is off by one": altered(
        draws, "make_default_seed", lambda seed: seed + 1
    ),
    "SeedGenerator: repeats its seed": mock.patch.object(
        keras.random.SeedGenerator, "next", lambda self, ordered=True: self.state * 1
    ),
    "set_random_seed: leaves Python's random alone": mock.patch.object(
        keras.utils, "set_random_seed", leaving_python_alone
    ),
}


# -- Get, set, freeze


def remembering(real, self):
    if "_returned" not in self.__dict__:
        self.__dict__["_returned"] = real(self)
    return self.__dict__["_returned"]


def uncounted(real, self, weights):
    for variable, value in zip(self.weights, weights):
        if variable.shape != value.shape:
            raise ValueError("shape")  # as the real one does
        variable.assign(value)


def constrained(real, self, weights):
    real(self, weights)
    for variable in self.weights:
        if variable.constraint is not None:
            variable.assign(variable.constraint(variable))


WEIGHTS = {
    "get_weights: bias first": altered(Layer, "get_weights", lambda held: held[::-1]),
    "get_weights: remembers what it returned": method(
        Layer, "get_weights", remembering
    ),
    "get_weights: in float64": altered(
        Layer, "get_weights", lambda held: [w.astype("float64") for w in held]
    ),
    "set_weights: takes too few": method(Layer, "set_weights", uncounted),
    "set_weights: constrains": method(Layer, "set_weights", constrained),
    "weights: those of the first layer only": altered(
        Layer, "weights", lambda weights: weights[:2]
    ),
    "variables: bias first": altered(Layer, "variables", lambda held: held[::-1]),
    "path: empty": altered(Layer, "path", lambda path: ""),
    "name: ignored": ignoring_argument(Layer, "name"),
    "kernel: negated when read": altered(Dense, "kernel", ops.negative),
    "trainable: ignored": ignoring_argument(Layer, "trainable"),
    "trainable: setting it is ignored": mock.patch.object(
        Layer, "trainable", property(Layer.trainable.fget, lambda self, value: None)
    ),
    "trainable: always true when read": altered(Layer, "trainable", lambda flag: True),
    "trainable_weights: frozen ones too": read_as(
        Layer, "trainable_weights", lambda self: self.weights
    ),
    "trainable_variables: frozen ones too": read_as(
        Layer, "trainable_variables", lambda self: self.variables
    ),
    "non_trainable_weights: none": altered(
        Layer, "non_trainable_weights", lambda weights: []
    ),
    "non_trainable_variables: none": altered(
        Layer, "non_trainable_variables", lambda variables: []
    ),
    "add_weight: trainable ignored": ignoring_argument(
        Layer, "trainable", method="add_weight"
    ),
}


# -- Regularizers and constraints


def mean_for_sum(real, self, weights):
    return real(self, weights) / float(np.prod(weights.shape))


def summed_over_samples(regularizer):
    """An activity regularizer that makes up for the division by the batch."""
    if regularizer is None:
        return None
    return lambda y: regularizer(y) * ops.cast(ops.shape(y)[0], y.dtype)


def columns(real, self, kernel):
    return real(self, ops.transpose(kernel))


def over_all_entries(real, self, weights):
    weights = ops.convert_to_tensor(weights)
    return weights / ops.sqrt(ops.sum(weights**2))


def to_the_limit(real, self, weights):
    unit = constraints.UnitNorm(self.axis)(weights)
    return self.max_value * unit


def before_the_update(real, self, grads, trainable_variables=None):
    variables = trainable_variables or self._trainable_variables
    kept = [variable.constraint for variable in variables]
    for variable, constraint in zip(variables, kept):
        if constraint is not None:
            variable.assign(constraint(variable))
        variable.constraint = None
    real(self, grads, trainable_variables)
    for variable, constraint in zip(variables, kept):
        variable.constraint = constraint


PENALTIES = {
    "kernel_regularizer: ignored": ignoring_argument(Dense, "kernel_regularizer"),
    "bias_regularizer: ignored": ignoring_argument(Dense, "bias_regularizer"),
    "activity_regularizer: ignored": ignoring_argument(Dense, "activity_regularizer"),
    "activity_regularizer: summed over the samples": altered_argument(
        Layer, "activity_regularizer", summed_over_samples
    ),
    "L1: squares": mock.patch.object(
        regularizers.L1, "__call__", lambda self, w: self.l1 * ops.sum(w**2)
    ),
    "L2: halved": altered(regularizers.L2, "__call__", lambda loss: loss / 2),
    "L2: factor ignored": ignoring_argument(regularizers.L2, "l2"),
    "L1L2: l1 ignored": ignoring_argument(regularizers.L1L2, "l1"),
    "L1L2: l2 ignored": ignoring_argument(regularizers.L1L2, "l2"),
    "L1L2: a mean instead of a sum": method(
        regularizers.L1L2, "__call__", mean_for_sum
    ),
    "L1L2: seen by the loss, not by its slope": altered(
        regularizers.L1L2, "__call__", ops.stop_gradient
    ),
    "OrthogonalRegularizer: columns": method(
        regularizers.OrthogonalRegularizer, "__call__", columns
    ),
    "OrthogonalRegularizer: each pair twice": altered(
        regularizers.OrthogonalRegularizer, "__call__", lambda loss: 2 * loss
    ),
    "losses: the last one left out": altered(Layer, "losses", lambda each: each[:-1]),
    "add_loss: ignored": mock.patch.object(Layer, "add_loss", lambda self, loss: None),
    "kernel_constraint: ignored": ignoring_argument(Dense, "kernel_constraint"),
    "bias_constraint: ignored": ignoring_argument(Dense, "bias_constraint"),
    "constraints: before the update": method(
        keras.optimizers.SGD, "apply", before_the_update
    ),
    "NonNeg: absolute values": mock.patch.object(
        constraints.NonNeg, "__call__", lambda self, w: ops.abs(w)
    ),
    "UnitNorm: over all entries": method(
        constraints.UnitNorm, "__call__", over_all_entries
    ),
    "UnitNorm: axis ignored": ignoring_argument(constraints.UnitNorm, "axis"),
    "MaxNorm: small ones stretched": method(
        constraints.MaxNorm, "__call__", to_the_limit
    ),
    "MaxNorm: limit ignored": ignoring_argument(constraints.MaxNorm, "max_value"),
    "MinMaxNorm: lower limit ignored": ignoring_argument(
        constraints.MinMaxNorm, "min_value"
    ),
    "MinMaxNorm: upper limit ignored": ignoring_argument(
        constraints.MinMaxNorm, "max_value"
    ),
    "MinMaxNorm: rate ignored": ignoring_argument(constraints.MinMaxNorm, "rate"),
}


# -- Counting and configs


def count(weights):
    return sum(int(np.prod(weight.shape)) for weight in weights)


def without_bias(self):
    return count(weight for weight in self.weights if len(weight.shape) > 1)


def linear(layer):
    layer.activation = keras.activations.linear
    return layer


KEPT = {
    "count_params: bias left out": mock.patch.object(
        Layer, "count_params", without_bias
    ),
    "count_params: trainable ones only": mock.patch.object(
        Layer, "count_params", lambda self: count(self.trainable_weights)
    ),
    "use_bias: ignored": ignoring_argument(Dense, "use_bias"),
    "dtype: ignored": ignoring_argument(Layer, "dtype"),
    "dtype: always float16 when read": altered(Layer, "dtype", lambda dtype: "float16"),
    "variable_dtype: always float32": altered(
        Layer, "variable_dtype", lambda dtype: "float32"
    ),
    "compute_dtype: always float32": altered(
        Layer, "compute_dtype", lambda dtype: "float32"
    ),
    "input_dtype: always float32": altered(
        Layer, "input_dtype", lambda dtype: "float32"
    ),
    "dtype_policy: always float32": altered(
        Layer, "dtype_policy", lambda policy: keras.DTypePolicy("float32")
    ),
    "autocast: ignored": ignoring_argument(Layer, "autocast"),
    "get_config: without its activation": altered(
        Dense, "get_config", lambda config: {**config, "activation": "linear"}
    ),
    "get_config: without its seed": altered(
        random_initializers.RandomInitializer,
        "get_config",
        lambda config: {**config, "seed": None},
    ),
    "from_config: activation forgotten": altered(Dense, "from_config", linear),
    "get_build_config: a feature too few": altered(
        Layer,
        "get_build_config",
        lambda config: {"input_shape": (None, config["input_shape"][-1] - 1)},
    ),
    "build_from_config: ignored": mock.patch.object(
        Layer, "build_from_config", lambda self, config: None
    ),
}

FAULTS = INITIALIZERS | WEIGHTS | PENALTIES | KEPT
# Mutants that compute the same, (before, after), each with its reason.
ANY_ORDER = "a norm does not know the order"
PENALTIES = (
    "penalties = [activity, l1(0.5, kernel) + l2(0.25, kernel), l2(0.125, bias)]"
)
COUNTS = (
    "expected = [parameters(40, 64), parameters(64, 24, use_bias=False), "
    "parameters(24, 24), parameters(24, 10), parameters(10, 1)]"
)
EQUIVALENT = {
    "plot_2_seeds": {
        ("shared[1]", "shared[0]"): "that the two are equal is what it says",
    },
    "plot_4_regularizers": {
        (PENALTIES, PENALTIES.replace("0.125, bias", "0.125, np.flip(bias)")): (
            ANY_ORDER
        ),
        (PENALTIES, PENALTIES.replace("0.5, kernel", "0.5, np.flip(kernel)")): (
            ANY_ORDER
        ),
        (PENALTIES, PENALTIES.replace("0.25, kernel", "0.25, np.flip(kernel)")): (
            ANY_ORDER
        ),
    },
    "plot_5_constraints": {
        (
            "loss = np.mean((y - targets) ** 2)",
            "loss = np.mean((targets - y) ** 2)",
        ): "a square does not know the sign",
    },
    "plot_6_counting": {
        (COUNTS, COUNTS.replace("64, 24", "24, 64")): (
            "without a bias, features and units count the same"
        ),
    },
    "plot_8_frozen": {
        (
            "first_moved = step(x, *first, slope @ second_moved[0].T)",
            "first_moved = step(x, *first, slope * second_moved[0].T)",
        ): "of a column and a row, both are the outer product",
    },
}
