r"""
selu: keeps mean 0 and variance 1 from layer to layer
=====================================================

In a deep network, outputs can grow or shrink from layer to layer. ``selu``
is self-normalizing and prevents that: it is ``elu`` with two constants, chosen
so that numbers with mean 0 and variance 1 keep both through many layers
``Dense(units, activation="selu", kernel_initializer="lecun_normal")``.

.. math::

   \text{selu}(x) = \begin{cases}
   \lambda \, x & x > 0 \\
   \lambda \, \alpha \, (e^x - 1) & x \le 0
   \end{cases}

Here :math:`\alpha \approx 1.6733`, and :math:`\lambda \approx 1.0507` is
``scale``. (For dropout, see the page "AlphaDropout".)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Inputs with mean 0 and variance 1 go through ten layers of 200 units.

rng = np.random.default_rng(313)
x = rng.normal(size=(500, 200)).astype("float32")  # (batch, features)


def through_ten_layers(activation, initializer):
    y, found = x, []
    for seed in range(10):
        kernel = initializer(seed=seed)
        layer = keras.layers.Dense(200, activation, kernel_initializer=kernel)
        y = keras.ops.convert_to_numpy(layer(y))
        found.append([y.mean(), y.var()])
    return np.array(found)  # (layers, mean and variance)


of_selu = through_ten_layers("selu", keras.initializers.LecunNormal)
print("mean and variance:", of_selu[0].round(2), "to", of_selu[-1].round(2))

# %%
# Compute it
# ----------
# The same seeds give the same kernels. Each layer multiplies by its kernel and
# applies ``selu``. ``np.expm1(x)`` is ``exp(x) - 1``.

alpha, scale = 1.6732632423543772, 1.0507009873554805
by_hand, outputs = [], x
for seed in range(10):
    kernel = keras.initializers.LecunNormal(seed=seed)((200, 200))
    sums = outputs @ keras.ops.convert_to_numpy(kernel)  # (batch, units)
    outputs = scale * np.where(sums > 0, sums, alpha * np.expm1(sums))
    by_hand.append([outputs.mean(), outputs.var()])

# %%
# Check it
# --------
# The kernels are random: mean and variance stay within 0.25 of 0 and 1.

np.testing.assert_allclose(of_selu, by_hand, rtol=1e-4, atol=1e-4)
np.testing.assert_array_less(np.abs(of_selu - [0, 1]), 0.25)

# %%
# In full
# -------
# Why these constants? If ``z`` is standard normal, ``selu(z)`` has mean 0 and
# variance 1. Both are integrals over the density of ``z``.

from keras_by_hand import selu

z = np.linspace(-9, 9, 18001)
density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
mean = np.trapezoid(selu(z) * density, z)
variance = np.trapezoid(selu(z) ** 2 * density, z)
np.testing.assert_allclose([mean, variance], [0, 1], atol=1e-6)

# %%
# Break it
# --------
# ``lecun_normal`` draws weights of variance 1 / inputs. ``he_normal``, for
# ``relu``, has twice that: the outputs of ``selu`` grow from layer to layer.

of_he = through_ten_layers("selu", keras.initializers.HeNormal)
print("last layer: right", of_selu[-1].round(2), "wrong", of_he[-1].round(2))
assert of_he[-1, 1] > 10 * of_selu[-1, 1]

# %%
# See it
# ------
# Only the line of selu with ``lecun_normal`` is flat.

of_relu = through_ten_layers("relu", keras.initializers.LecunNormal)
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.semilogy(of_he[:, 1], "--", label="selu, he_normal")
axis.semilogy(of_selu[:, 1], label="selu, lecun_normal")
axis.semilogy(of_relu[:, 1], ":", label="relu, lecun_normal")
axis.set(title="Variance of the outputs of each layer", xlabel="layer, from 0")
axis.legend()
plt.show()
