r"""
GRU reset_after: two formulas, two shapes of bias
=================================================

There are two kinds of ``GRU``. By default, the reset gate comes after the
recurrent product, as in cuDNN and PyTorch. With ``reset_after=False`` it comes
before the product, and the layer has one bias instead of two.

.. math::

   \text{after:} \quad g &= \tanh(x_g + r \odot h_g) \\
   h_g &= h \, U_g + b' \\
   \text{before:} \quad g &= \tanh(x_g + (r \odot h) \, U_g)

Only the first kind has the second bias, b'. The rest of the step is the same.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Without sigmoid, these gates are their biases: the update gate z is 0, so the
# new state is the candidate g. The reset gates r of the three units are 1, 0
# and 1. Without tanh, whole numbers stay whole.

x = rng.integers(-9, 10, size=(2, 4))  # (batch, features)
h = rng.integers(-9, 10, size=(2, 3))  # the old state: (batch, units)
kernel = np.hstack([np.zeros((4, 6)), rng.integers(-9, 10, size=(4, 3))])
kernel_g = rng.integers(-9, 10, size=(3, 3))  # U_g: (units, units)
bias = np.array([0, 0, 0, 1, 0, 1, 3, -2, 5])  # of z, r and g
recurrent_bias = np.array([0, 0, 0, 0, 0, 0, 7, 4, -6])


def keras_step(h, kernel_g, bias, reset_after):
    cell = keras.layers.GRUCell(3, "linear", "linear", reset_after=reset_after)
    cell.build(x.shape)
    recurrent_kernel = np.hstack([np.zeros((3, 6)), kernel_g])
    cell.set_weights([kernel, recurrent_kernel, bias])
    h, _ = cell(np.float32(x), [np.float32(h)])
    return keras.ops.convert_to_numpy(h)


y_after = keras_step(h, kernel_g, np.stack([bias, recurrent_bias]), True)
y_before = keras_step(h, kernel_g, bias, False)

# %%
# Compute it
# ----------
# A reset gate of 0 hides all old states from its own unit (after), or the old
# state of its own unit from all units (before).


def candidate_after(x_g, h, r, kernel_g, bias_g):
    """The sum inside tanh, with reset_after (Cho et al., 2014, version 1).

    x_g, h and r: (batch, units), kernel_g: (units, units), bias_g: (units,).
    """
    return x_g + r * (h @ kernel_g + bias_g)


def candidate_before(x_g, h, r, kernel_g):
    """The same without reset_after (Cho et al., 2014, version 3)."""
    return x_g + (r * h) @ kernel_g


# %%
# Check it
# --------
# Both kinds are equal to the bit.

r = np.array([1, 0, 1])
x_g = x @ kernel[:, 6:] + bias[6:]
expected = candidate_after(x_g, h, r, kernel_g, recurrent_bias[6:])
np.testing.assert_array_equal(y_after, np.float32(expected), strict=True)
expected = candidate_before(x_g, h, r, kernel_g)
np.testing.assert_array_equal(y_before, np.float32(expected), strict=True)

# %%
# Both kinds agree if the recurrent bias of g is 0, and one of these is true:
# the old state is 0, as in the first step; or all reset gates are equal; or
# each unit reads only its own old state, as in a GRU of one unit.

equal_gates = np.array([0, 0, 0, 2, 2, 2, 3, -2, 5])
for old, kernel_of_g, one_bias in (
    (np.zeros_like(h), kernel_g, bias),
    (h, kernel_g, equal_gates),
    (h, np.diag([2, -3, 4]), bias),
):
    two_biases = np.stack([one_bias, np.zeros(9)])
    after = keras_step(old, kernel_of_g, two_biases, True)
    before = keras_step(old, kernel_of_g, one_bias, False)
    np.testing.assert_array_equal(after, before)

# %%
# .. warning:: **Seen in Keras 3.15.1, documentation:** The documentation of
#    ``GRU`` calls the gate before the product the default. The default is
#    ``reset_after=True``.

np.testing.assert_equal(keras.layers.GRU(3).reset_after, True)

# %%
# Break it
# --------
# Your weights have one bias. Would you add a second bias of zeros, so that all
# shapes fit the default? Set ``reset_after=False`` instead.

wrong = keras_step(h, kernel_g, np.stack([bias, np.zeros(9)]), True)
print(f"{np.mean(y_before == wrong):.0%} of the entries are right")
assert np.any(y_before != wrong)

# %%
# See it
# ------
# In unit 1 the reset gate is 0. The candidate reads the old state through one
# of these matrices: U_g with its columns times r, or with its rows times r.

panels = {"after": kernel_g * r, "before": kernel_g * r[:, np.newaxis]}
fig, axes = plt.subplots(1, 2, figsize=(6, 2.8), layout="constrained")
fig.suptitle("A reset gate of 0 hides a column, or a row, of the kernel")
for axis, (title, values) in zip(axes, panels.items()):
    axis.imshow(values, cmap="PuOr", vmin=-20, vmax=20)
    for (row, column), value in np.ndenumerate(values):
        axis.text(column, row, value, ha="center", va="center", color="k")
    axis.set(title=title, xlabel="to unit", ylabel="from unit")
    axis.set(xticks=range(3), yticks=range(3))
plt.show()
