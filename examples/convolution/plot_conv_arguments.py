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
from keras.initializers import RandomUniform
from keras.regularizers import L1, L2

rng = np.random.default_rng(313)
uniform = RandomUniform(-1, 1, seed=7)

# %%
# Build it
# --------
# ``SeparableConv2D`` has no ``kernel_regularizer``: it has two kernels.


def arguments_of(kernel_names):
    arguments = {"activation": "relu", "activity_regularizer": L1(0.25)}
    for name in [*kernel_names, "bias"]:
        arguments[f"{name}_initializer"] = uniform
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
for layer_class, sizes, shape, names in cases:
    layer = layer_class(*sizes, **arguments_of(names))
    x = rng.normal(size=shape).astype("float32")
    y = keras.ops.convert_to_numpy(layer(x))
    weights = layer.get_weights()

    # Initializers
    for weight in weights:
        expected = keras.ops.convert_to_numpy(uniform(weight.shape))
        np.testing.assert_array_equal(weight, expected)

    # Bias and activation, which a second layer leaves out
    *kernels, bias = weights
    linear = layer_class(*sizes, use_bias=False)
    linear.build(shape)
    linear.set_weights(kernels)
    expected = np.maximum(keras.ops.convert_to_numpy(linear(x)) + bias, 0)
    np.testing.assert_allclose(y, expected, tolerance, tolerance)

    # Regularizers
    loss = keras.ops.convert_to_numpy(sum(layer.losses))
    np.testing.assert_allclose(loss, added_loss(weights, y), tolerance)

    # Constraints, after a training step with a gradient of 0
    gradients = [keras.ops.zeros(weight.shape) for weight in weights]
    keras.optimizers.SGD().apply(gradients, layer.trainable_variables)
    for new, old in zip(layer.get_weights(), weights):
        np.testing.assert_array_equal(new, np.maximum(old, 0))

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

panels = [("before", weights[0]), ("after", layer.get_weights()[0])]
fig, axes = plt.subplots(1, 2, figsize=(6, 2.8), layout="constrained")
fig.suptitle("After a training step, NonNeg sets negative weights to 0")
for axis, (title, values) in zip(axes, panels):
    axis.imshow(values[:, :, 0, 0], cmap="PuOr", vmin=-1.5, vmax=1.5)
    axis.set(title=title, xticks=[], yticks=[])
plt.show()
