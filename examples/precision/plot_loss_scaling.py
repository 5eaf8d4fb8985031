r"""
Loss scaling: small float16 gradients survive
=============================================

In ``mixed_float16``, small gradients underflow to 0. A ``LossScaleOptimizer``
multiplies the loss by a scale, so that they do not, and divides the gradients
by it again, in float32. If any gradient is infinite or NaN, it skips the step.
``compile`` adds one if ``keras.config.set_dtype_policy`` has set the policy. A
loop of your own must take the gradient of ``optimizer.scale_loss(loss)``.

.. math::

   W &\leftarrow W - \eta \, g / S & &\text{if all } g \text{ are finite} \\
   S &\leftarrow 2 S & &\text{after } n \text{ such steps in a row} \\
   S &\leftarrow S / 2 & &\text{after a skipped step}

:math:`W` are the weights, :math:`\eta` is the learning rate, :math:`S` the
scale, :math:`g` the gradient of :math:`S` times the loss; here :math:`n` is 3
(the defaults are ``initial_scale=2**15`` and ``dynamic_growth_steps=2000``).
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.optimizers import SGD, LossScaleOptimizer

from keras_by_hand.precision import float16

# %%
# Build it
# --------
# The outputs are so small that float16 rounds them to 0. So their gradient is
# minus the target. The large one, scaled, overflows in float16.
x = np.array([[2**-13]])  # (batch, features)
small = np.array([[2**-13, -(2**-12)]])  # targets, (batch, units)
large = np.array([[2**10, 2**-13]])
targets = 7 * [small] + [large] + 2 * [small] + 2 * [large] + 4 * [small]


def train(initial_scale):
    """The kernel, (1, 2), and the scale after each step."""
    dense = keras.layers.Dense(2, use_bias=False, dtype="mixed_float16")
    model = keras.Sequential([keras.Input(shape=(1,)), dense])
    dense.set_weights([np.zeros((1, 2))])
    optimizer = LossScaleOptimizer(SGD(1024.0), initial_scale, 3)  # 3 steps
    model.compile(optimizer, loss="mean_squared_error")
    kernels, scales = [], []
    for target in targets:
        model.train_on_batch(x, target)
        kernels.append(dense.get_weights()[0])
        scales.append(float(optimizer.dynamic_scale))
    return kernels, scales


kernels, scales = train(initial_scale=2.0**10)

# %%
# Compute it
# ----------
# If a gradient is infinite, W stays as it is, and the count begins again.
W, S, in_a_row = np.zeros((1, 2)), 2.0**10, 0
by_hand, scales_by_hand = [], []  # after each step
for target in targets:
    g = float16(x.T @ float16(-S * target))  # (features, units)
    if np.all(np.isfinite(g)):
        W = W - 1024 * g / S  # 1024 is the learning rate
        in_a_row = in_a_row + 1
        if in_a_row == 3:
            S, in_a_row = 2 * S, 0
    else:
        S, in_a_row = S / 2, 0
    by_hand.append(W)
    scales_by_hand.append(S)

from keras_by_hand.precision import loss_scale_step

# %%
# Check it
# --------
np.testing.assert_array_equal(kernels, np.float32(by_hand), strict=True)
np.testing.assert_equal(scales, scales_by_hand)
new_W, _, _ = loss_scale_step(W, g, S, in_a_row, learning_rate=1024)
np.testing.assert_array_equal(new_W, W - 1024 * g / S)

# %%
# Break it
# --------
# Suppose only a layer is ``mixed_float16``. Then ``compile`` doesn't scale the
# loss: as with a scale of 1, small gradients become 0. Add the optimizer above.
for policy, kind in [("mixed_float16", LossScaleOptimizer), ("float32", SGD)]:
    keras.config.set_dtype_policy(policy)
    model = keras.Sequential([keras.layers.Dense(2, dtype="mixed_float16")])
    model.compile("sgd")
    np.testing.assert_equal(type(model.optimizer), kind)
wrong, _ = train(initial_scale=1.0)
print("after three steps, right:", kernels[2], "wrong:", wrong[2])
assert np.all(kernels[2] != 0) and np.all(wrong[2] == 0)

# %%
# See it
# ------
fig, axis = plt.subplots(figsize=(6, 2.8), layout="constrained")
axis.semilogy(range(1, 17), scales, "o-", base=2)
axis.set(title="Three finite steps double the scale", xlabel="step", ylabel="S")
plt.show()
