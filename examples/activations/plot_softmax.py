r"""
softmax and log_softmax: logits become probabilities
====================================================

A classifier has a score for each class, its logits. ``softmax`` turns them into
probabilities: numbers from 0 to 1 that add up to 1. To be numerically stable,
subtract the largest logit first: nothing overflows, and nothing else changes.

.. math::

   p_i &= \frac{e^{x_i}}{\sum_k e^{x_k}}
   = \frac{e^{x_i - m}}{\sum_k e^{x_k - m}} \\
   \ln p_i &= x_i - m - \ln \sum_k e^{x_k - m}

Here :math:`x_i` is the logit of class :math:`i`, :math:`p_i` its probability,
and :math:`m` the largest logit.
"""

import tempfile

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Three samples with four logits. In the third, minus infinity masks a class.

x = np.array([[2, 1, -1, 0.5], [1000, 0, -1000, 999], [-np.inf, 3, 3, 0]])
y = keras.ops.convert_to_numpy(keras.activations.softmax(x))
log_y = keras.ops.convert_to_numpy(keras.activations.log_softmax(x))
print(y.round(3))

# %%
# Compute it
# ----------
# After the subtraction, the largest exponential is 1. Divided by their sum, the
# exponentials add up to 1. ``log_softmax`` is the logarithm of that quotient:
# the shifted logit minus the logarithm of the sum.

shifted = x - x.max(axis=-1, keepdims=True)  # (samples, classes)
powers = np.exp(shifted)
totals = powers.sum(axis=-1, keepdims=True)  # (samples, 1)
probabilities = powers / totals
log_probabilities = shifted - np.log(totals)

# %%
# Check it
# --------
# Numbers of about 1 agree to four digits.

np.testing.assert_allclose(y, probabilities, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(log_y, log_probabilities, rtol=1e-4, atol=1e-4)

# %%
# In full
# -------
# The functions take another ``axis``, too.

from keras_by_hand import log_softmax, softmax

of_columns = keras.activations.softmax(x, axis=0)
np.testing.assert_allclose(of_columns, softmax(x, axis=0), 1e-4, 1e-4)
np.testing.assert_allclose(log_y, log_softmax(x), rtol=1e-4, atol=1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``Softmax`` and other
#    layers lose a list of axes in an ``.h5`` file, without a word. Loaded, they
#    take their default, here the last axis. A ``.keras`` file keeps it.

with tempfile.TemporaryDirectory() as folder:
    layer = keras.layers.Softmax(axis=(1, 2))
    keras.Sequential([keras.Input((3, 4)), layer]).save(f"{folder}/m.h5")
    loaded = keras.models.load_model(f"{folder}/m.h5")
np.testing.assert_allclose(loaded(x[np.newaxis])[0], y, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Without the subtraction, infinity is divided by infinity for a logit of 1000.
# And the logarithm of ``softmax`` is minus infinity for each probability that
# is too small for a float. Write ``log_softmax``: it still has a number.

with np.errstate(all="ignore"):  # NumPy would warn
    textbook = np.exp(x) / np.sum(np.exp(x), axis=-1, keepdims=True)
    log_last = np.log(probabilities)
print("softmax: right", y[1].round(3), "wrong", textbook[1].round(3))
print("log_softmax: right", log_y[1, 1].round(1), "wrong", log_last[1, 1])
assert not np.allclose(y, textbook)
assert not np.allclose(log_y, log_last)

# %%
# See it
# ------
# One logit grows, and the others stay.

first = np.linspace(-4, 6, 201)
second, third = np.full_like(first, 2), np.zeros_like(first)
p = softmax(np.stack([first, second, third]), axis=0)
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.stackplot(first, p, labels=["first", "second", "third"])
axis.set(title="softmax of [first, 2, 0]", xlabel="first logit")
axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()
