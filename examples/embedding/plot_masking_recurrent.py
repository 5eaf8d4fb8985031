r"""
mask_value: choose one that no real step has
============================================

``Masking`` masks a step if all its features equal ``mask_value``. If no real
step does, a stack of LSTMs returns the same for a padded sequence as for the
sequence without its padding.

.. math::

   m_t &= \text{any}_f \; (x_{t,f} \ne v) \\
   y &= \text{LSTMs}(x_t \; \text{where} \; m_t)

The mask m is true for the steps to keep, f counts the features, and v is the
``mask_value``.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

from keras_by_hand import lstm

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two sequences of 4 and 3 steps of standardised numbers, padded with -99. In
# both, step 3 is zero, the mean.

is_step = np.array([[1, 1, 1, 1], [1, 1, 1, 0]], "bool")
real = rng.normal(size=(2, 4, 2)).astype("float32")  # (batch, steps, features)
real[:, 2] = 0
real[0, 3, 1] = -99  # only one of two features: this step is kept
x = np.where(is_step[..., np.newaxis], real, np.float32(-99))
shapes = [(2, 12), (3, 12), (12,), (3, 8), (2, 8), (8,)]  # of two LSTMs
weights = [rng.normal(size=shape).astype("float32") for shape in shapes]


def keras_model(x, mask_value=-99.0, dtype="float32"):
    masking_layer = layers.Masking(mask_value, dtype=dtype)
    first = layers.LSTM(3, return_sequences=True, dtype=dtype)
    second = layers.LSTM(2, dtype=dtype)
    model = keras.Sequential(
        [keras.Input(x.shape[1:]), masking_layer, first, second]
    )
    model.set_weights(weights)
    return keras.ops.convert_to_numpy(model(x))


y = keras_model(x)
print(y)

# %%
# Compute it
# ----------
# There is no mask here: we cut the padding out, and pass each sequence through
# the LSTMs on its own.


def real_steps(sequence, mask_value=0.0):
    """The steps that Masking keeps: any of their features is not mask_value.

    sequence: (steps, features). Returns (kept steps, features).
    """
    return sequence[np.any(sequence != mask_value, axis=-1)]


def two_lstms(sequence, *weights):
    """LSTM(return_sequences=True), then LSTM, of one (steps, features)."""
    y = lstm(sequence[np.newaxis], *weights[:3], return_sequences=True)
    return lstm(y, *weights[3:])[0]


# %%
# Check it
# --------
# In float32 and float64. (Only TensorFlow computes a whole layer in float64.)

tensorflow = keras.backend.backend() == "tensorflow"
weights64 = [weight.astype("float64") for weight in weights]
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    for sequence, actual in zip(x, keras_model(x, dtype=dtype)):
        steps = real_steps(sequence.astype("float64"), mask_value=-99)
        expected = two_lstms(steps, *weights64)
        np.testing.assert_allclose(actual, expected, tolerance, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:**
#    ``Masking(mask_value=np.nan)`` masks nothing, since NaN is not equal to
#    NaN.

kept = layers.Masking(np.nan).compute_mask(np.full((1, 4, 2), np.nan))
assert np.all(keras.ops.convert_to_numpy(kept))

# %%
# Break it
# --------
# Would you pad with 0, the default ``mask_value``? In standardised data, 0 is
# the mean: a real step of means is masked by mistake.

zeros = np.where(is_step[..., np.newaxis], real, np.float32(0))
wrong = keras_model(zeros, mask_value=0.0)
print("right:", y[1], "wrong:", wrong[1])
assert not np.allclose(y, wrong)

# %%
# Would you pad first, and then scale? ``Masking`` compares to the last bit, and
# in float32, 9 times 0.1 is not 0.9. No step is masked.

scaled = np.full((1, 4, 2), 9, "float32") * np.float32(0.1)
kept = layers.Masking(0.9).compute_mask(scaled)
assert np.all(keras.ops.convert_to_numpy(kept))

# %%
# See it
# ------
# The first feature of each step.

fig, axis = plt.subplots(figsize=(6, 2.4), layout="constrained")
axis.imshow(zeros[..., 0], cmap="PuOr", vmin=-4, vmax=4, aspect="auto")
for (row, column), value in np.ndenumerate(zeros[..., 0]):
    axis.text(column, row, f"{value:.1f}", ha="center", va="center", color="k")
masked = np.all(zeros == 0, axis=-1)
axis.plot(*np.nonzero(masked)[::-1], "x", color="gray", markersize=24)
axis.set(title="mask_value=0 masks the real zeros of step 3, too (crossed out)")
axis.set(xlabel="steps", ylabel="sequences", xticks=[], yticks=[])
plt.show()
