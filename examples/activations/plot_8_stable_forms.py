r"""
Stable forms keep what textbook forms lose
==========================================

Keras does not compute every activation as its formula is written. In float32 an
exponential overflows above 88, and below -17 it vanishes beside 1. A stable
form avoids both: its exponentials are those of negative numbers, and ``log1p``
adds the 1.

.. math::

   \log(1 + e^z) = \max(z, 0) + \operatorname{log1p}(e^{-\left|z\right|}),
   \qquad
   \frac{e^{z_j}}{\sum_k e^{z_k}}
   = \frac{e^{z_j - \max z}}{\sum_k e^{z_k - \max z}}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# Three layers of one unit, and two of two units that compete: one gets what the
# single units get, the other 0. All numbers are quarters, exact in float32.

x = np.array([-800, *np.linspace(-120, 120, 193), 800])
x = x[:, np.newaxis]  # (batch, features)
kernel = np.array([[1.0, 0.0]])  # (features, units)
bias = np.array([-0.5, 0.0])  # (units,)

units = {"sigmoid": 1, "log_sigmoid": 1, "softplus": 1}
units |= {"softmax": 2, "log_softmax": 2}
inputs = keras.Input(shape=(1,))
layers = [keras.layers.Dense(units[name], activation=name) for name in units]
outputs = keras.ops.concatenate([layer(inputs) for layer in layers], axis=1)
model = keras.Model(inputs, outputs)
for layer in layers:
    layer.set_weights([kernel[:, : layer.units], bias[: layer.units]])

y = model.predict(x, verbose=0)  # (batch, all units)
np.testing.assert_equal((y.shape, y.dtype), ((195, 7), np.float32))
y = dict(zip(units, np.split(y, [1, 2, 3, 5], axis=1)))

# %%
# Compute it
# ----------
# ``np.log1p(a)`` is :math:`\log(1 + a)`, and keeps a small ``a``.


def sigmoid(z):
    small = np.exp(-np.abs(z))
    return np.where(z > 0, 1, small) / (1 + small)


def log_sigmoid(z):
    return np.minimum(z, 0) - np.log1p(np.exp(-np.abs(z)))


def softplus(z):
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


def lowered(z):
    return z - np.max(z, axis=1, keepdims=True)


def softmax(z):
    powers = np.exp(lowered(z))
    return powers / np.sum(powers, axis=1, keepdims=True)


def log_softmax(z):
    powers = np.exp(lowered(z))
    return lowered(z) - np.log(np.sum(powers, axis=1, keepdims=True))


z = x * kernel + bias  # (batch, units); of a single feature, x W is a product
single, pair = z[:, :1], z
expected = {
    "sigmoid": sigmoid(single),
    "log_sigmoid": log_sigmoid(single),
    "softplus": softplus(single),
    "softmax": softmax(pair),
    "log_softmax": log_softmax(pair),
}

# %%
# Check it
# --------
# Keras is within four rounding units, ``2**-23`` of the value, and nothing
# overflows. Near ``tiny``, the least number that float32 holds in full, it may
# return 0 instead. The sum in ``log_softmax`` is at least 1, and is rounded
# before its logarithm is taken: 1 is added to its value.

eps, tiny = np.finfo("float32").eps, np.finfo("float32").tiny
for name in units:
    size = np.abs(expected[name]) + (name == "log_softmax")
    limit = 4 * eps * size + 4 * tiny
    error = np.abs(y[name] - expected[name])
    print(f"{name:11} {np.max(error / limit):.2f} of its limit")
    np.testing.assert_array_less(error, limit, name)
    np.testing.assert_equal(np.all(np.isfinite(limit)), True, name)

# %%
# ``log_softmax`` does not overflow, but loses what is near 0. Of two units it
# is the ``log_sigmoid`` of their difference, which loses nothing.

sure = (single[:, 0] > 18) & (single[:, 0] < 87)
of_pair, of_single = y["log_softmax"][sure, 0], y["log_sigmoid"][sure, 0]
print("log_softmax:", of_pair[:3], "log_sigmoid:", of_single[:3])

np.testing.assert_array_equal(of_pair, np.zeros(of_pair.size))
np.testing.assert_equal(np.all(of_single < 0), True)

# %%
# Break it
# --------
# In float32, the textbook forms return infinity, no number at all, or 0 instead
# of a result that float32 could hold. Adding 1e-7 before the logarithm hides
# it, and turns all that is below -16 into -16.


def textbook_softmax(z):
    return np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True)


def lost(found, exact):
    """The part of each result that is wrong; 1 if it is all wrong."""
    part = np.abs(found - exact) / np.abs(exact)
    return np.where(np.abs(exact) > 4 * tiny, np.where(part < 1, part, 1), 0)


single, pair = single.astype("float32"), pair.astype("float32")
with np.errstate(all="ignore"):  # NumPy would warn of each overflow
    textbook = {
        "sigmoid": np.exp(single) / (1 + np.exp(single)),
        "log_sigmoid": np.log(1 / (1 + np.exp(-single))),
        "softplus": np.log(1 + np.exp(single)),
        "softmax": textbook_softmax(pair),
        "log_softmax": np.log(textbook_softmax(pair)),
    }
    exact = expected | {"log_softmax": log_sigmoid(z[:, :1] * [1, -1])}
    lost_by_textbook = {of: lost(textbook[of], exact[of]) for of in units}
    lost_by_keras = {of: lost(y[of], exact[of]) for of in units}

for name, part in lost_by_textbook.items():
    print(f"{name:11} {np.count_nonzero(part == 1)} of {part.size} are lost")
    np.testing.assert_equal(np.count_nonzero(part == 1) > 10, True, name)

hidden = np.log(softmax(z) + 1e-7)[:, 0] - y["log_softmax"][:, 0]
print("log(softmax + 1e-7) is off by", np.max(hidden), "at most")
np.testing.assert_equal(np.all(hidden[single[:, 0] < -18] > 1), True)

# %%
# See it
# ------
# A result is wrong in the last of its digits at the bottom, in all at the top.

fig, axes = plt.subplots(
    2, 3, figsize=(6, 3.6), sharex=True, sharey=True, layout="constrained"
)
for axis, name in zip(axes.flat, units):
    axis.semilogy(single, lost_by_textbook[name][:, 0], label="textbook")
    axis.semilogy(single, lost_by_keras[name][:, 0], "--", label="Keras")
    axis.set(title=name, xlim=(-120, 120), ylim=(1e-9, 3))
axes[1, 2].axis("off")
axes[1, 2].legend(*axes[0, 0].get_legend_handles_labels(), loc="center")
fig.suptitle("Relative error over z: textbook forms lose everything")
plt.show()
