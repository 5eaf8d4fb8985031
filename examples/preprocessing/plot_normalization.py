r"""
Normalization: mean and variance of the data, found by adapt
============================================================

``Normalization`` subtracts the mean of each feature and divides by its standard
deviation. ``adapt`` computes both from data, or you pass ``mean`` and
``variance``.

.. math::

   y = \frac{x - \mu}{\max(\sqrt{v}, \; 10^{-7})}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Three features of 20 houses: area, age, and one that is always 1.

data = rng.normal([120, 40, 1], [40, 15, 0], size=(20, 3)).astype("float32")
layer = keras.layers.Normalization()
layer.adapt(data)
inputs = keras.Input((3,))
y = keras.Model(inputs, layer(inputs)).predict(data, verbose=0)
print(*layer.get_weights())  # mean, variance, and a count that is always 0

# %%
# Compute it
# ----------
# ``adapt`` divides by n, not by n - 1, for the variance.


def adapt(data, axis=-1):
    """Return mean and variance in the shape of the axes that are kept."""
    kept = [] if axis is None else np.atleast_1d(axis) % data.ndim
    others = tuple(a for a in range(data.ndim) if a not in kept)
    return np.mean(data, axis=others), np.var(data, axis=others)


# %%
# Subtract the mean of each feature, and divide by its deviation. That of the
# constant feature is 0: divide by 1e-7 there.

mean, variance = adapt(data)
normalized = (data - mean) / np.maximum(np.sqrt(variance), 1e-7)

# %%
# The whole function takes any axes, and can also undo the normalization.

from keras_by_hand import normalization

# %%
# Check it
# --------
# Each index along ``axis`` has a mean of its own; ``axis=None`` has one for all
# numbers. (Only TensorFlow computes a layer in float64.)

np.testing.assert_allclose(y, normalized, rtol=1e-4, atol=1e-4)


def keras_layer(x, data=None, **arguments):
    layer = keras.layers.Normalization(**arguments)
    if data is not None:
        layer.adapt(data)
    return keras.ops.convert_to_numpy(layer(x))


x = rng.normal(2, 3, size=(4, 2, 3)).astype("float32")
exact = x.astype("float64")
tensorflow = keras.backend.backend() == "tensorflow"
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    for axis in (-1, 1, None, [2, 1]):
        expected = normalization(exact, *adapt(exact, axis), axis=axis)
        result = keras_layer(x, x.astype(dtype), axis=axis, dtype=dtype)
        np.testing.assert_allclose(result, expected, tolerance, tolerance)
    for given in (
        {"mean": 0.1, "variance": 0.3, "invert": True},
        {"mean": [1, 2, 3], "variance": [4, 9, 0.5], "axis": [2, 1]},
    ):
        expected = normalization(exact, **given)
        result = keras_layer(x, **given, dtype=dtype)
        np.testing.assert_allclose(result, expected, tolerance, tolerance)

# %%
# Batches count as one data set, also if the last is shorter. (Only then does
# ``adapt`` need TensorFlow.) A constant feature has the deviation 0: Keras
# divides by 1e-7 instead, which turns a difference of 0.5 into 5 million.

if tensorflow:
    of_batches = keras_layer(x, [x[:3], x[3:]])
    expected = normalization(x, *adapt(x))
    np.testing.assert_allclose(of_batches, expected, 1e-4, 1e-4)
threes = np.full((5, 1), 3, "float32")
np.testing.assert_allclose(keras_layer(threes + 0.5, threes), 5e6, 1e-4)

# %%
# Break it
# --------
# Would you pass the standard deviation as ``variance``? Or divide by n - 1, as
# pandas does?

of_sample = np.var(data, axis=0, ddof=1)
for variance in (np.std(data, axis=0), of_sample):
    wrong = normalization(data, np.mean(data, axis=0), variance)
    print("right:", y[:3, 0], "wrong:", wrong[:3, 0])
    assert not np.allclose(wrong, y, rtol=1e-3)

# %%
# See it
# ------

fig, axes = plt.subplots(1, 2, figsize=(6, 3), layout="constrained")
fig.suptitle("Normalization: both features get mean 0 and deviation 1")
for axis, values, title in zip(axes, (data, y), ("data", "y")):
    axis.scatter(values[:, 0], values[:, 1], s=15)
    axis.set(title=title, xlabel="area", ylabel="age", aspect="equal")
plt.show()
