r"""
Masking: Dense passes the mask on, the loss uses it
===================================================

``Masking`` marks the steps of a sequence that are only padding. ``Dense``
computes them like all others and hands the mask on. Layers that average, and
the loss, leave the marked steps out.

.. math::

   m_{n,t} &= \text{any}_f \; (x_{n,t,f} \ne v) \\
   \text{mean}_n &= \frac{\sum_t m_{n,t} \, y_{n,t}}{\sum_t m_{n,t}}

The mask :math:`m` is true for the steps to keep, and :math:`v` is the
``mask_value``.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Four sequences of different lengths, padded to eight steps with -1. `Masking
# <https://keras.io/api/layers/core_layers/masking/>`__ takes a step for padding
# only if all its features are -1.

lengths = np.array([8, 4, 2, 2])
x = rng.integers(-9, 10, size=(4, 8, 3))  # (batch, steps, features)
x[np.arange(8) >= lengths[:, np.newaxis]] = -1
kernel = np.array([[9, -9], [2, -1], [-1, 1]])  # (features, units)
bias = np.array([40, -80])  # (units,)

inputs = keras.Input(shape=(8, 3))
masked = keras.layers.Masking(mask_value=-1)(inputs)
dense = keras.layers.Dense(2)
outputs = dense(masked)
means = keras.layers.GlobalAveragePooling1D()(outputs)
model = keras.Model(inputs, outputs)
mean_model = keras.Model(inputs, means)
dense.set_weights([kernel, bias])

# %%
# Compute it
# ----------
# ``Masking`` also sets the masked steps to zero, whatever the ``mask_value``.


def masking(x, mask_value=0.0):
    """A Masking layer (Keras documentation, Masking).

    x: (..., steps, features). Returns x with zeros in the masked steps, and the
    mask (..., steps), which is True for the steps to keep.
    """
    mask = np.any(x != mask_value, axis=-1)
    return np.where(mask[..., np.newaxis], x, 0), mask


def mean_of_kept(y, mask):
    """Means (batch, units) of the kept steps of y (batch, steps, units)."""
    kept = mask[..., np.newaxis]
    return np.sum(y * kept, axis=1) / np.sum(kept, axis=1)


# %%
# Check it
# --------
# Whole numbers, and lengths that are powers of two, are equal to the bit. A
# masked step comes out of ``Dense`` as the bias, not as zero.

steps, mask = masking(x, mask_value=-1)
expected = steps @ kernel + bias
y = model.predict(x, verbose=0)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)
print(y[1])

y_mean = mean_model.predict(x, verbose=0)
expected_mean = np.float32(mean_of_kept(expected, mask))
np.testing.assert_array_equal(y_mean, expected_mean, strict=True)

# %%
# The loss is the mean over the sixteen steps of thirty-two that are kept.

targets = rng.integers(-9, 10, size=(4, 8, 2))
errors = np.square(targets - expected).mean(axis=-1)  # (batch, steps)
model.compile(loss="mean_squared_error")
loss = model.evaluate(x, targets, verbose=0)
np.testing.assert_equal(loss, errors[mask].mean())

# %%
# By default, steps of zeros are masked. ``compute_mask`` returns the mask
# itself.

zero_padded = np.float32(x + 1)
own = keras.layers.Masking().compute_mask(zero_padded)
own = keras.ops.convert_to_numpy(own)
np.testing.assert_array_equal(own, masking(zero_padded)[1], strict=True)

# %%
# Break it
# --------
# Would you average the output over all steps? The bias of the masked steps
# would count. And is the loss the same in smaller batches? No: Keras takes the
# mean of each batch over its own kept steps, and then the mean of the batches.

assert np.any(y_mean != y.mean(axis=1))

loss_of_two = model.evaluate(x, targets, batch_size=2, verbose=0)
halves = [errors[:2][mask[:2]].mean(), errors[2:][mask[2:]].mean()]
np.testing.assert_allclose(loss_of_two, np.mean(halves), rtol=1e-4)
print("loss at once:", loss, "in batches of two:", loss_of_two)
assert not np.isclose(loss_of_two, loss)

# %%
# See it
# ------
# The first unit of the output.

fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.imshow(y[..., 0], cmap="PuOr", vmin=-300, vmax=300)
for (row, column), value in np.ndenumerate(y[..., 0]):
    axis.text(column, row, int(value), ha="center", va="center", color="k")
row, column = np.nonzero(~mask)
axis.plot(column, row, "x", color="gray", markersize=24)
axis.set(title="Masked steps (crossed out) hold the bias, not zero")
axis.set(xlabel="steps", ylabel="sequences", xticks=[], yticks=[])
plt.show()
