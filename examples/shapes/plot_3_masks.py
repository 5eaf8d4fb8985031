r"""
A mask passes through, the output does not heed it
==================================================

``Dense`` hands a mask on to the layers after it, and computes the masked steps
like all others: it is for those layers, and for the loss, to leave them out.

.. math::

   y_{b t} = x_{b t} W + b, \quad
   m^{\text{out}}_{b t} = m^{\text{in}}_{b t}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# Four sequences of different lengths, filled up with zeros to eight steps.
# `Masking`_ masks a step when all its features are zero: ``True`` marks the
# steps to keep.
#
# .. _Masking: https://keras.io/api/layers/core_layers/masking/

lengths = np.array([8, 4, 2, 2])
x = np.random.randint(1, 10, size=(4, 8, 3))  # (batch, steps, features)
x[:, :, 0] = 0  # a zero among the features masks nothing
mask = np.arange(8) < lengths[:, np.newaxis]  # (batch, steps)
x[~mask] = 0

kernel = np.array([[9, -9], [2, -1], [-1, 1]])  # (features, units)
bias = np.array([4, -8])

# %%
# After ``Dense``, one layer takes the mean over the steps, and one returns the
# mask as it arrives there: a layer is given it if its ``call`` has an argument
# of this name.


class Arrived(keras.layers.Layer):
    """Returns the mask that comes with its input."""

    def __init__(self):
        super().__init__()
        self.supports_masking = True

    def call(self, y, mask=None):
        return y if mask is None else mask


inputs = keras.Input(shape=(8, 3))
dense = keras.layers.Dense(2)
outputs = dense(keras.layers.Masking()(inputs))
model = keras.Model(inputs, outputs)
np.testing.assert_equal(outputs.shape, (None, 8, 2))
np.testing.assert_equal(dense.kernel.shape, (3, 2))

dense.set_weights([kernel, bias])
y = model.predict(x, verbose=0)  # (batch, steps, units)
np.testing.assert_equal((y.shape, y.dtype), ((4, 8, 2), np.float32))

pooled = keras.layers.GlobalAveragePooling1D()(outputs)
pooled_model = keras.Model(inputs, [pooled, Arrived()(outputs)])
y_mean, y_mask = pooled_model.predict(x, verbose=0)
print(y_mask.astype(int))

# %%
# Compute it
# ----------


def mean_of_kept(values, mask):
    """The mean over the steps that are kept: (batch, units) of values (batch,
    steps, units) and a mask (batch, steps)."""
    kept = mask[..., np.newaxis]
    return (values * kept).sum(axis=1) / kept.sum(axis=1)


def masked_loss(y_true, y, mask):
    """The mean squared error over all steps that are kept."""
    errors = np.square(y_true - y).mean(axis=-1)  # (batch, steps)
    return errors[mask].mean()


# %%
# Check it
# --------
# Integers, and counts that are powers of two: there is nothing to round. The
# mask arrives as it was, and the output at a masked step is not zero. It is the
# bias, because ``Masking`` sets the step itself to zero.

np.testing.assert_equal((y_mask.shape, y_mask.dtype), ((4, 8), np.bool_))
np.testing.assert_array_equal(y_mask, mask)

np.testing.assert_array_equal(y, x @ kernel + bias)
np.testing.assert_array_equal(y[~mask], np.tile([4, -8], (16, 1)))

np.testing.assert_equal((y_mean.shape, y_mean.dtype), ((4, 2), np.float32))
np.testing.assert_array_equal(y_mean, mean_of_kept(x @ kernel + bias, mask))

# %%
# The layer says the same when it is asked: ``supports_masking`` is why Keras
# hands a mask through it at all, and ``compute_mask`` returns what it is given.

np.testing.assert_equal(dense.supports_masking, True)
np.testing.assert_equal(dense.compute_mask(x, mask) is mask, True)

# %%
# A loss heeds the mask as well: it is the mean over the sixteen steps that are
# kept, of thirty-two.

y_true = np.random.randint(-9, 10, size=(4, 8, 2))
model.compile(loss="mean_squared_error")
loss = model.test_on_batch(x, y_true)
expected_loss = masked_loss(y_true, x @ kernel + bias, mask)
print("loss:", loss, "expected:", expected_loss)

np.testing.assert_equal(np.asarray(loss).shape, ())
np.testing.assert_equal(float(loss), expected_loss)

# %%
# Break it
# --------
# Averaging the output without the mask counts the bias of the masked steps. The
# longest sequence has none and is right; all the others are wrong.

naive_mean = (x @ kernel + bias).mean(axis=1)
wrong = np.any(y_mean != naive_mean, axis=1)
print("wrong means:", np.count_nonzero(wrong), "of", len(wrong))

np.testing.assert_array_equal(wrong, lengths != 8)

# %%
# Nor is the mask the same as a ``sample_weight`` of zeros and ones, which
# divides by all steps. And a masked loss depends on how the samples are cut
# into batches: each batch is averaged over its own kept steps, and then counts
# by its samples, not by its steps. The first of these batches keeps twelve
# steps, so that its mean is rounded: by a few ``2**-23`` of itself, far less
# than lies between the two losses.

weighted_loss = masked_loss(y_true, x @ kernel + bias, mask) * mask.mean()
unmasked = keras.Model(inputs, dense(inputs))
unmasked.compile(loss="mean_squared_error")
weight = mask.astype("float32")
loss_weighted = unmasked.test_on_batch(x, y_true, sample_weight=weight)
loss_of_two = model.evaluate(x, y_true, batch_size=2, verbose=0)
print("sample_weight:", loss_weighted, "batches of two:", loss_of_two)

np.testing.assert_equal(float(loss_weighted), weighted_loss)
halves = [
    masked_loss(y_true[part], x[part] @ kernel + bias, mask[part])
    for part in (slice(0, 2), slice(2, 4))
]
limit = 4 * np.finfo("float32").eps * np.mean(halves)
np.testing.assert_array_less(np.abs(loss_of_two - np.mean(halves)), limit)
np.testing.assert_array_less(limit, np.abs(expected_loss - np.mean(halves)))

# %%
# See it
# ------
# The first unit, step by step. Crossed out: what the mask leaves to be ignored.

fig, axis = plt.subplots(figsize=(5.5, 3), layout="constrained")
axis.imshow(y[..., 0], cmap="PuOr", vmin=-25, vmax=25)
for (row, column), value in np.ndenumerate(y[..., 0]):
    shade = "white" if abs(value) > 13 else "black"
    text = axis.text(column, row, f"{value:.0f}", color=shade)
    text.set(horizontalalignment="center", verticalalignment="center")
row, column = np.nonzero(~mask)
axis.plot(column, row, "x", color="gray", markersize=24)
axis.set(title="Masked steps of Dense hold the bias, not zero")
axis.set(xlabel="steps", ylabel="samples", xticks=[], yticks=[])
plt.show()
