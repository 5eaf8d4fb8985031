r"""
hard_sigmoid, hard_tanh, sparse_sigmoid: an S of straight lines
===============================================================

Small devices compute exponentials slowly, so networks for them replace the
activation ``sigmoid`` by a straight line that is cut off at both ends. Keras
has two such lines, and one for ``tanh``.

.. math::

   \text{hard\_sigmoid}(x) &= \tfrac{x}{6} + \tfrac{1}{2},
   \quad \text{at least 0, at most 1} \\
   \text{sparse\_sigmoid}(x) &= \tfrac{x}{2} + \tfrac{1}{2},
   \quad \text{at least 0, at most 1} \\
   \text{hard\_tanh}(x) &= x,
   \quad \text{at least -1, at most 1}

On the slanted part their derivatives are 1/6, 1/2 and 1; elsewhere, they are 0.
"""

import tempfile

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# The three functions, as ``Dense(4, activation="hard_sigmoid")`` calls them.

x = np.arange(-4.75, 5, 0.5, dtype="float32")
of_sigmoid = keras.ops.convert_to_numpy(keras.activations.hard_sigmoid(x))
of_sparse = keras.ops.convert_to_numpy(keras.activations.sparse_sigmoid(x))
of_tanh = keras.ops.convert_to_numpy(keras.activations.hard_tanh(x))

# %%
# Compute it
# ----------
# ``np.clip`` cuts off the line at both ends.

sigmoid_by_hand = np.clip(x / 6 + 0.5, 0, 1)
sparse_by_hand = np.clip(x / 2 + 0.5, 0, 1)
tanh_by_hand = np.clip(x, -1, 1)

# %%
# Check it
# --------
# 1/6 is rounded, so we allow a small difference.

np.testing.assert_allclose(of_sigmoid, sigmoid_by_hand, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(of_sparse, sparse_by_hand, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(of_tanh, tanh_by_hand, rtol=1e-4, atol=1e-4)

# %%
# In full
# -------
# The functions of the library are no more than these lines.

from keras_by_hand import hard_sigmoid, hard_tanh, sparse_sigmoid

# %%
# Break it
# --------
# In Keras 2 the slope of ``hard_sigmoid`` was 0.2, and in Keras 3 it is 1/6. So
# a file of Keras 2 with this activation returns other numbers now (``old.h5``
# stands for one). To keep the old ones, pass the old function to
# ``load_model``, under its name. (See the page "Keras 2 models in Keras 3".)


def hard_sigmoid_of_keras_2(x):
    return keras.ops.clip(0.2 * x + 0.5, 0, 1)


by_name = {"hard_sigmoid": hard_sigmoid_of_keras_2}
layer = keras.layers.Activation("hard_sigmoid")
with tempfile.TemporaryDirectory() as folder:
    keras.Sequential([keras.Input(()), layer]).save(f"{folder}/old.h5")
    wrong = keras.models.load_model(f"{folder}/old.h5")
    right = keras.models.load_model(f"{folder}/old.h5", custom_objects=by_name)
wrong, right = (model.predict(x, verbose=0) for model in (wrong, right))
print("right:", right[4:10].round(2))
print("wrong:", wrong[4:10].round(2))
np.testing.assert_allclose(right, np.clip(0.2 * x + 0.5, 0, 1), 1e-4, 1e-4)
np.testing.assert_allclose(wrong, of_sigmoid, rtol=1e-4, atol=1e-4)
assert not np.allclose(right, wrong)

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
