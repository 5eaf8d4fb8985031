"""Faults of weights: how they are drawn, handed out, counted, penalised and kept."""

import random
from unittest import mock

import keras
import numpy as np
from breaking import altered, altered_argument, ignoring_argument
from fault import Fault
from keras import initializers, ops, regularizers
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


def uncut(real, self, shape, dtype=None):
    return draws.normal(shape, self.mean, self.stddev, dtype=dtype, seed=self.seed)


def drawing_anew(real, self, seed=None):
    real(self, keras.random.SeedGenerator() if seed is None else seed)


def leaving_python_alone(seed, real=keras.utils.set_random_seed):
    state = random.getstate()
    real(seed)
    random.setstate(state)


INITIALIZERS = [
    Fault(
        "initializers: fan in and fan out exchanged",
        "weights/plot_initializers",
        "GlorotUniform",
        mock.patch.object(random_initializers, "compute_fans", exchanged_fans),
    ),
    Fault(
        "initializers: Glorot with the sum of the fans",
        "weights/plot_initializers",
        "GlorotNormal",
        altered(initializers.GlorotNormal, "__call__", lambda w: w / 2**0.5),
    ),
    Fault(
        "initializers: He scaled like LeCun",
        "weights/plot_initializers",
        "HeUniform",
        altered(initializers.HeUniform, "__call__", lambda w: w / 2**0.5),
    ),
    Fault(
        "initializers: scale off by one part in a million",
        "weights/plot_seeds",
        "VarianceScaling",
        altered(initializers.VarianceScaling, "__call__", lambda w: w * (1 + 1e-6)),
    ),
    Fault(
        "initializers: uniform draws not centred",
        "weights/plot_initializers",
        "GlorotUniform",
        altered(initializers.GlorotUniform, "__call__", lambda w: w + 0.01),
    ),
    Fault(
        "RandomUniform: lower bound ignored",
        "weights/plot_initializers",
        "RandomUniform.minval",
        ignoring_argument(initializers.RandomUniform, "minval"),
    ),
    Fault(
        "RandomNormal: mean moved",
        "weights/plot_initializers",
        "RandomNormal.mean",
        altered_argument(initializers.RandomNormal, "mean", lambda mean: mean + 0.1),
    ),
    Fault(
        "TruncatedNormal: not cut",
        "weights/plot_initializers",
        "TruncatedNormal",
        method(initializers.TruncatedNormal, "__call__", uncut),
    ),
    Fault(
        "draws: no normal is cut",
        "weights/plot_initializers",
        "TruncatedNormal",
        mock.patch.object(draws, "truncated_normal", draws.normal),
    ),
    Fault(
        "draws: uniform numbers bunched",
        "weights/plot_initializers",
        "RandomUniform",
        altered(draws, "uniform", lambda u: u * ops.abs(u)),
    ),
    Fault(
        "Identity: gain ignored",
        "weights/plot_config",
        "Identity",
        ignoring_argument(initializers.Identity, "gain"),
    ),
    Fault(
        "Constant: value ignored",
        "weights/plot_config",
        "Constant.value",
        ignoring_argument(initializers.Constant, "value"),
    ),
    Fault(
        "Ones: zeros",
        "dense/plot_ones_bias",
        "Ones",
        altered(initializers.Ones, "__call__", ops.zeros_like),
    ),
    Fault(
        "Zeros: small numbers",
        "dense/plot_default_bias",
        "Zeros",
        altered(initializers.Zeros, "__call__", lambda w: w + 1e-3),
    ),
    Fault(
        "Orthogonal: normalised only",
        "weights/plot_orthogonal",
        "Orthogonal",
        altered(initializers.Orthogonal, "__call__", lambda w: w + 1e-3),
    ),
    Fault(
        "kernel_initializer: ignored",
        "dense/plot_original_page",
        "Dense.kernel_initializer",
        ignoring_argument(Dense, "kernel_initializer"),
    ),
    Fault(
        "bias_initializer: ignored",
        "dense/plot_ones_bias",
        "Dense.bias_initializer",
        ignoring_argument(Dense, "bias_initializer"),
    ),
    Fault(
        "seed: ignored",
        "weights/plot_initializers",
        "GlorotUniform.seed",
        ignoring_argument(random_initializers.RandomInitializer, "seed"),
    ),
    Fault(
        "seed: each call draws anew",
        "weights/plot_seeds",
        "GlorotUniform.seed",
        method(random_initializers.RandomInitializer, "__init__", drawing_anew),
    ),
    Fault(
        "seed: the default is off by one",
        "weights/plot_seeds",
        "GlorotUniform.seed",
        altered(draws, "make_default_seed", lambda seed: seed + 1),
    ),
    Fault(
        "SeedGenerator: repeats its seed",
        "weights/plot_seeds",
        "SeedGenerator",
        mock.patch.object(
            keras.random.SeedGenerator,
            "next",
            lambda self, ordered=True: self.state * 1,
        ),
    ),
    Fault(
        "set_random_seed: leaves Python's random alone",
        "weights/plot_seeds",
        "set_random_seed",
        mock.patch.object(keras.utils, "set_random_seed", leaving_python_alone),
    ),
]


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


