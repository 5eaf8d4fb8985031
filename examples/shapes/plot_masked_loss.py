r"""
Masked loss: the mean over the steps that are kept
==================================================

A loss leaves out the steps that ``Masking`` has marked as padding. By default
it divides by the number of steps that it keeps in this batch, so the loss of a
data set depends on how you cut it into batches.

.. math::

   e_{n,t} &= \frac{1}{U} \sum_u (y_{n,t,u} - \text{target}_{n,t,u})^2 \\
   \text{loss} &= \frac{\sum_{n,t} m_{n,t} \, e_{n,t}}{\sum_{n,t} m_{n,t}}

:math:`U` is the number of units. The mask :math:`m` is 1 for the steps to keep,
and 0 for padding.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Four sequences of 8, 4, 2 and 2 steps, padded to eight steps with -1. The mask
# travels from ``Masking`` through ``Dense`` to the loss.

mask = np.arange(8) < np.array([[8], [4], [2], [2]])  # (batch, steps)
x = rng.integers(0, 10, size=(4, 8, 3))  # (batch, steps, features)
x = np.where(mask[..., np.newaxis], x, -1)
kernel = np.array([[9, -9], [2, -1], [-1, 1]])  # (features, units)
bias = np.array([40, -80])  # (units,)
targets = rng.integers(-9, 10, size=(4, 8, 2))  # (batch, steps, units)

dense = keras.layers.Dense(2)
masking = keras.layers.Masking(mask_value=-1)
model = keras.Sequential([keras.Input((8, 3)), masking, dense])
sgd = keras.optimizers.SGD(learning_rate=1.0)
model.compile(sgd, loss="mean_squared_error")
dense.set_weights([kernel, bias])
loss = model.evaluate(x, targets, verbose=0)
print(f"{loss} over {mask.sum()} of {mask.size} steps")

# %%
# Compute it
# ----------
# Each step has an error, the mean over its units. ``errors[mask]`` picks the
# steps to keep. The loss is the mean of these.

y = x @ kernel + bias  # (batch, steps, units)
errors = np.mean((y - targets) ** 2, axis=-1)  # (batch, steps)
loss_by_hand = np.mean(errors[mask])

# %%
# The whole function does the same. If there are no steps to keep, the loss is
# zero.

from keras_by_hand.losses import masked_mean_squared_error

# %%
# Check it
# --------
# float32 doesn't round whole numbers divided by 2 units and 16 steps.

np.testing.assert_equal(loss, loss_by_hand)

np.testing.assert_equal(loss, masked_mean_squared_error(targets, y, mask))

loss_of_padding = model.evaluate(np.full_like(x, -1), targets, verbose=0)
expected = masked_mean_squared_error(targets, y, np.zeros_like(mask))
np.testing.assert_equal(loss_of_padding, expected)

# %%
# The padding has no part in training either. The derivative of the loss at
# ``y`` is zero there. With a learning rate of 1, one step of SGD subtracts the
# gradient from the weights.

slope = 2 * (y - targets) * mask[..., np.newaxis] / (2 * mask.sum())
kernel_gradient = np.einsum("ntf,ntu->fu", x, slope)
bias_gradient = slope.sum(axis=(0, 1))

model.train_on_batch(x, targets)
new_kernel, new_bias = dense.get_weights()
np.testing.assert_array_equal(new_kernel, kernel - kernel_gradient)
np.testing.assert_array_equal(new_bias, bias - bias_gradient)

# %%
# Break it
# --------
# Is the loss the same in batches of three? No: Keras takes the mean of each
# batch over its own kept steps. Then it averages the batches, weighted by their
# number of samples, not of steps.

dense.set_weights([kernel, bias])
loss_in_batches = model.evaluate(x, targets, batch_size=3, verbose=0)
first_three = masked_mean_squared_error(targets[:3], y[:3], mask[:3])
last_one = masked_mean_squared_error(targets[3:], y[3:], mask[3:])
expected = (3 * first_three + 1 * last_one) / 4
tolerance = 1000 * np.finfo("float32").eps
np.testing.assert_allclose(loss_in_batches, expected, rtol=tolerance)
print("loss at once:", loss, "in batches of three:", loss_in_batches)
assert not np.isclose(loss_in_batches, loss)

# %%
# See it
# ------
# The loss of the same four sequences in batches of each size.

sizes = [1, 2, 3, 4]
losses = []
for size in sizes:
    losses.append(model.evaluate(x, targets, batch_size=size, verbose=0))
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(sizes, losses, "o", label="evaluate, with batch_size")
axis.axhline(loss, color="C1", label="mean over all kept steps")
axis.set(title="The masked loss depends on the batches", xticks=sizes)
axis.set(xlabel="sequences in a batch", ylabel="loss")
axis.legend()
plt.show()
