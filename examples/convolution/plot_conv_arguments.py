r"""
Conv layers: activation, initializers, regularizers, constraints
================================================================

All ten convolution layers take these arguments as ``Dense`` does. Their names
begin with that of a weight: ``kernel_`` or ``bias_``, but ``depthwise_`` and
``pointwise_`` in depthwise and separable layers.

.. math:: \text{penalty} = \text{L2}(W) + \text{L2}(b) + \text{L1}(y) / n

Regularizers add this penalty to the loss. Here n is the number of samples.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers
from keras.constraints import NonNeg
from keras.regularizers import L1, L2

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# ``SeparableConv2D`` has no ``kernel_regularizer``: it has two kernels. An
# initializer can be a function of yours.


def rising(shape, dtype=None):
    return np.linspace(-1, 1, np.prod(shape)).reshape(shape)


def arguments_of(kernel_names):
    arguments = {"activation": "relu", "activity_regularizer": L1(0.25)}
    for name in [*kernel_names, "bias"]:
        arguments[f"{name}_initializer"] = rising
        arguments[f"{name}_regularizer"] = L2(0.5)
        arguments[f"{name}_constraint"] = NonNeg()
    return arguments


separable = ["depthwise", "pointwise"]
print(*arguments_of(separable), sep="\n")

# %%
# Compute it
# ----------


def added_loss(weights, y):
    """L2(0.5) of each weight, and L1(0.25) of y, (batch, ...), per sample."""
    squares = sum(np.sum(np.square(weight)) for weight in weights)
    return 0.5 * squares + 0.25 * np.sum(np.abs(y)) / len(y)


# %%
# Check it
# --------
# The optimizer applies each constraint after a step of training. Here we call
# it ourselves.

cases = [  # layer, its first arguments, shape of x, names of its kernels
    (layers.Conv1D, (4, 3), (2, 5, 3), ["kernel"]),
    (layers.Conv2D, (4, 3), (2, 5, 5, 3), ["kernel"]),
    (layers.Conv3D, (4, 3), (2, 5, 5, 5, 3), ["kernel"]),
    (layers.Conv1DTranspose, (4, 3), (2, 5, 3), ["kernel"]),
    (layers.Conv2DTranspose, (4, 3), (2, 5, 5, 3), ["kernel"]),
    (layers.Conv3DTranspose, (4, 3), (2, 5, 5, 5, 3), ["kernel"]),
    (layers.DepthwiseConv1D, (3,), (2, 5, 3), ["depthwise"]),
    (layers.DepthwiseConv2D, (3,), (2, 5, 5, 3), ["depthwise"]),
    (layers.SeparableConv1D, (4, 3), (2, 5, 3), separable),
    (layers.SeparableConv2D, (4, 3), (2, 5, 5, 3), separable),
]
tolerance = 1000 * np.finfo("float32").eps
built = []
for layer_class, sizes, shape, names in cases:
    layer = layer_class(*sizes, **arguments_of(names))
    layer.build(shape)
    weights = layer.get_weights()
    for weight, variable in zip(weights, layer.trainable_variables):
        initial = np.float32(rising(weight.shape))
        np.testing.assert_array_equal(weight, initial)
        constrained = keras.ops.convert_to_numpy(variable.constraint(weight))
        np.testing.assert_array_equal(constrained, np.maximum(weight, 0))
    loss = keras.ops.convert_to_numpy(sum(layer.losses))
    no_output = np.zeros(1)
    np.testing.assert_allclose(loss, added_loss(weights, no_output), tolerance)
    built.append(layer)

# %%
# A call adds L1(y) to the penalty. A second layer leaves out bias and
# activation.

for layer, (layer_class, sizes, shape, _) in zip(built, cases):
    x = rng.normal(size=shape).astype("float32")
    y = keras.ops.convert_to_numpy(layer(x))
    *kernels, bias = weights = layer.get_weights()
    loss = keras.ops.convert_to_numpy(sum(layer.losses))
    np.testing.assert_allclose(loss, added_loss(weights, y), tolerance)

    linear = layer_class(*sizes, use_bias=False)
    linear.build(shape)
    linear.set_weights(kernels)
    expected = np.maximum(keras.ops.convert_to_numpy(linear(x)) + bias, 0)
    np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# Break it
# --------
# Would you sum L1(y) over the batch? Keras divides it by the number of samples.

wrong = added_loss(weights, y[np.newaxis])  # the batch as one sample
print(f"{wrong:.2f} instead of {loss:.2f}")
assert not np.allclose(loss, wrong)

# %%
# See it
# ------
# One channel of the last layer's depthwise kernel. Orange is negative, white 0.
# The gradients of this step are 0, so that we see the constraint alone.

gradients = [keras.ops.zeros(weight.shape) for weight in weights]
keras.optimizers.SGD().apply(gradients, layer.trainable_variables)
panels = [("before", weights[0]), ("after", layer.get_weights()[0])]
fig, axes = plt.subplots(1, 2, figsize=(6, 2.8), layout="constrained")
fig.suptitle("After a training step, NonNeg sets negative weights to 0")
for axis, (title, values) in zip(axes, panels):
    axis.imshow(values[:, :, 0, 0], cmap="PuOr", vmin=-1.5, vmax=1.5)
    axis.set(title=title, xticks=[], yticks=[])
plt.show()
