r"""
Loss scaling: small float16 gradients survive
=============================================

``LossScaleOptimizer`` multiplies the loss by a scale, so that small gradients
do not become zero in float16. It divides the gradients by the scale again, in
float32. If any gradient is infinite or NaN, it skips the step.

.. math::

   W &\leftarrow W - \eta \, g / S & &\text{if all } g \text{ are finite} \\
   S &\leftarrow 2 S & &\text{after } n \text{ such steps in a row} \\
   S &\leftarrow S / 2 & &\text{after a skipped step}

Here :math:`g` is the gradient of :math:`S` times the loss.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand.precision import float16

# %%
# Build it
# --------
# Both units read a small number, and keep so small a weight that float16 rounds
# their output to 0. So the gradient of the mean squared error at the output is
# minus the target. Scaled, the large one exceeds float16.

x = np.array([[2**-13]])  # (batch, features)
small = np.array([[2**-13, -(2**-12)]])  # targets, (batch, units)
large = np.array([[2**10, 2**-13]])
targets = 7 * [small] + [large] + 2 * [small] + 2 * [large] + 4 * [small]


def keras_train(initial_scale):
    """The kernel, (1, 2), and the scale after each step; the optimizer."""
    dense = keras.layers.Dense(2, use_bias=False, dtype="mixed_float16")
    model = keras.Sequential([keras.Input(shape=(1,)), dense])
    dense.set_weights([np.zeros((1, 2))])
    optimizer = keras.optimizers.LossScaleOptimizer(
        keras.optimizers.SGD(1024.0), initial_scale, dynamic_growth_steps=3
    )
    model.compile(optimizer, loss="mean_squared_error")
    kernels, scales = [], []
    for target in targets:
        model.train_on_batch(x, target)
        kernels.append(dense.get_weights()[0])
        scales.append(float(optimizer.dynamic_scale))
    return np.stack(kernels), scales, optimizer


kernels, scales, optimizer = keras_train(initial_scale=2.0**10)
print(scales)

# %%
# Compute it
# ----------
# ``g`` is the gradient of the scaled loss, so each step divides it by S. After
# three finite steps in a row, S is doubled. If a gradient is infinite, the step
# is skipped: only S is halved, and the count begins again.

W, S, in_a_row = np.zeros((1, 2)), 2.0**10, 0
scales_by_hand = []
for target in targets:
    g = float16(x.T @ float16(-S * target))  # (features, units)
    if np.all(np.isfinite(g)):
        W = W - 1024 * g / S  # 1024 is the learning rate
        in_a_row = in_a_row + 1
        if in_a_row == 3:
            S, in_a_row = 2 * S, 0
    else:
        S, in_a_row = S / 2, 0
    scales_by_hand.append(S)

# %%
# The whole function is one such step, with any learning rate and any number of
# steps in a row.

from keras_by_hand.precision import loss_scale_step

# %%
# Check it
# --------
# float16 rounds both gradients. A skipped step does not count as an iteration.

np.testing.assert_array_equal(kernels[-1], np.float32(W), strict=True)
np.testing.assert_equal(scales, scales_by_hand)

kernel, scale, finite_steps = np.zeros((1, 2)), 2.0**10, 0
for target, keras_kernel, keras_scale in zip(targets, kernels, scales):
    gradient = float16(x.T @ float16(-scale * target))
    kernel, scale, finite_steps = loss_scale_step(
        kernel, gradient, scale, finite_steps, 1024, dynamic_growth_steps=3
    )
    np.testing.assert_array_equal(keras_kernel, np.float32(kernel), strict=True)
    np.testing.assert_equal(keras_scale, scale)
np.testing.assert_equal(int(optimizer.iterations), len(targets) - 3)

# %%
# Break it
# --------
# Would you leave the scale at 1? The small gradients become zero in float16.

unscaled, _, _ = keras_train(initial_scale=1.0)
assert np.all(unscaled[2] == 0) and np.all(kernels[2] != 0)

# %%
# Would you rely on ``compile``? It adds loss scaling if ``mixed_float16`` is
# set for all of Keras, not for the policy of a layer.

keras.config.set_dtype_policy("mixed_float16")
for_all = keras.Sequential([keras.layers.Dense(2)])
keras.config.set_dtype_policy("float32")
for_layer = keras.Sequential([keras.layers.Dense(2, dtype="mixed_float16")])
for_all.compile("sgd")
for_layer.compile("sgd")
np.testing.assert_equal(for_all.optimizer.initial_scale, 2**15)
np.testing.assert_equal(type(for_layer.optimizer).__name__, "SGD")

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.semilogy(range(1, 17), scales, "o-", base=2)
axis.set(title="Three finite steps double the scale", xlabel="step", ylabel="S")
plt.show()
