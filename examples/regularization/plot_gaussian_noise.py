r"""
GaussianNoise and GaussianDropout: add noise, or multiply by it
===============================================================

A little noise in training keeps a network from learning its data by heart.
``GaussianNoise`` adds random numbers to its input, ``GaussianDropout``
multiplies the input by random numbers around 1. In prediction, both return
their input as it is.

.. math::

   \text{GaussianNoise:} \quad y &= x + \sigma \, z \\
   \text{GaussianDropout:} \quad y &= x \, (1 + \sigma \, z) \\
   \sigma &= \sqrt{\text{rate} / (1 - \text{rate})}

The entries of :math:`z` are standard normal. The first :math:`\sigma` is the
argument ``stddev``. The second gives :math:`y` the same variance as ``Dropout``
with this ``rate``.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import GaussianDropout, GaussianNoise

# %%
# Build it
# --------
# Both with the same seed, in training.

x = np.random.default_rng(313).normal(size=(2, 5)).astype("float32")


def call(layer, x):
    return keras.ops.convert_to_numpy(layer(x, training=True))


y_noise = call(GaussianNoise(stddev=0.75, seed=7), x)  # (batch, features)
y_dropout = call(GaussianDropout(rate=0.2, seed=7), x)

# %%
# Compute it
# ----------
# With the same seed, ``keras.random.normal`` draws the same z as the layers.

z = keras.ops.convert_to_numpy(keras.random.normal(x.shape, seed=7))
with_noise = x + 0.75 * z  # (batch, features)
sigma = np.sqrt(0.2 / (1 - 0.2))
with_dropout = x * (1 + sigma * z)

# %%
# What is drawn depends on the backend, so z is an input of the functions.

from keras_by_hand import gaussian_dropout, gaussian_noise

# %%
# Check it
# --------
# Numbers of about 1 agree to four digits.

np.testing.assert_allclose(y_noise, with_noise, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(y_dropout, with_dropout, rtol=1e-4, atol=1e-4)
expected = gaussian_noise(x, z, stddev=0.75)
np.testing.assert_allclose(y_noise, expected, rtol=1e-4, atol=1e-4)
expected = gaussian_dropout(x, z, rate=0.2)
np.testing.assert_allclose(y_dropout, expected, rtol=1e-4, atol=1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1, error:** ``GaussianNoise`` refuses a
#    standard deviation above 1, and ``GaussianDropout`` takes a rate of 1, but
#    divides by zero in training. For more noise, put several
#    ``GaussianNoise`` layers in a row, without a seed: their variances add up.

np.testing.assert_raises(ValueError, GaussianNoise, 1.5)
np.testing.assert_raises(ZeroDivisionError, call, GaussianDropout(1.0), x)

# %%
# Break it
# --------
# ``rate`` is no standard deviation: a rate of 0.2 means a standard deviation of
# 0.5. For a standard deviation s, pass ``rate=s**2 / (1 + s**2)``.

np.testing.assert_allclose(sigma**2 / (1 + sigma**2), 0.2)
wrong = x * (1 + 0.2 * z)
print("sigma:", sigma)
print("right:", y_dropout[0].round(2))
print("wrong:", wrong[0].round(2))
assert not np.allclose(y_dropout, wrong)

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
