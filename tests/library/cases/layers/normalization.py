"""Cases of normalization layers, and of what they do in training."""

import by_hand
import keras
import numpy as np
from library.engine.cases import ROUNDED_CONSTANTS, Case, Inner
from library.engine.subjects import function, layer

SHAPE = 2, 6, 4, 12  # all axes but the batch can have groups
EPSILON = [0.25, 2.0]


def draw_x(draw):
    return draw.normal(*SHAPE) * 2 + 1


@layer("BatchNormalization")
def batch_normalization(draw):
    config = draw.some(axis=[1, 2], epsilon=EPSILON, center=[False], scale=[False])
    return Case(config, (draw_x(draw),))


@layer("LayerNormalization")
def layer_normalization(draw):
    axes = [1, [1, 2], [3, 2]]
    config = draw.some(axis=axes, epsilon=EPSILON, center=[False], scale=[False])
    return Case(config, (draw_x(draw),))


@layer("GroupNormalization")
def group_normalization(draw):
    config = draw.some(axis=[1], epsilon=EPSILON, center=[False], scale=[False])
    config |= draw.some(groups=[2, 1, -1, 16])
    return Case(config, (draw.normal(2, 32, 3, 64),))  # 32 groups by default


@layer("RMSNormalization")
def rms_normalization(draw):
    # Keras computes other axes than the last ones, or refuses them.
    return Case(draw.some(axis=[[2, 3], [3]], epsilon=EPSILON), (draw_x(draw),))


@layer("UnitNormalization")
def unit_normalization(draw):
    x = draw_x(draw)
    x[0, :, 0] = 0  # a vector of zeros stays
    x[1] *= 1e-8  # shorter than the root of epsilon
    return Case(draw.some(axis=[1, [1, 2], [3, 2]]), (x,))


@layer("SpectralNormalization")
def spectral_normalization_predicts(draw):
    inner = draw.one_of(
        Inner("Dense", {"units": 3}), Inner("Conv1D", {"filters": 3, "kernel_size": 2})
    )
    return Case(
        {"layer": inner, **draw.some(power_iterations=[2])}, (draw.normal(2, 5, 4),)
    )


# -- In training


def statistics_of_keras(x, mask=None):
    """Mean and variance of a batch, read off the moving ones, which begin at 0."""
    layer = keras.layers.BatchNormalization(momentum=0.0, dtype="float64")
    layer(x, training=True, mask=mask)
    return layer.moving_mean.value, layer.moving_variance.value


@function(statistics_of_keras, by_hand.batch_moments)
def batch_moments(draw):
    config = draw.some(mask=[draw.mask(2, 5, 4)])
    return Case(config, (draw.normal(2, 5, 4, 3) * 2 + 1,))


def moving_average_of_keras(average, new, momentum=0.99):
    """Of batches in which all samples are equal."""
    layer = keras.layers.BatchNormalization(momentum=momentum, dtype="float64")
    layer.build((None, len(average)))
    layer.moving_mean.assign(average)
    layer(np.stack([new, new]), training=True)
    return layer.moving_mean.value


@function(moving_average_of_keras, by_hand.moving_average)
def moving_average(draw):
    inputs = draw.normal(3), draw.normal(3)
    return Case(draw.some(momentum=[0.25, 0.5]), inputs, tolerance=ROUNDED_CONSTANTS)


def normalized_behind(kernel, bias, *statistics, epsilon=0.001):
    """Dense and the BatchNormalization behind it, of vectors that tell kernel and bias. A
    patch of a convolution is such a vector, too."""
    shape, kernel = kernel.shape, kernel.reshape(-1, kernel.shape[-1])
    layer = keras.layers.BatchNormalization(epsilon=epsilon, dtype="float64")
    layer.build((None, kernel.shape[-1]))
    layer.set_weights(statistics)
    rows = np.vstack([np.zeros(len(kernel)), np.eye(len(kernel))])
    y = np.asarray(layer(rows @ kernel + bias))
    return (y[1:] - y[0]).reshape(shape), y[0]


@function(normalized_behind, by_hand.fold_batch_normalization)
def fold_batch_normalization(draw):
    statistics = [draw.normal(3) for _ in range(4)] + [draw.positive(3)]
    config = draw.some(epsilon=[0.25, 2.0])
    kernel = draw.normal(*draw.one_of((4, 3), (2, 2, 3)))
    return Case(config, (kernel, *statistics))


def renormalized(x, mean, stddev, epsilon=0.001, rmin=None, rmax=None, dmax=None):
    clipping = {"rmin": rmin, "rmax": rmax, "dmax": dmax}
    layer = keras.layers.BatchNormalization(
        renorm=True,
        renorm_clipping={key: v for key, v in clipping.items() if v is not None},
        epsilon=epsilon,
        center=False,
        scale=False,
        dtype="float64",
    )
    layer.build(x.shape)
    layer.renorm_mean.assign(mean)
    layer.renorm_stddev.assign(stddev)
    return layer(x, training=True)


@function(renormalized, by_hand.renormalize)
def renormalize(draw):
    config = draw.some(epsilon=[0.25, 2.0], rmin=[1.0, 1.25], rmax=[1.25, 1.5])
    config |= draw.some(dmax=[0.125, 0.25])
    inputs = draw.normal(5, 4, 3) * 2 + 1, draw.normal(3), draw.positive(3)
    return Case(config, inputs)


def spectral_weights(kernel, vector_u, power_iterations=1):
    """Of Dense, which has a row for each entry of a patch of a convolution."""
    shape, kernel = kernel.shape, kernel.reshape(-1, kernel.shape[-1])
    dense = keras.layers.Dense(kernel.shape[-1], use_bias=False, dtype="float64")
    layer = keras.layers.SpectralNormalization(dense, power_iterations, dtype="float64")
    layer.build((None, len(kernel)))
    dense.set_weights([kernel])
    layer.vector_u.assign(vector_u)
    layer(np.ones((1, len(kernel))), training=True)
    return np.reshape(dense.kernel, shape), layer.vector_u.value


@function(spectral_weights, by_hand.spectral_normalization)
def spectral_normalization(draw):
    kernel = draw.normal(*draw.one_of((4, 3), (2, 2, 3)))
    kernel *= draw.number != 1  # zeros stay
    config = draw.some(power_iterations=[2, 3])
    return Case(config, (kernel, draw.normal(1, 3)))
