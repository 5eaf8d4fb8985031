r"""
GaussianNoise and GaussianDropout: add noise, or multiply by it
===============================================================

In training, ``GaussianNoise`` adds random numbers to its input, and
``GaussianDropout`` multiplies the input by random numbers near 1. Predicting
changes nothing.

.. math::

   \text{GaussianNoise:} \quad y &= x + \sigma \, z \\
   \text{GaussianDropout:} \quad y &= x \, (1 + \sigma \, z) \\
   \sigma &= \sqrt{\text{rate} / (1 - \text{rate})}

The entries of z are standard normal. The first σ is the argument ``stddev``.
The second gives y the same variance as ``Dropout`` with this ``rate``.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import GaussianDropout, GaussianNoise

rng = np.random.default_rng(313)

# %%
# Build it
# --------

x = rng.normal(size=(2, 5)).astype("float32")  # (batch, features)


def call(layer, x, training=True):
    return keras.ops.convert_to_numpy(layer(x, training=training))


print("x:      ", x[0])
print("noise:  ", call(GaussianNoise(stddev=0.5, seed=7), x)[0])
print("dropout:", call(GaussianDropout(rate=0.2, seed=7), x)[0])

# %%
# Compute it
# ----------
# With the same seed, we draw the same z as the layers. ``GaussianNoise`` adds
# it, times ``stddev``. ``GaussianDropout`` multiplies x by numbers near 1.
# Their standard deviation σ follows from the rate.

z = keras.ops.convert_to_numpy(keras.random.normal(x.shape, seed=7))
with_noise = x + 0.5 * z  # (batch, features)
sigma = np.sqrt(0.2 / (1 - 0.2))
with_dropout = x * (1 + sigma * z)

# %%
# What is drawn depends on the backend's random numbers. So z is an input of the
# whole functions.

from keras_by_hand import gaussian_dropout, gaussian_noise

# %%
# Check it
# --------
# An input of zeros shows the noise alone, one of ones the factors alone. Both
# have a standard deviation of 0.5. Mean and variance of 100 * 100 numbers must
# be near those of the formulas, within 6 standard errors.

y = call(GaussianNoise(stddev=0.5, seed=7), x)
np.testing.assert_allclose(y, with_noise, rtol=1e-4, atol=1e-4)
y = call(GaussianDropout(rate=0.2, seed=7), x)
np.testing.assert_allclose(y, with_dropout, rtol=1e-4, atol=1e-4)

ones = np.ones((100, 100), "float32")
added = call(GaussianNoise(0.5, seed=7), 0 * ones)
factors = call(GaussianDropout(0.2, seed=7), ones)
for noise, mean in ((added, 0), (factors, 1)):
    error = np.abs([np.mean(noise) - mean, np.var(noise) - 0.25])
    limit = [6 * 0.5 / 100, 6 * 0.25 * np.sqrt(2) / 100]
    np.testing.assert_array_less(error, limit)

# %%
# ``keras.random.normal`` draws the same z from the same seed, and the formulas
# agree up to a tolerance. (Only TensorFlow computes a whole layer in float64.)

tensorflow = keras.backend.backend() == "tensorflow"
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    z = keras.random.normal(x.shape, dtype=dtype, seed=7)
    z = keras.ops.convert_to_numpy(z).astype("float64")
    tolerance = 1000 * np.finfo(dtype).eps
    layer = GaussianNoise(0.5, seed=7, dtype=dtype)
    expected = gaussian_noise(x, z, stddev=0.5)
    np.testing.assert_allclose(call(layer, x), expected, tolerance, tolerance)
    np.testing.assert_array_equal(call(layer, x, training=False), x)
    layer = GaussianDropout(0.2, seed=7, dtype=dtype)
    expected = gaussian_dropout(x, z, rate=0.2)
    np.testing.assert_allclose(call(layer, x), expected, tolerance, tolerance)
    np.testing.assert_array_equal(call(layer, x, training=False), x)

# %%
# .. warning:: **Seen in Keras 3.15.1, error:** ``GaussianNoise`` refuses a
#    standard deviation above 1, and ``GaussianDropout`` takes a rate of 1, but
#    divides by zero in training.

np.testing.assert_raises(ValueError, GaussianNoise, 1.5)
always_fails = GaussianDropout(1.0)
np.testing.assert_raises(ZeroDivisionError, always_fails, x, training=True)

# %%
# Break it
# --------
# Would you use ``rate`` as a standard deviation? A rate of 0.2 means a standard
# deviation of 0.5.

wrong = x * gaussian_noise(np.ones_like(x), z, stddev=0.2)
print("right:", expected[0])
print("wrong:", wrong[0])
assert not np.allclose(expected, wrong)

# %%
# See it
# ------
# The line is x itself. At x = 0, ``GaussianDropout`` changes nothing.

x = np.linspace(-3, 3, 601, dtype="float32")
layers = [GaussianNoise(0.5, seed=7), GaussianDropout(0.2, seed=7)]
fig, axes = plt.subplots(1, 2, figsize=(6, 3), layout="constrained")
fig.suptitle("GaussianNoise is equal everywhere, GaussianDropout grows with x")
for axis, layer in zip(axes, layers):
    axis.plot(x, call(layer, x), ".", markersize=2)
    axis.plot(x, x, "C1")
    axis.set(title=type(layer).__name__, xlabel="x", ylabel="y", ylim=(-7, 7))
plt.show()
