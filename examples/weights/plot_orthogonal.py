r"""
Orthogonal: first weights that keep the length of an input
==========================================================

A signal that grows or fades in each layer is lost in a deep network. The
initializer ``Orthogonal`` draws a kernel whose columns are at right angles to
each other and of the same length, the ``gain``:

.. math:: W = \text{gain} \cdot Q, \qquad Q^T Q = I

:math:`W` is the kernel, :math:`I` the identity matrix. A square kernel with
gain 1 changes the length of no input. A kernel with more columns than rows has
its rows at right angles instead.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# A column times itself is the gain squared, 9. A column times another is 0.

initializer = keras.initializers.Orthogonal(gain=3, seed=7)
dense = keras.layers.Dense(4, kernel_initializer=initializer)
dense.build((None, 16))
kernel = dense.get_weights()[0]  # (features, units)
print((kernel.T @ kernel).round(3) + 0)

# %%
# Compute it
# ----------
# With the same seed, ``RandomNormal`` draws the normal numbers that
# ``Orthogonal`` begins with. Their QR decomposition, ``draw = q @ r``, makes
# columns at right angles. But it leaves open which way each of them points.
# Turn those where the diagonal of r is negative. Last, multiply by the gain.

plain = keras.initializers.RandomNormal(0, 1, seed=7)
draw = keras.ops.convert_to_numpy(plain((16, 4)))  # (features, units)
q, r = np.linalg.qr(draw)
signs = np.sign(np.diag(r))  # (units,)
orthogonal_kernel = 3 * q * signs  # (features, units)

# %%
# Check it
# --------
# ``orthogonal`` also makes wide kernels: it transposes the numbers first. A
# square kernel keeps the length of an input, here 11.

from keras_by_hand import orthogonal

np.testing.assert_allclose(kernel, orthogonal_kernel, rtol=1e-4, atol=1e-4)
wide = keras.initializers.Orthogonal(seed=7)((4, 16))
wide = keras.ops.convert_to_numpy(wide)
np.testing.assert_allclose(wide, orthogonal(draw.T), rtol=1e-4, atol=1e-4)
square = keras.initializers.Orthogonal(seed=7)((4, 4))
y = [1, 2, -4, 10] @ keras.ops.convert_to_numpy(square)
np.testing.assert_allclose(np.linalg.norm(y), 11, rtol=1e-4)

# %%
# Break it
# --------
# Without the signs, the columns are at right angles, too. But some of them
# point the other way, so the first weights are others.

wrong = 3 * q
print("right:", kernel[0].round(2), "wrong:", wrong[0].round(2))
assert not np.allclose(kernel, wrong)

# %%
# See it
# ------
# Points on a circle are inputs of two features. The orthogonal kernel returns
# points of the same circle, the normal one stretches it.

angle = np.linspace(0, 2 * np.pi, 100)
circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
normal = np.random.default_rng(313).normal(size=(2, 2))
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
for matrix, label in [(normal, "normal"), (orthogonal(normal), "orthogonal")]:
    first_unit, second_unit = (circle @ matrix).T
    axis.plot(first_unit, second_unit, label=label)
axis.set(title="What two kernels make of a circle", aspect="equal")
axis.set(xlabel="first unit", ylabel="second unit")
axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()
