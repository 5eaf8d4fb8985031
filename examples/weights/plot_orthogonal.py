r"""
Orthogonal weights: the initializer and OrthogonalRegularizer
=============================================================

A signal that grows or fades in each layer is lost in a deep network. The
initializer ``Orthogonal`` draws a kernel whose columns are at right angles to
each other and of the same length, the ``gain``:

.. math:: W = \text{gain} \cdot Q, \qquad Q^T Q = I

:math:`W` is the kernel, :math:`I` the identity. With gain 1, a square kernel
changes no length. In training, ``OrthogonalRegularizer`` keeps right angles.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.regularizers import OrthogonalRegularizer

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
# ``orthogonal`` does the same. If a kernel has more columns than rows, Keras
# draws its transpose: for shape (4, 16), write ``orthogonal(draw.T)``.

from keras_by_hand import orthogonal, orthogonal_regularizer

np.testing.assert_allclose(kernel, orthogonal_kernel, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(3 * orthogonal(draw), orthogonal_kernel)

# %%
# Break it
# --------
# Suppose you leave out the signs. The columns are still at right angles, but
# some point the other way: these are not the first weights of Keras.

wrong = 3 * q
print("right:", kernel[0].round(2), "wrong:", wrong[0].round(2))
assert not np.allclose(kernel, wrong)

# %%
# ``OrthogonalRegularizer(0.5)`` adds to the loss 0.5 times the mean of
# :math:`|\cos|` of the angles between rows, over all pairs. But the units of a
# ``Dense`` layer are columns: pass ``mode="columns"``, too.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** With ``mode="columns"``,
#    ``OrthogonalRegularizer`` makes the loss NaN for a kernel of one column.
#
# .. warning:: **Seen in Keras 3.15.1, error:** On TensorFlow,
#    ``OrthogonalRegularizer`` raises an error for a ``float64`` kernel.

w = keras.ops.convert_to_tensor(kernel)
by_columns = OrthogonalRegularizer(0.5, mode="columns")
of_columns, of_rows = float(by_columns(w)), float(OrthogonalRegularizer(0.5)(w))
print(f"penalty: right {of_columns:.2f}, wrong {of_rows:.2f}")
np.testing.assert_allclose(of_columns, 0, atol=1e-4)
np.testing.assert_allclose(of_rows, orthogonal_regularizer(kernel, 0.5), 1e-4)
print("penalty of one column:", float(by_columns(w[:, :1])))
np.testing.assert_equal(float(by_columns(w[:, :1])), np.nan)
if keras.backend.backend() == "tensorflow":
    np.testing.assert_raises(Exception, by_columns, np.float64(kernel))

# %%
# See it
# ------
# Points on a circle are inputs of two features. The orthogonal kernel returns
# points of the same circle, radius 1. The normal one stretches it.

angle = np.linspace(0, 2 * np.pi, 100)
circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
normal = np.random.default_rng(313).normal(size=(2, 2))
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
for matrix, label in [(normal, "normal"), (orthogonal(normal), "orthogonal")]:
    first_unit, second_unit = (circle @ matrix).T
    axis.plot(first_unit, second_unit, label=label)
np.testing.assert_allclose(first_unit**2 + second_unit**2, 1)
axis.set(title="What two kernels make of a circle", aspect="equal")
axis.set(xlabel="first unit", ylabel="second unit")
axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()
