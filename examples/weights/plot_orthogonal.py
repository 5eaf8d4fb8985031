r"""
Orthogonal and OrthogonalRegularizer: weights at right angles
=============================================================

The initializer ``Orthogonal`` starts with columns at right angles, and the
regularizer adds a penalty to the loss when rows or columns leave them.

.. math::

   W &= \text{gain} \cdot Q, \qquad Q^T Q = I \\
   \text{penalty} &= \text{factor} \cdot
   \operatorname{mean} \left|\cos \angle(w_i, w_j)\right|

Here :math:`Q` comes from a normal draw, and the mean is over all pairs. A
kernel at right angles changes the length of no input, however many layers
follow.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------

initializer = keras.initializers.Orthogonal(gain=3, seed=7)
regularizer = keras.regularizers.OrthogonalRegularizer(0.5, mode="columns")
dense = keras.layers.Dense(
    8, kernel_initializer=initializer, kernel_regularizer=regularizer
)
dense.build((None, 16))
kernel = dense.get_weights()[0]  # (features, units)
print((kernel.T @ kernel).round(3))

# %%
# Compute it
# ----------
# The decomposition in :math:`Q` and a triangular matrix leaves the signs of the
# columns open. They are chosen so that its diagonal is positive.


def orthogonal(draw, gain=1.0):
    """Columns at right angles, or rows if they are fewer (Saxe et al., 2014).

    draw: (rows, columns), normal. Returns the same shape.
    """
    tall = draw.shape[0] >= draw.shape[1]
    q, r = np.linalg.qr(draw if tall else draw.T)
    q = gain * q * np.sign(np.diag(r))
    return q if tall else q.T


def orthogonal_regularizer(w, factor=0.01, mode="rows"):
    """The penalty of w, (rows, columns) (Keras, OrthogonalRegularizer)."""
    w = w if mode == "rows" else w.T
    length = np.sqrt(np.sum(np.square(w), axis=1, keepdims=True))
    w = w / np.maximum(length, 1e-12)
    return factor * np.mean(np.abs(w @ w.T)[np.triu_indices(len(w), k=1)])


# %%
# Check it
# --------
# With the same seed, Keras draws the same normal numbers. It draws a tall
# matrix for a wide kernel as well, and transposes what it gets.

tolerance = 1000 * np.finfo("float32").eps
normal = keras.initializers.RandomNormal(0, 1, seed=7)((16, 8))
normal = keras.ops.convert_to_numpy(normal).astype("float64")
expected = orthogonal(normal, gain=3)
np.testing.assert_allclose(kernel, expected, tolerance, tolerance)

wide = keras.initializers.Orthogonal(seed=7)((8, 16))
wide = keras.ops.convert_to_numpy(wide)
np.testing.assert_allclose(wide, orthogonal(normal.T), tolerance, tolerance)

# %%
# The new kernel has no penalty. These whole numbers have one.

np.testing.assert_allclose(float(dense.losses[0]), 0, atol=tolerance)
kernel = np.array([[2, -1], [-3, 1], [1, 4]])
w = keras.ops.convert_to_tensor(kernel, "float32")
columns = orthogonal_regularizer(kernel, 0.5, mode="columns")
rows = orthogonal_regularizer(kernel)
by_name = keras.regularizers.get("orthogonal_regularizer")
print(f"columns {columns:.4f} and rows {rows:.4f}")
np.testing.assert_allclose(float(regularizer(w)), columns, rtol=tolerance)
np.testing.assert_allclose(float(by_name(w)), rows, rtol=tolerance)

# %%
# Break it
# --------
# Would you use the :math:`Q` of ``np.linalg.qr`` as it comes? It is at right
# angles too, but it is another matrix.

assert not np.allclose(np.linalg.qr(normal)[0], orthogonal(normal))

# %%
# See it
# ------
# A circle, before and after a kernel of two features and two units. Only the
# orthogonal one keeps it a circle.

angle = np.linspace(0, 2 * np.pi, 100)
circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
draw = np.random.default_rng(313).normal(size=(2, 2))
fig, axis = plt.subplots(figsize=(6, 3.4))
axis.plot(*(circle @ draw).T, label="normal draw")
axis.plot(*(circle @ orthogonal(draw)).T, label="orthogonal")
axis.set(title="What a kernel makes of a circle", aspect="equal")
axis.set(xlabel="first unit", ylabel="second unit")
axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()
