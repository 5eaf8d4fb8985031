r"""
Orthogonal: first weights that keep the length of an input
==========================================================

The initializer ``Orthogonal`` draws a kernel whose columns are at right angles
to each other, and all of the same length. That length is the ``gain``:

.. math:: W = \text{gain} \cdot Q, \qquad Q^T Q = I

A square kernel with gain 1 changes the length of no input. So a signal neither
grows nor fades on its way through many such layers. A kernel with more columns
than rows has its rows at right angles instead.
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
# With the same seed, ``RandomNormal`` draws the same numbers as ``Orthogonal``.
# The QR decomposition of normal numbers, ``draw = q @ r``, leaves the signs of
# q's columns open. We choose them so that the diagonal of r is positive. Then
# every :math:`Q` is equally likely, and the result is the same everywhere.
# Last, multiply by the gain.

plain = keras.initializers.RandomNormal(0, 1, seed=7)
q, r = np.linalg.qr(keras.ops.convert_to_numpy(plain((16, 4))))
signs = np.sign(np.diag(r))  # (units,)
orthogonal_kernel = 3 * q * signs  # (features, units)

# %%
# The whole function also takes wide matrices: it transposes them.

from keras_by_hand import orthogonal

# %%
# Check it
# --------
# With the same seed, Keras draws the same normal numbers. They always have the
# shape of a tall matrix: for a wide kernel, Keras transposes the result.

np.testing.assert_allclose(kernel, orthogonal_kernel, rtol=1e-4, atol=1e-4)


def drawn(initializer, shape, dtype):
    return keras.ops.convert_to_numpy(initializer(shape, dtype=dtype))


dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    tolerance = 1000 * np.finfo(dtype).eps
    normal = keras.initializers.RandomNormal(0, 1, seed=7)
    draw = drawn(normal, (16, 4), dtype).astype("float64")

    tall = drawn(initializer, (16, 4), dtype)
    expected = orthogonal(draw, gain=3)
    np.testing.assert_allclose(tall, expected, tolerance, tolerance)

    wide = drawn(keras.initializers.Orthogonal(seed=7), (4, 16), dtype)
    expected = orthogonal(draw.T)
    np.testing.assert_allclose(wide, expected, tolerance, tolerance)
    print(f"{dtype}: largest error {np.abs(wide - expected).max():.1e}")

# %%
# The kernel of the layer is one of these. A square one keeps all lengths.

np.testing.assert_array_equal(kernel, drawn(initializer, (16, 4), "float32"))
square = orthogonal(np.random.default_rng(313).normal(size=(4, 4)))
x = np.array([1, 2, -4, 10])  # of length 11
np.testing.assert_allclose(np.linalg.norm(x @ square), 11)

# %%
# Break it
# --------
# Would you leave out the signs? The columns of ``np.linalg.qr`` are at right
# angles as well, but some of them point the other way.

q = 3 * np.linalg.qr(draw)[0]
print("columns with the other sign:", np.sum(np.sum(q * kernel, axis=0) < 0))
assert not np.allclose(q, kernel)

# %%
# See it
# ------
# Points on a circle are inputs of two features. The orthogonal kernel returns
# points of the same circle.

angle = np.linspace(0, 2 * np.pi, 100)
circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
draw = np.random.default_rng(313).normal(size=(2, 2))
fig, axis = plt.subplots(figsize=(6, 3.4))
for kernel, label in [(draw, "normal"), (orthogonal(draw), "orthogonal")]:
    first_unit, second_unit = (circle @ kernel).T
    axis.plot(first_unit, second_unit, label=label)
axis.set(title="What two kernels make of a circle", aspect="equal")
axis.set(xlabel="first unit", ylabel="second unit")
axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()