WEIGHTS = [
    Fault(
        "get_weights: bias first",
        "dense/plot_custom_weights",
        "Dense.get_weights",
        altered(Layer, "get_weights", lambda held: held[::-1]),
    ),
    Fault(
        "get_weights: remembers what it returned",
        "dense/plot_default_bias",
        "Dense.get_weights",
        method(Layer, "get_weights", remembering),
    ),
    Fault(
        "get_weights: in float64",
        "dense/plot_default_bias",
        "Dense.get_weights",
        altered(Layer, "get_weights", lambda held: [w.astype("float64") for w in held]),
    ),
    Fault(
        "set_weights: takes too few",
        "dense/plot_custom_weights",
        "Dense.set_weights",
        method(Layer, "set_weights", uncounted),
    ),
    Fault(
        "set_weights: constrains",
        "weights/plot_constraints",
        "Dense.set_weights",
        method(Layer, "set_weights", constrained),
    ),
    Fault(
        "weights: those of the first layer only",
        "weights/plot_count_params",
        "Dense.weights",
        altered(Layer, "weights", lambda weights: weights[:2]),
    ),
    Fault(
        "variables: bias first",
        "dense/plot_custom_weights",
        "Dense.variables",
        altered(Layer, "variables", lambda held: held[::-1]),
    ),
    Fault(
        "path: empty",
        "dense/plot_custom_weights",
        "Dense.path",
        altered(Layer, "path", lambda path: ""),
    ),
    Fault(
        "name: ignored",
        "dense/plot_custom_weights",
        "Dense.name",
        ignoring_argument(Layer, "name"),
    ),
    Fault(
        "trainable: ignored",
        "weights/plot_count_params",
        "Dense.trainable",
        ignoring_argument(Layer, "trainable"),
    ),
    Fault(
        "trainable: setting it is ignored",
        "training/plot_frozen_layers",
        "Dense.trainable",
        mock.patch.object(
            Layer, "trainable", property(Layer.trainable.fget, lambda self, value: None)
        ),
    ),
    Fault(
        "trainable: always true when read",
        "weights/plot_count_params",
        "Dense.trainable",
        altered(Layer, "trainable", lambda flag: True),
    ),
    Fault(
        "trainable_weights: frozen ones too",
        "weights/plot_count_params",
        "Dense.trainable_weights",
        read_as(Layer, "trainable_weights", lambda self: self.weights),
    ),
    Fault(
        "trainable_variables: frozen ones too",
        "training/plot_frozen_layers",
        "Dense.trainable_variables",
        read_as(Layer, "trainable_variables", lambda self: self.variables),
    ),
    Fault(
        "non_trainable_weights: none",
        "weights/plot_count_params",
        "Dense.non_trainable_weights",
        altered(Layer, "non_trainable_weights", lambda weights: []),
    ),
    Fault(
        "non_trainable_variables: none",
        "training/plot_frozen_layers",
        "Dense.non_trainable_variables",
        altered(Layer, "non_trainable_variables", lambda variables: []),
    ),
    Fault(
        "add_weight: trainable ignored",
        "weights/plot_count_params",
        "Dense.add_weight",
        ignoring_argument(Layer, "trainable", method="add_weight"),
    ),
]


# -- Regularizers and constraints


def summed_over_samples(regularizer):
    """An activity regularizer that makes up for the division by the batch."""
    if regularizer is None:
        return None
    return lambda y: regularizer(y) * ops.cast(ops.shape(y)[0], y.dtype)


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


