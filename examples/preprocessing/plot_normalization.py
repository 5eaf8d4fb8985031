r"""
Normalization: mean and variance of the data, found by adapt
============================================================

An area of 120 and an age of 40 have different scales, and so do the gradients
of their weights. ``Normalization`` standardizes each feature: it gets the mean
0 and the standard deviation 1 (z-score). ``adapt`` finds mean and variance in
your data, once, before training; or you pass them.

.. math::

   y = \frac{x - \mu}{\max(\sqrt{v}, \; 10^{-7})}

:math:`\mu` is the mean of a feature and :math:`v` its variance. The smallest
divisor, 1e-7, is for features that are constant.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Three features of 20 houses: area, age, and one that is always 1.

rng = np.random.default_rng(313)
data = rng.normal([120, 40, 1], [40, 15, 0], size=(20, 3)).astype("float32")
layer = keras.layers.Normalization()
layer.adapt(data)
y = keras.ops.convert_to_numpy(layer(data))
mean_of_keras, variance_of_keras, _ = layer.get_weights()  # and a count of 0
print("mean:", mean_of_keras, "variance:", variance_of_keras)

# %%
# Compute it
# ----------
# Take the mean and the variance of each column. ``adapt`` divides by n, not by
# n - 1, for the variance, and so does ``np.var``.

mean = np.mean(data, axis=0)  # (features,)
variance = np.var(data, axis=0)  # (features,)
normalized = (data - mean) / np.maximum(np.sqrt(variance), 1e-7)

# %%
# ``normalization`` takes other axes, too. With ``invert=True`` it denormalizes:
# :math:`y \sqrt{v} + \mu`. A regression with normalized targets needs this for
# its predictions: adapt one layer to the targets, and to the same targets a
# second one with ``invert=True``.

from keras_by_hand import normalization

# %%
# Check it
# --------
np.testing.assert_allclose(mean_of_keras, mean, rtol=1e-4)
np.testing.assert_allclose(variance_of_keras, variance, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(y, normalized, rtol=1e-4, atol=1e-4)
back = keras.layers.Normalization(invert=True)
back.adapt(data)
houses = keras.ops.convert_to_numpy(back(y))
np.testing.assert_allclose(houses, data, rtol=1e-4, atol=1e-4)
expected = normalization(y, mean=mean, variance=variance, invert=True)
np.testing.assert_allclose(houses, expected, rtol=1e-4, atol=1e-4)

# %%
# Batches count as one data set, also if the last one is shorter. (To adapt to
# batches, Keras needs TensorFlow, even with another backend.)

if keras.backend.backend() == "tensorflow":
    of_batches = keras.layers.Normalization()
    of_batches.adapt([data[:12], data[12:]])
    variance_of_batches = of_batches.get_weights()[1]
    np.testing.assert_allclose(variance_of_batches, variance, 1e-4, 1e-4)

# %%
# Break it
# --------
# ``scale_`` of scikit-learn's ``StandardScaler`` is the standard deviation, the
# root of the variance. If you pass it as ``variance``, Keras takes the root
# again. Write ``mean=scaler.mean_, variance=scaler.var_``.

given = keras.layers.Normalization(mean=mean, variance=np.std(data, axis=0))
wrong = keras.ops.convert_to_numpy(given(data))
print("right:", y[0, :2], "wrong:", wrong[0, :2])
assert not np.allclose(y, wrong)

# %%
# A feature that is constant in the data, but not later, gets huge: half a unit
# becomes 5 million. Leave such features out.

later = keras.ops.convert_to_numpy(layer(data[:1] + np.float32([0, 0, 0.5])))
print("the constant feature, before:", y[0, 2], "later:", later[0, 2])
np.testing.assert_allclose(later[0, 2], 5e6, rtol=1e-4)

# %%
# See it
# ------

fig, axes = plt.subplots(1, 2, figsize=(6, 3), layout="constrained")
fig.suptitle("Normalization: both features get mean 0 and deviation 1")
for axis, values, title in zip(axes, (data, y), ("data", "y")):
    axis.scatter(values[:, 0], values[:, 1], s=15)
    axis.set(title=title, xlabel="area", ylabel="age", aspect="equal")
plt.show()
