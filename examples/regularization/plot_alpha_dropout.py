r"""
AlphaDropout: dropout that keeps mean 0 and variance 1
======================================================

In training, ``AlphaDropout`` replaces some entries by the lowest value of
``selu``, instead of 0, then scales and shifts all of them. So inputs with mean
0 and variance 1 keep both, which networks of ``selu`` rely on.

.. math::

   y_i &= a \, (m_i \, x_i + (1 - m_i) \, \alpha') + b \\
   a &= \frac{1}{\sqrt{(1 - p) \, (1 + p \, {\alpha'}^2)}} \\
   b &= -a \, p \, \alpha'

The mask m is 0 with the probability p, which is the argument ``rate``, else 1.
The lowest value of ``selu`` is :math:`\alpha' \approx -1.7581`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import AlphaDropout, Dropout

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Inputs with mean 0 and variance 1. About a quarter of them are replaced.

x = rng.normal(size=(300, 4, 10)).astype("float32")  # (batch, steps, features)


def call(layer, x, training=True):
    return keras.ops.convert_to_numpy(layer(x, training=training))


y = call(AlphaDropout(rate=0.25, seed=7), x)
print(x[0, 0].round(2), y[0, 0].round(2), sep="\n")
lowest = keras.activations.selu(keras.ops.convert_to_tensor([-100.0]))
print("lowest value of selu:", keras.ops.convert_to_numpy(lowest))

# %%
# Compute it
# ----------
# The same seed draws the same mask. Zeros show it: a zero that is kept becomes
# b, which is positive, and one that is replaced becomes negative. The lowest
# value of ``selu`` is the product of its two constants. a brings the variance
# back to 1, and b the mean to 0.

kept = call(AlphaDropout(0.25, seed=7), np.zeros_like(x)) > 0
lowest_value = -1.6732632423543772 * 1.0507009873554805
replaced = np.where(kept, x, lowest_value)  # (batch, steps, features)
a = 1 / np.sqrt((1 - 0.25) * (1 + 0.25 * lowest_value**2))
b = -a * 0.25 * lowest_value
y_by_hand = a * replaced + b

# %%
# The whole function takes any rate, and a mask that may broadcast.

from keras_by_hand import alpha_dropout

# %%
# Check it
# --------
# In float32 and in float64. (Only TensorFlow computes a whole layer in
# float64.)

np.testing.assert_allclose(y, y_by_hand, rtol=1e-4, atol=1e-4)

expected = alpha_dropout(x.astype("float64"), kept, rate=0.25)
tensorflow = keras.backend.backend() == "tensorflow"
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    layer = AlphaDropout(0.25, seed=7, dtype=dtype)
    tolerance = 1000 * np.finfo(dtype).eps
    np.testing.assert_allclose(call(layer, x), expected, tolerance, tolerance)
    np.testing.assert_array_equal(call(layer, x, training=False), x)

# %%
# Mean and variance of y are near 0 and 1, within 6 standard errors.

square = y**2
error = np.abs([np.mean(y), np.mean(square) - 1])
limit = 6 * np.array([np.std(y), np.std(square)]) / np.sqrt(y.size)
np.testing.assert_array_less(error, limit)

# %%
# .. warning:: **Seen in Keras 3.15.1, documentation:** The documentation of
#    ``AlphaDropout`` says that ``rate`` sets the standard deviation of a
#    factor. That is so in ``GaussianDropout``. Here it is the probability that
#    an entry is replaced, as in ``Dropout``.

error = np.abs(np.mean(kept) - 0.75)
np.testing.assert_array_less(error, 6 * np.sqrt(0.25 * 0.75 / kept.size))

# %%
# With ``noise_shape``, entries share a draw along each axis of length 1: here
# the same features are replaced at all steps. (None means the length in x.)

layer = AlphaDropout(0.25, noise_shape=(None, 1, 10), seed=7)
y_shared = call(layer, x)
shared = call(AlphaDropout(0.25, seed=7), np.zeros((300, 1, 10))) > 0
expected = alpha_dropout(x, shared, rate=0.25)
tolerance = 1000 * np.finfo("float32").eps
np.testing.assert_allclose(y_shared, expected, tolerance, tolerance)

# %%
# Break it
# --------
# Would you use ``Dropout`` after ``selu``? At a mean of 0, it multiplies the
# variance by 1 / (1 - rate), here 4 / 3, and does so in each layer.

wrong = call(Dropout(0.25, seed=7), x)
print(f"variance: {np.var(y):.2f}, after Dropout {np.var(wrong):.2f}")
assert not np.allclose(np.var(wrong), 1, atol=0.1)

# %%
# See it
# ------

rates = np.linspace(0.05, 0.8, 16)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for layer_class, style in ((Dropout, "C1x"), (AlphaDropout, "C0o")):
    variances = [np.var(call(layer_class(rate, seed=7), x)) for rate in rates]
    axis.plot(rates, variances, style, label=layer_class.__name__)
axis.axhline(1, color="gray", linewidth=0.8)
axis.set(title="AlphaDropout keeps a variance of 1, Dropout does not")
axis.set(xlabel="rate", ylabel="variance of y", ylim=(0, None))
axis.legend()
plt.show()
