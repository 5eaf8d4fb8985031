r"""
softmax and log_softmax: scores become probabilities
====================================================

``softmax`` turns the scores of a classifier, its logits, into probabilities:
numbers from 0 to 1 that add up to 1. Subtracting the largest logit first
doesn't change the result, and keeps the exponentials from overflowing.

.. math::

   p_i &= \frac{e^{x_i}}{\sum_k e^{x_k}}
   = \frac{e^{x_i - m}}{\sum_k e^{x_k - m}} \\
   \ln p_i &= x_i - m - \ln \sum_k e^{x_k - m}

where :math:`m = \max x`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Three samples with four logits each. The second has large logits. In the
# third, minus infinity masks a class: its probability is 0.

x = np.array([[2, 1, -1, 0.5], [1000, 0, -1000, 999], [-np.inf, 3, 3, 0]])


def keras_activation(activation, x, axis=-1, dtype="float32"):
    y = activation(x.astype(dtype), axis)
    return keras.ops.convert_to_numpy(y)


print(keras_activation(keras.activations.softmax, x).round(3))

# %%
# Compute it
# ----------
# After the subtraction, the largest exponential is 1. Divided by their sum, the
# exponentials add up to 1. ``log_softmax`` is the logarithm of that quotient:
# the shifted number minus the logarithm of the sum.

shifted = x - x.max(axis=-1, keepdims=True)  # (samples, classes)
powers = np.exp(shifted)
totals = powers.sum(axis=-1, keepdims=True)  # (samples, 1)
probabilities = powers / totals
log_probabilities = shifted - np.log(totals)

# %%
# The whole functions work along any axis.

from keras_by_hand import log_softmax, softmax

# %%
# Check it
# --------
# First the lines above, then a row for each case: function of Keras, axis, and
# what NumPy computes. Only on TensorFlow does Keras compute in float64
# throughout.

y = keras_activation(keras.activations.softmax, x)
np.testing.assert_allclose(y, probabilities, rtol=1e-4, atol=1e-4)
y = keras_activation(keras.activations.log_softmax, x)
np.testing.assert_allclose(y, log_probabilities, rtol=1e-4, atol=1e-4)

cases = [
    (keras.activations.softmax, -1, softmax(x)),
    (keras.activations.softmax, 0, softmax(x, axis=0)),
    (keras.activations.log_softmax, -1, log_softmax(x)),
    (keras.activations.log_softmax, 0, log_softmax(x, axis=0)),
]
dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    tolerance = 1000 * np.finfo(dtype).eps
    for activation, axis, expected in cases:
        y = keras_activation(activation, x, axis, dtype)
        np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# Break it
# --------
# What if you don't subtract the maximum? For 1000, infinity is divided by
# infinity. And if you take the logarithm of ``softmax``? It is minus infinity
# for each probability that is too small for a float, where ``log_softmax``
# still has a number.

with np.errstate(all="ignore"):  # NumPy would warn
    textbook = np.exp(x) / np.sum(np.exp(x), axis=-1, keepdims=True)
    log_last = np.log(softmax(x))
print("textbook:", textbook.round(3))
print("log last:", log_last.round(3))
assert not np.allclose(textbook, softmax(x))
assert not np.allclose(log_last, log_softmax(x))

# %%
# See it
# ------
# One logit grows, and the others stay. Together, the probabilities always fill
# the height of 1.

first = np.linspace(-4, 6, 201)
second, third = np.full_like(first, 2), np.zeros_like(first)
p = softmax(np.stack([first, second, third]), axis=0)
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.stackplot(first, p, labels=["first", "second", "third"])
axis.set(title="softmax of [first, 2, 0]", xlabel="first logit")
axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()
