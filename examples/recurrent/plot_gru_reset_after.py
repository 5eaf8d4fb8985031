r"""
GRU reset_after: two formulas, two shapes of bias
=================================================

There are two kinds of ``GRU``, and weights trained for one are wrong in the
other. By default, the reset gate comes after the recurrent product, as in cuDNN
and PyTorch, and the bias has two rows. With ``reset_after=False``, as in
version 3 of the paper by Cho et al. (2014), it comes before the product, and
the bias is one row.

.. math::

   \text{after:} \quad g &= \tanh(x_g + r \odot (h \, U_g + b')) \\
   \text{before:} \quad g &= \tanh(x_g + (r \odot h) \, U_g)

:math:`g` is the candidate for the new state, :math:`r` the reset gate, and
:math:`h` the old state. :math:`x_g` is made of the input, :math:`U_g` is the
part of the recurrent kernel that belongs to :math:`g`, and :math:`b'` that of
the second bias. The rest is the same: see the page "GRU". By default, a ``GRU``
has ``3 * units * (features + units + 2)`` parameters. With
``reset_after=False``, it has ``3 * units * (features + units + 1)``.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# One step of three units, without sigmoid and tanh, so that whole numbers stay
# whole. The biases set the gates: the update gate z to 0, so that the new state
# is the candidate, and the reset gates r to 1, 0 and 1.

x = rng.integers(-9, 10, size=(2, 4)).astype("float32")  # (batch, features)
h = rng.integers(-9, 10, size=(2, 3)).astype("float32")  # (batch, units)
kernel = np.hstack([np.zeros((4, 6)), rng.integers(-9, 10, size=(4, 3))])
u_g = rng.integers(-9, 10, size=(3, 3))  # (units, units)
bias = np.array([0, 0, 0, 1, 0, 1, 3, -2, 5])  # of z, r and g
second_bias = np.array([0, 0, 0, 0, 0, 0, 7, 4, -6])


def keras_step(bias, reset_after):
    cell = keras.layers.GRUCell(3, "linear", "linear", reset_after=reset_after)
    cell.build(x.shape)
    cell.set_weights([kernel, np.hstack([np.zeros((3, 6)), u_g]), bias])
    return keras.ops.convert_to_numpy(cell(x, [h])[0])


after = keras_step(np.stack([bias, second_bias]), reset_after=True)
before = keras_step(bias, reset_after=False)

# %%
# Compute it
# ----------
# Here, the reset gate of unit 1 is 0. After: the candidate of unit 1 sees no
# old state. Before: no candidate sees the old state of unit 1.

r = np.array([1, 0, 1])
x_g = x @ kernel[:, 6:] + bias[6:]
g_after = x_g + r * (h @ u_g + second_bias[6:])
g_before = x_g + (r * h) @ u_g

# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, documentation:** The documentation of
#    ``GRU`` calls the gate before the product the default. The default is
#    ``reset_after=True``.
np.testing.assert_array_equal(after, np.float32(g_after), strict=True)
np.testing.assert_array_equal(before, np.float32(g_before), strict=True)
np.testing.assert_equal(keras.layers.GRU(3).reset_after, True)
for reset_after, rows in [(True, 2), (False, 1)]:  # rows of the bias
    cell = keras.layers.GRUCell(3, reset_after=reset_after)
    cell.build(x.shape)
    np.testing.assert_equal(cell.count_params(), 3 * 3 * (4 + 3 + rows))

# %%
# Break it
# --------
# Your weights have one row of biases, so they are of the kind "before". Suppose
# you add a row of zeros, so that all shapes fit the default: there is no error,
# but the numbers are wrong. Set ``reset_after=False`` instead.
wrong = keras_step(np.stack([bias, np.zeros(9)]), reset_after=True)
print("right:", before[0], "wrong:", wrong[0])
assert np.any(before != wrong)

# %%
# See it
# ------
# In unit 1 the reset gate is 0. The candidate reads the old state through one
# of these matrices: U_g with its columns times r, or with its rows times r.

panels = {"after": u_g * r, "before": u_g * r[:, np.newaxis]}
fig, axes = plt.subplots(1, 2, figsize=(6, 2.8), layout="constrained")
fig.suptitle("A reset gate of 0 hides a column, or a row, of the kernel")
for axis, (title, values) in zip(axes, panels.items()):
    axis.imshow(values, cmap="PuOr", vmin=-20, vmax=20)
    for (row, column), value in np.ndenumerate(values):
        axis.text(column, row, value, ha="center", va="center", color="k")
    axis.set(title=title, xlabel="to unit", ylabel="from unit")
    axis.set(xticks=range(3), yticks=range(3))
plt.show()
