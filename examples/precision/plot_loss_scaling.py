r"""
Loss scaling: small float16 gradients survive
=============================================

In ``mixed_float16``, gradients of ``2**-25`` or less become zero in float16.
``LossScaleOptimizer`` multiplies the loss by a scale :math:`S`, and divides the
gradients :math:`g` by it in float32. If one is infinite, it skips the step.

.. math::

   W &\leftarrow \begin{cases}
   W - \eta \, \frac{g}{S} & \text{all } g \text{ are finite} \\
   W & \text{otherwise: skip}
   \end{cases} \\
   S &\leftarrow \begin{cases}
   2 S & \text{after } n \text{ finite steps in a row} \\
   \frac{S}{2} & \text{after a skipped step}
   \end{cases}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# The residuals (output minus target) are whole numbers times a size. In three
# of the steps they are so large that scaled gradients exceed float16.

small, large = 2.0**-13, 2.0**10
x = np.array([[1, 0, 1], [1, 1, 0], [0, 1, 1], [0, -1, -1]]) * small
residual = np.array([[1, -2], [2, 1], [-2, 3], [-1, -2]])  # (batch, units)
bias = np.array([64, -160]) * small  # (units,)
start = np.zeros((3, 2))  # the kernel, (features, units)
sizes = np.repeat([small, large, small, large, small], [4, 1, 2, 2, 4])


def keras_train(optimizer):
    """The kernel after each step, (steps, features, units), and the scales."""
    inputs = keras.Input(shape=(3,))
    dense = keras.layers.Dense(2, dtype="mixed_float16")
    model = keras.Model(inputs, dense(inputs))
    model.compile(optimizer, loss="mean_squared_error")
    dense.set_weights([start, bias])
    kernels, scales = [], []
    for size in sizes:
        model.train_on_batch(x, bias - residual * size)
        kernels.append(dense.get_weights()[0])
        scales.append(float(getattr(optimizer, "dynamic_scale", 1)))
    return np.stack(kernels), scales


scaling = keras.optimizers.LossScaleOptimizer(
    keras.optimizers.SGD(1024.0), initial_scale=2.0**10, dynamic_growth_steps=3
)
kernels, scales = keras_train(scaling)
plain_kernels, _ = keras_train(keras.optimizers.SGD(1024.0))

# %%
# From other pages
# ----------------


def float16(values):
    """The nearest float16 numbers, as float32 (IEEE 754, binary16).

    values: numbers of any shape. What is too large becomes infinite.
    """
    with np.errstate(over="ignore"):
        return np.asarray(values).astype("float16").astype("float32")


# %%
# Compute it
# ----------
# float16 rounds the gradient of the output, and that of the kernel. The kernel
# stays so small that the output is the bias. Its own gradients add up to zero.


def train(scale, growth_steps):
    """The kernel and the scale after each step, as from ``keras_train``."""
    kernel, finite_steps, kernels, scales = start, 0, [], []
    for size in sizes:
        slope = float16(scale * 2 * residual * size / residual.size)
        with np.errstate(invalid="ignore"):  # 0 times infinity
            gradient = float16(x.T @ slope)
        if np.all(np.isfinite(gradient)):
            kernel = kernel - 1024 * gradient / scale
            finite_steps += 1
            if finite_steps == growth_steps:
                scale, finite_steps = 2 * scale, 0
        else:
            scale, finite_steps = scale / 2, 0
        kernels.append(kernel)
        scales.append(scale)
    return np.stack(kernels), scales


# %%
# Check it
# --------
# Everything is equal to the bit. A skipped step does not count as an iteration.
# Without a scale, all gradients of the small steps become zero.

expected, expected_scales = train(scale=2**10, growth_steps=3)
np.testing.assert_array_equal(kernels, np.float32(expected), strict=True)
np.testing.assert_equal(scales, expected_scales)
np.testing.assert_equal(int(scaling.iterations), len(sizes) - 3)
np.testing.assert_array_equal(plain_kernels[3], np.float32(start), strict=True)

# %%
# Break it
# --------
# Would you divide by the scale in float16? The gradient becomes zero again.

assert np.any(kernels[0] != -1024 * float16(kernels[0] / -1024))

# %%
# Would you rely on ``compile``? It adds loss scaling if ``mixed_float16`` is
# set for all of Keras, but not if it is set only for a layer.

for policy, initial_scale in [("mixed_float16", 2**15), ("float32", None)]:
    keras.config.set_dtype_policy(policy)
    model = keras.Sequential([keras.layers.Dense(2, dtype="mixed_float16")])
    keras.config.set_dtype_policy("float32")
    model.compile("sgd")
    found = getattr(model.optimizer, "initial_scale", None)
    np.testing.assert_equal(found, initial_scale)

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
for size, style, name in [(small, "o", "taken"), (large, "s", "skipped")]:
    index = np.flatnonzero(sizes == size)
    axis.plot(index + 1, np.take(scales, index), style, label=name)
axis.set_yscale("log", base=2)
axis.set(title="The scale doubles after three steps, or is halved")
axis.set(xlabel="step", ylabel="scale after the step")
axis.legend()
plt.show()
