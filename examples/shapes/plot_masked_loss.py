r"""
Masked loss: the mean over the steps that are kept
==================================================

Padding must not count in the loss, or a model learns to predict padding. If a
mask arrives at the loss, Keras leaves out the steps that it marks as padding.
It divides by the number of steps that it keeps in this batch. So the loss of a
data set depends on how you cut it into batches.

.. math::

   e_{n,t} &= \frac{1}{U} \sum_u (y_{n,t,u} - \text{target}_{n,t,u})^2 \\
   \text{loss} &= \frac{\sum_{n,t} m_{n,t} \, e_{n,t}}{\sum_{n,t} m_{n,t}}

:math:`e` is the error of step t in sequence n, a mean over its :math:`U` units.
The mask :math:`m` is 1 for the steps to keep, and 0 for padding. (Whether a
mask arrives depends on the layers: see the page "Mask propagation". If none
does, pass yours to ``fit`` as ``sample_weight``, and give the loss
``reduction="mean_with_sample_weight"``: it divides by the kept steps alone.)
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
model.compile(keras.optimizers.SGD(1.0), loss="mean_squared_error")
dense.set_weights([kernel, bias])
loss = model.evaluate(x, targets, verbose=0)

# %%
# Compute it
# ----------
# Each step has an error, the mean over its units. ``errors[mask]`` picks the
# steps to keep. The loss is the mean of these. ``masked_mean_squared_error`` is
# the same, and 0 if no step is kept.

y = x @ kernel + bias  # (batch, steps, units)
errors = np.mean((y - targets) ** 2, axis=-1)  # (batch, steps)
loss_by_hand = np.mean(errors[mask])

from keras_by_hand.losses import masked_mean_squared_error

# %%
# Check it
# --------
# In training, too, the padding counts for nothing: one step of ``SGD(1.0)``
# subtracts the gradient, which is 0 there.
np.testing.assert_equal(loss, loss_by_hand)
np.testing.assert_equal(loss, masked_mean_squared_error(targets, y, mask))
slope = 2 * (y - targets) * mask[..., np.newaxis] / (2 * mask.sum())
model.train_on_batch(x, targets)
new_kernel, new_bias = dense.get_weights()
kernel_gradient = np.einsum("ntf,ntu->fu", x, slope)
np.testing.assert_array_equal(new_kernel, kernel - kernel_gradient)
np.testing.assert_array_equal(new_bias, bias - slope.sum(axis=(0, 1)))

# %%
# Break it
# --------
# Suppose you take the mean over all steps, or expect the same loss from batches
# of three. Keras takes the mean of each batch over its own kept steps. Then it
# averages the batches, weighted by their number of samples, not of steps. For
# the mean over all kept steps, use one batch: ``batch_size=len(x)``.

dense.set_weights([kernel, bias])
in_batches = model.evaluate(x, targets, batch_size=3, verbose=0)
of_three, of_one = errors[:3][mask[:3]].mean(), errors[3:][mask[3:]].mean()
expected = (3 * of_three + 1 * of_one) / 4
np.testing.assert_allclose(in_batches, expected, rtol=1e-4)
print("right:", loss, "wrong:", errors.mean(), "in threes:", in_batches)
assert not np.isclose(loss, errors.mean()) and not np.isclose(loss, in_batches)

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