PENALTIES = [
    Fault(
        "kernel_regularizer: ignored",
        "weights/plot_regularizers",
        "Dense.kernel_regularizer",
        ignoring_argument(Dense, "kernel_regularizer"),
    ),
    Fault(
        "bias_regularizer: ignored",
        "weights/plot_regularizers",
        "Dense.bias_regularizer",
        ignoring_argument(Dense, "bias_regularizer"),
    ),
    Fault(
        "activity_regularizer: ignored",
        "weights/plot_regularizers",
        "Dense.activity_regularizer",
        ignoring_argument(Dense, "activity_regularizer"),
    ),
    Fault(
        "activity_regularizer: summed over the samples",
        "weights/plot_regularizers",
        "Dense.activity_regularizer",
        altered_argument(Layer, "activity_regularizer", summed_over_samples),
    ),
    Fault(
        "L1: squares",
        "weights/plot_regularizers",
        "L1",
        mock.patch.object(
            regularizers.L1, "__call__", lambda self, w: self.l1 * ops.sum(w**2)
        ),
    ),
    Fault(
        "L1L2: seen by the loss, not by its slope",
        "weights/plot_regularizers",
        "L1L2",
        altered(regularizers.L1L2, "__call__", ops.stop_gradient),
    ),
    Fault(
        "losses: the last one left out",
        "weights/plot_add_loss",
        "Dense.losses",
        altered(Layer, "losses", lambda each: each[:-1]),
    ),
    Fault(
        "add_loss: ignored",
        "weights/plot_add_loss",
        "Dense.add_loss",
        mock.patch.object(Layer, "add_loss", lambda self, loss: None),
    ),
    Fault(
        "kernel_constraint: ignored",
        "weights/plot_constraints",
        "Dense.kernel_constraint",
        ignoring_argument(Dense, "kernel_constraint"),
    ),
    Fault(
        "bias_constraint: ignored",
        "weights/plot_constraints",
        "Dense.bias_constraint",
        ignoring_argument(Dense, "bias_constraint"),
    ),
    Fault(
        "constraints: before the update",
        "weights/plot_constraints",
        "Dense.kernel_constraint",
        method(keras.optimizers.SGD, "apply", before_the_update),
    ),
]


# -- Counting and configs


def count(weights):
    return sum(int(np.prod(weight.shape)) for weight in weights)


def without_bias(self):
    return count(weight for weight in self.weights if len(weight.shape) > 1)


def linear(layer):
    layer.activation = keras.activations.linear
    return layer


KEPT = [
    Fault(
        "count_params: bias left out",
        "weights/plot_count_params",
        "Dense.count_params",
        mock.patch.object(Layer, "count_params", without_bias),
    ),
    Fault(
        "count_params: trainable ones only",
        "weights/plot_count_params",
        "Dense.count_params",
        mock.patch.object(
            Layer, "count_params", lambda self: count(self.trainable_weights)
        ),
    ),
    Fault(
        "use_bias: ignored",
        "weights/plot_count_params",
        "Dense.use_bias",
        ignoring_argument(Dense, "use_bias"),
    ),
    Fault(
        "dtype: always float16 when read",
        "weights/plot_count_params",
        "Dense.dtype",
        altered(Layer, "dtype", lambda dtype: "float16"),
    ),
    Fault(
        "dtype_policy: always float32",
        "weights/plot_config",
        "Dense.dtype_policy",
        altered(Layer, "dtype_policy", lambda policy: keras.DTypePolicy("float32")),
    ),
    Fault(
        "autocast: ignored",
        "weights/plot_config",
        "Dense.autocast",
        ignoring_argument(Layer, "autocast"),
    ),
    Fault(
        "get_config: without its seed",
        "weights/plot_seeds",
        "GlorotUniform.get_config",
        altered(
            initializers.GlorotUniform,
            "get_config",
            lambda config: {**config, "seed": None},
        ),
    ),
    Fault(
        "from_config: activation forgotten",
        "weights/plot_config",
        "Dense.from_config",
        altered(Dense, "from_config", linear),
    ),
    Fault(
        "get_build_config: a feature too few",
        "weights/plot_config",
        "Dense.get_build_config",
        altered(
            Layer,
            "get_build_config",
            lambda config: {"input_shape": (None, config["input_shape"][-1] - 1)},
        ),
    ),
    Fault(
        "build_from_config: ignored",
        "weights/plot_config",
        "Dense.build_from_config",
        mock.patch.object(Layer, "build_from_config", lambda self, config: None),
    ),
]

FAULTS = INITIALIZERS + WEIGHTS + PENALTIES + KEPT
