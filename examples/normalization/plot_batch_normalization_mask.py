r"""
BatchNormalization with a mask: padding does not count
======================================================

In training, mean and variance leave out the steps that ``Masking`` masks.

.. math::

   \mu_B = \frac{\sum_i k_i \, x_i}{10^{-7} + \sum_i k_i}, \qquad
   \sigma_B^2 = \frac{\sum_i k_i \, (x_i - \mu_B)^2}{10^{-7} + \sum_i k_i}

Here :math:`k_i` is 1 where the mask is true, else 0.
"""

import keras
import numpy as np

# %%
# Build it
# --------
# Four sequences of up to 3 steps with 2 features.

rng = np.random.default_rng(313)
mask = np.array([[1, 1, 1], [1, 1, 0], [1, 0, 0], [1, 1, 0]], "bool")
x = rng.normal([2, -5], [1, 3], size=(4, 3, 2)) * mask[..., np.newaxis]
layer = keras.layers.BatchNormalization(momentum=0)  # stores the last batch
y = keras.ops.convert_to_numpy(layer(x, training=True, mask=mask))

# %%
# Compute it
# ----------
# ``x[mask]`` has a row for each step that counts.

rows = x[mask]  # (steps that count, features)
mean, variance = rows.mean(axis=0), rows.var(axis=0)
by_hand = (x - mean) / np.sqrt(variance + 0.001)

# %%
# Check it
# --------

np.testing.assert_allclose(y, by_hand, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(layer.get_weights()[2:], [mean, variance], 1e-4)

# %%
# Break it
# --------
# Without the mask, padding counts: it moves the mean towards 0.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** In
#    ``BatchNormalization``, a mask that is false everywhere moves both averages
#    towards 0. With a mask and only one feature, training raises an error on
#    JAX and PyTorch.

layer(x, training=True, mask=np.zeros((4, 3), bool))
np.testing.assert_allclose(layer.get_weights()[2:], np.zeros((2, 2)))
layer(x, training=True)
wrong = layer.get_weights()[2]
print("mean: right", mean.round(2), "wrong", wrong.round(2))
assert not np.allclose(mean, wrong)
