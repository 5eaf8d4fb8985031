r"""
selu: keeps mean 0 and variance 1 from layer to layer
=====================================================

``selu`` is ``elu`` with two fixed constants. They are chosen so that numbers
with mean 0 and variance 1 keep both through many ``Dense`` layers, if the
kernels come from ``lecun_normal``.

.. math::

   \text{selu}(x) = \begin{cases}
   \lambda \, x & x > 0 \\
   \lambda \, \alpha \, (e^x - 1) & x \le 0
   \end{cases}

where :math:`\alpha \approx 1.6733` and :math:`\lambda \approx 1.0507`. Above 0
the derivative is :math:`\lambda`, below :math:`\lambda \, \alpha \, e^x`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from derivative import derivative_in_training

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Inputs with mean 0 and variance 1 go through ten layers of 200 units.

x = rng.normal(size=(500, 200)).astype("float32")  # (batch, features)


def through_ten_layers(activation, initializer):
    """Mean and variance of the outputs of each layer, (layers, 2)."""
    y = x
    found = []
    for seed in range(10):
        kernel = initializer(seed=seed)
        layer = keras.layers.Dense(200, activation, kernel_initializer=kernel)
        y = keras.ops.convert_to_numpy(layer(y))
        found.append([y.mean(), y.var()])
    return np.array(found)


of_selu = through_ten_layers("selu", keras.initializers.LecunNormal)
print("mean, variance:\n", of_selu.round(2))

# %%
# Compute it
# ----------
# The same seeds give the same kernels. Each layer multiplies by its kernel and
# applies ``selu``: ``elu`` with a fixed ``alpha``, and all of it times a fixed
# ``scale``. ``np.expm1(x)`` is ``exp(x) - 1`` without the loss of digits near
# zero.

alpha, scale = 1.6732632423543772, 1.0507009873554805
by_hand, outputs = [], x
for seed in range(10):
    kernel = keras.initializers.LecunNormal(seed=seed)((200, 200))
    sums = outputs @ keras.ops.convert_to_numpy(kernel)  # (batch, units)
    outputs = scale * np.where(sums > 0, sums, alpha * np.expm1(sums))
    by_hand.append([outputs.mean(), outputs.var()])

# %%
# The whole function does not overflow for large numbers.

from keras_by_hand import selu

# %%
# Check it
# --------
# First the values, then the derivatives that training uses (see the page
# "Custom activation"). Only TensorFlow computes in float64 throughout.

z = np.arange(-4.75, 5, 0.5)  # without 0, where selu has a kink
alpha, scale = 1.6732632423543772, 1.0507009873554805
derivatives = np.where(z > 0, scale, scale * alpha * np.exp(z))
dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    tolerance = 1000 * np.finfo(dtype).eps
    y = keras.activations.selu(z.astype(dtype))
    np.testing.assert_allclose(y, selu(z), tolerance, tolerance)
    slopes = derivative_in_training("selu", z, dtype)
    np.testing.assert_allclose(slopes, derivatives, tolerance, tolerance)

# %%
# If ``z`` is standard normal, ``selu(z)`` has mean 0 and variance 1: the two
# integrals below. These two conditions determine the two constants.

z = np.linspace(-9, 9, 18001)
density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
mean = np.trapezoid(selu(z) * density, z)
variance = np.trapezoid(selu(z) ** 2 * density, z)
np.testing.assert_allclose([mean, variance], [0, 1], atol=1e-6)

# %%
# ``lecun_normal`` draws kernels with variance ``1 / features``. So each sum of
# products has about the variance of the inputs. As the kernels are random, mean
# and variance of the outputs are only near 0 and 1.

np.testing.assert_allclose(of_selu[:, 0], 0, atol=0.1)
np.testing.assert_allclose(of_selu[:, 1], 1, atol=0.25)

# %%
# With the same kernels, NumPy finds the same means and variances.

np.testing.assert_allclose(of_selu, by_hand, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Will ``he_normal`` do, as it does for ``relu``? No: its kernels have twice the
# variance, and the outputs grow from layer to layer.

of_he = through_ten_layers("selu", keras.initializers.HeNormal)
print("mean, variance at the end:", of_he[-1])
assert not np.allclose(of_he, [0, 1], atol=0.25)

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
