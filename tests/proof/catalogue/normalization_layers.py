"""Faults of GroupNormalization, UnitNormalization and SpectralNormalization."""

from unittest import mock

from breaking import (
    Called,
    altered,
    altered_argument,
    during,
    ignoring_argument,
    operation,
    training_is,
)
from fault import Fault
from keras import ops
from keras.layers import GroupNormalization, SpectralNormalization, UnitNormalization

GROUP = "normalization/plot_group_normalization"
UNIT = "normalization/plot_unit_normalization"
SPECTRAL = "normalization/plot_spectral_normalization"
SPECTRAL_TRAINING = "normalization/plot_spectral_normalization_training"


FAULTS = [
    Fault(
        "GroupNormalization, groups: 3 for 2",
        GROUP,
        "GroupNormalization.groups",
        altered_argument(
            GroupNormalization, "groups", lambda groups: 3 if groups == 2 else groups
        ),
    ),
]


def normalized(change):
    """UnitNormalization whose vectors are divided by other lengths."""

    def normalize(real, x, axis, order, epsilon):
        return change(real, x, axis=axis, order=order, epsilon=epsilon)

    return during(UnitNormalization, operation("normalize", normalize))


def epsilon_of_square(real, x, axis, order, epsilon):
    """The least square of a length."""
    square = ops.sum(x**2, axis, keepdims=True)
    return x / ops.sqrt(ops.maximum(square, epsilon))


def scaled_first(real, x, axis, order, epsilon):
    """By the largest entry, so that no square overflows."""
    largest = ops.maximum(ops.max(ops.abs(x), axis, keepdims=True), epsilon)
    return real(x / largest, axis=axis, order=order, epsilon=epsilon)


FAULTS += [
    Fault(f"UnitNormalization, {what}", UNIT, f"UnitNormalization.{covers}", by)
    for what, covers, by in [
        (
            "epsilon: of all layers, 1e-7",
            "call",
            normalized(
                lambda real, x, axis, order, epsilon: real(x, axis=axis, order=order)
            ),
        ),
        ("epsilon: of the square", "call", normalized(epsilon_of_square)),
        ("scaled first", "call", normalized(scaled_first)),
    ]
]


def from_first(normalized):
    """vector_u is not kept for the next call."""
    _, kernel = normalized
    return ops.ones((1, kernel.shape[-1]), kernel.dtype), kernel


def of_matrix(real, self):
    """The kernel is divided by the root of all its squares."""
    vector_u, _ = real(self)
    return vector_u, self.kernel / ops.sqrt(ops.sum(ops.square(self.kernel)))


def channels_first(real, self):
    """The kernel's first axis has the units."""
    shape = self.kernel.shape
    other = ops.moveaxis(ops.reshape(self.kernel, (shape[-1], -1)), 0, -1)
    matrix = ops.reshape(other, (-1, shape[-1]))
    vector_u = self.vector_u.value
    for _ in range(self.power_iterations):
        vector_v = ops.normalize(ops.matmul(vector_u, ops.transpose(matrix)))
        vector_u = ops.normalize(ops.matmul(vector_v, matrix))
    sigma = ops.matmul(ops.matmul(vector_v, matrix), ops.transpose(vector_u))
    return vector_u, ops.reshape(self.kernel / sigma, shape)


def replaced(change):
    real = SpectralNormalization.normalized_weights

    def changed(self):
        return change(real, self)

    return mock.patch.object(SpectralNormalization, "normalized_weights", changed)


def of_layer_alone(real, self, x, training=False):
    """The layer that is wrapped, and nothing else."""
    return self.layer(x)


FAULTS += [
    Fault(
        f"SpectralNormalization, {what}",
        SPECTRAL,
        f"SpectralNormalization.{covers}",
        by,
    )
    for what, covers, by in [
        (
            "power_iterations: ignored",
            "power_iterations",
            ignoring_argument(SpectralNormalization, "power_iterations"),
        ),
        (
            "power_iterations: one more",
            "power_iterations",
            altered_argument(
                SpectralNormalization, "power_iterations", lambda count: count + 1
            ),
        ),
        (
            "layer: without the wrapper",
            "layer",
            Called(SpectralNormalization, of_layer_alone),
        ),
        (
            "training: always",
            "call",
            training_is(SpectralNormalization, True),
        ),
        (
            "vector_u: from the beginning",
            "normalized_weights",
            altered(SpectralNormalization, "normalized_weights", from_first),
        ),
        (
            "kernel: multiplied",
            "normalized_weights",
            during(
                SpectralNormalization, operation("divide", lambda divide, x, y: x * y)
            ),
        ),
        (
            "kernel of zeros: normalized",
            "call",
            during(
                SpectralNormalization,
                operation("equal", lambda equal, x, y: equal(x, 123)),
            ),
        ),
        (
            "output: keeps its dtype",
            "call",
            during(
                SpectralNormalization,
                operation(
                    "cast",
                    lambda cast, x, dtype: (
                        cast(x, dtype) if "int" not in str(dtype) else x
                    ),
                ),
            ),
        ),
    ]
]
FAULTS += [
    Fault(
        f"SpectralNormalization, kernel: {what}",
        SPECTRAL,
        "SpectralNormalization.normalized_weights",
        replaced(change),
    )
    for what, change in [
        ("divided by the root of its squares", of_matrix),
        ("units on its first axis", channels_first),
    ]
]


def restoring(name):
    """A call that uses the new value of a weight, but stores the old one."""

    def call(real, self, x, training=False):
        variable = getattr(self, name)
        before = variable.value * 1
        y = real(self, x, training=training)
        variable.assign(before)
        return y

    return Called(SpectralNormalization, call)


FAULTS += [
    Fault(
        f"SpectralNormalization in training, {what}",
        SPECTRAL_TRAINING,
        "SpectralNormalization.call",
        by,
    )
    for what, by in [
        ("kernel: not stored", restoring("kernel")),
        ("vector_u: not stored", restoring("vector_u")),
        (
            "kernel: not divided",
            training_is(SpectralNormalization, False),
        ),
        (
            "kernel: divided when predicting",
            training_is(SpectralNormalization, True),
        ),
    ]
]
