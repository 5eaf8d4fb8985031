r"""
AlphaDropout: dropout that keeps mean 0 and variance 1
======================================================

Networks of ``selu`` rely on a mean of 0 and a variance of 1. ``Dropout`` would
change the variance. In training, ``AlphaDropout`` replaces some entries by the
lowest value of ``selu``, instead of 0, then scales and shifts all of them.

.. math::

   y_i &= a \, (m_i \, x_i + (1 - m_i) \, \alpha') + b \\
   a &= \frac{1}{\sqrt{(1 - p) \, (1 + p \, {\alpha'}^2)}} \\
   b &= -a \, p \, \alpha'

The mask :math:`m` is 0 with the probability :math:`p`, the argument ``rate``,
else 1. The lowest value of ``selu`` is :math:`\alpha' \approx -1.7581`. Here
:math:`a` brings the variance back to 1, and :math:`b` the mean to 0.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import AlphaDropout, Dropout

# %%
# Build it
# --------
# Inputs with mean 0 and variance 1. About a quarter of them are replaced.

x = np.random.default_rng(313).normal(size=(300, 4, 10)).astype("float32")


def call(layer, x):
    return keras.ops.convert_to_numpy(layer(x, training=True))


y = call(AlphaDropout(rate=0.25, seed=7), x)  # (batch, steps, features)

# %%
# Compute it
# ----------
# The same seed draws the same mask. Zeros show it: a zero that is kept becomes
# b, which is positive, and one that is replaced becomes negative. The lowest
# value of ``selu`` is the product of its two constants.

kept = call(AlphaDropout(0.25, seed=7), np.zeros_like(x)) > 0
lowest = -1.6732632423543772 * 1.0507009873554805
replaced = np.where(kept, x, lowest)  # (batch, steps, features)
a = 1 / np.sqrt((1 - 0.25) * (1 + 0.25 * lowest**2))
b = -a * 0.25 * lowest
y_by_hand = a * replaced + b

# %%
# ``alpha_dropout`` takes any rate, and a mask that may broadcast.

from keras_by_hand import alpha_dropout

# %%
# Check it
# --------
# Mean and variance of y are near 0 and 1: they differ by less than 0.1.

np.testing.assert_allclose(y, y_by_hand, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(y, alpha_dropout(x, kept, rate=0.25), 1e-4, 1e-4)
np.testing.assert_array_less(np.abs([np.mean(y), np.var(y) - 1]), 0.1)

# %%
# .. warning:: **Seen in Keras 3.15.1, documentation:** The documentation of
#    ``AlphaDropout`` says that ``rate`` sets the standard deviation of a
#    factor. That is so in ``GaussianDropout``. Here it is the probability that
#    an entry is replaced, as in ``Dropout``.
#
# Three quarters of the entries are kept, to within six standard errors:

error = np.abs(np.mean(kept) - 0.75)
np.testing.assert_array_less(error, 6 * np.sqrt(0.25 * 0.75 / kept.size))

# %%
# Break it
# --------
# After ``selu``, write ``AlphaDropout``. ``Dropout`` multiplies the variance by
# 1 / (1 - rate), here 4 / 3, and does so in each layer.

wrong = call(Dropout(0.25, seed=7), x)
print(f"variance: right {np.var(y):.2f}, wrong {np.var(wrong):.2f}")
np.testing.assert_allclose(np.var(wrong), 4 / 3, rtol=0.1)
assert np.var(wrong) > 1.2 > np.var(y)

# %%
# See it
# ------
# The variance of ``Dropout`` grows with the rate.

rates = np.linspace(0.05, 0.8, 16)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for layer_class, style in ((Dropout, "C1x"), (AlphaDropout, "C0o")):
    variances = [np.var(call(layer_class(rate, seed=7), x)) for rate in rates]
    axis.plot(rates, variances, style, label=layer_class.__name__)
axis.set(title="AlphaDropout keeps a variance of 1, Dropout does not")
axis.set(xlabel="rate", ylabel="variance of y", ylim=(0, None))
axis.legend()
plt.show()
