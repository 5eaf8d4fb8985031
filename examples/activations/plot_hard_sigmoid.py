r"""
hard_sigmoid, hard_tanh, sparse_sigmoid: an S of straight lines
===============================================================

These activations are a straight line through the middle, cut off at both ends.
They need no exponentials.

.. math::

   \text{hard\_sigmoid}(x) &= \tfrac{x}{6} + \tfrac{1}{2}
   \quad \text{from 0 to 1} \\
   \text{sparse\_sigmoid}(x) &= \tfrac{x}{2} + \tfrac{1}{2}
   \quad \text{from 0 to 1} \\
   \text{hard\_tanh}(x) &= x
   \quad \text{from -1 to 1}

Between the corners their derivatives are 1/6, 1/2 and 1; outside, they are 0.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from derivative import derivative_in_training

# %%
# Build it
# --------
# A layer takes an activation by name, and so does ``keras.activations.get``.

x = np.arange(-4.75, 5, 0.5)


def keras_activation(name, x, dtype="float32"):
    y = keras.activations.get(name)(x.astype(dtype))
    return keras.ops.convert_to_numpy(y)


print(keras_activation("hard_tanh", x))

# %%
# Compute it
# ----------
# ``np.clip`` cuts off the line at both ends.

hard_sigmoid_by_hand = np.clip(x / 6 + 0.5, 0, 1)
sparse_sigmoid_by_hand = np.clip(x / 2 + 0.5, 0, 1)
hard_tanh_by_hand = np.clip(x, -1, 1)

# %%
# The whole functions are no more than these lines.

from keras_by_hand import hard_sigmoid, hard_tanh, sparse_sigmoid

# %%
# Check it
# --------
# First the lines above, then a row for each activation: its name, values and
# derivatives. Training uses these derivatives, too (the page "Custom
# activation" explains the function). Only on TensorFlow does Keras compute in
# float64 throughout.

lines = [
    ("hard_sigmoid", hard_sigmoid_by_hand),
    ("sparse_sigmoid", sparse_sigmoid_by_hand),
    ("hard_tanh", hard_tanh_by_hand),
]
for name, by_hand in lines:
    y = keras_activation(name, x)
    np.testing.assert_allclose(y, by_hand, rtol=1e-4, atol=1e-4)

cases = [
    ("hard_sigmoid", hard_sigmoid(x), np.where(np.abs(x) < 3, 1 / 6, 0)),
    ("sparse_sigmoid", sparse_sigmoid(x), np.where(np.abs(x) < 1, 1 / 2, 0)),
    ("hard_tanh", hard_tanh(x), np.where(np.abs(x) < 1, 1, 0)),
]
dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    tolerance = 1000 * np.finfo(dtype).eps
    for name, expected, derivative in cases:
        y = keras_activation(name, x, dtype)
        np.testing.assert_allclose(y, expected, tolerance, tolerance)
        slope = derivative_in_training(name, x, dtype)
        np.testing.assert_allclose(slope, derivative, tolerance, tolerance)

# %%
# Break it
# --------
# Is ``hard_sigmoid`` the one that Keras 2 had? No: Keras 2 used a slope of 0.2,
# and Keras 3 uses 1/6. A model from Keras 2 returns other numbers now.

of_keras_2 = np.clip(0.2 * x + 0.5, 0, 1)
print(f"Largest difference: {np.abs(of_keras_2 - hard_sigmoid(x)).max():.2f}")
assert not np.allclose(of_keras_2, hard_sigmoid(x))

# %%
# See it
# ------
# Dotted: the smooth curves for which they stand.

x = np.linspace(-5, 5, 201)
fig, axes = plt.subplots(1, 2, figsize=(6, 3.4), layout="constrained")
axes[0].plot(x, hard_sigmoid(x), label="hard_sigmoid")
axes[0].plot(x, sparse_sigmoid(x), "--", label="sparse_sigmoid")
axes[0].plot(x, 1 / (1 + np.exp(-x)), "C2:", label="sigmoid")
axes[0].set(title="From 0 to 1", xlabel="x")
axes[1].plot(x, hard_tanh(x), label="hard_tanh")
axes[1].plot(x, np.tanh(x), "C2:", label="tanh")
axes[1].set(title="From -1 to 1", xlabel="x")
axes[0].legend(loc="lower right")
axes[1].legend(loc="lower right")
plt.show()
