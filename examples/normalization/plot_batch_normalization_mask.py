r"""
BatchNormalization with a mask: padding does not count
======================================================

Sequences of different lengths are padded to one. After a ``Masking`` layer, or
an ``Embedding`` with ``mask_zero=True``, ``BatchNormalization`` leaves out the
padding: in training, mean and variance are those of the steps that count. In a
port, take them of these steps only.
"""

import keras
import numpy as np

# %%
# Build it
# --------
# Four sequences of up to 3 steps with 2 features, padded with zeros.
# ``Masking`` passes a mask on to the layer after it.

rng = np.random.default_rng(313)
is_step = np.array([[1, 1, 1], [1, 1, 0], [1, 0, 0], [1, 1, 0]], "bool")
x = rng.normal([2, -5], [1, 3], size=(4, 3, 2)) * is_step[..., np.newaxis]
layer = keras.layers.BatchNormalization(momentum=0)  # stores the last batch
model = keras.Sequential([keras.layers.Masking(), layer])
y = keras.ops.convert_to_numpy(model(x, training=True))
stored = layer.get_weights()[2:]  # the moving mean and variance

# %%
# Compute it
# ----------
# ``x[mask]`` has a row for each step that counts. Padding is normalized, too.

mask = np.any(x != 0, axis=2)  # (batch, steps)
rows = x[mask]  # (steps that count, features)
mean, variance = rows.mean(axis=0), rows.var(axis=0)
by_hand = (x - mean) / np.sqrt(variance + 0.001)  # 0.001 is Keras' epsilon

# %%
# Check it
# --------

np.testing.assert_allclose(y, by_hand, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(stored, [mean, variance], rtol=1e-4)

# %%
# Break it
# --------
# The mean of all steps is nearer to 0: it counts the zeros of the padding.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** In
#    ``BatchNormalization``, a mask that is false everywhere moves both averages
#    towards 0. With a mask and only one feature, training raises an error on
#    JAX and PyTorch.

wrong = x.mean(axis=(0, 1))
print("mean: right", stored[0].round(2), "wrong", wrong.round(2))
assert not np.allclose(stored[0], wrong, atol=0.1)
layer(x, training=True, mask=np.zeros((4, 3), bool))
np.testing.assert_allclose(layer.get_weights()[2:], np.zeros((2, 2)))
