r"""
L1, L2 and L1L2 regularizers: what they add to the loss
=======================================================

A regularizer adds a penalty to the loss, so training makes the weights smaller.
L1 pulls each weight towards zero by the same amount, L2 by a part of itself.

.. math::

   \text{L1} &= \lambda \sum |w| \\
   \text{L2} &= \lambda \sum w^2

A layer may have one for its kernel, its bias, and its output (*activity*),
which is divided by the number of samples.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------

x = [[1, 2, 0], [-1, 0, 2], [2, -2, 1], [1, 1, -1]]
x = np.array(x)  # (batch, features)
targets = np.array([[1, -2], [2, 5], [9, 0], [-2, -3]])  # (batch, units)
kernel = np.array([[2, -1], [-3, 1], [1, 4]])  # (features, units)
bias = np.array([3, -2])  # (units,)

dense = keras.layers.Dense(
    2,
    kernel_regularizer=keras.regularizers.L1L2(l1=0.5, l2=0.25),
    bias_regularizer=keras.regularizers.L2(0.5),
    activity_regularizer=keras.regularizers.L1(0.5),
)
model = keras.Sequential([keras.Input(shape=(3,)), dense])
model.compile(keras.optimizers.SGD(1 / 16), loss="mse")
dense.set_weights([kernel, bias])
loss = model.train_on_batch(x, targets)

# %%
# Compute it
# ----------


def l1(w, l1=0.01):
    """The penalty of w, of any shape (Keras documentation, L1)."""
    return l1 * np.sum(np.abs(w))


def l2(w, l2=0.01):
    """The penalty of w, of any shape, not halved (Keras, L2)."""
    return l2 * np.sum(np.square(w))


def l1l2(w, l1=0.0, l2=0.0):
    """The sum of both penalties of w, of any shape (Keras, L1L2)."""
    return l1 * np.sum(np.abs(w)) + l2 * np.sum(np.square(w))


# %%
# Check it
# --------
# Powers of two leave nothing to round: the loss and the step along its slope
# are equal to the bit.

y = x @ kernel + bias
error = y - targets
penalties = [l1(y, 0.5) / len(x), l1l2(kernel, 0.5, 0.25), l2(bias, 0.5)]
np.testing.assert_array_equal(loss, np.mean(error**2) + sum(penalties))

slope = 2 * error / error.size + 0.5 * np.sign(y) / len(x)
kernel_slope = x.T @ slope + 0.5 * np.sign(kernel) + 2 * 0.25 * kernel
bias_slope = slope.sum(axis=0) + 2 * 0.5 * bias
new_kernel, new_bias = dense.get_weights()
np.testing.assert_array_equal(new_kernel, kernel - kernel_slope / 16)
np.testing.assert_array_equal(new_bias, bias - bias_slope / 16)

# %%
# ``losses`` holds the penalties, that of the activity first. A layer may add
# its own with ``add_loss``, mostly in its ``call``.

dense.set_weights([kernel, bias])
dense(x)
dense.add_loss(keras.ops.convert_to_tensor(0.125))
expected = [penalties[0], 0.125, *penalties[1:]]
np.testing.assert_array_equal([float(p) for p in dense.losses], expected)

# %%
# .. warning:: **Seen in Keras 3.15.1:** the name ``"l1l2"`` adds nothing, as
#    its factors are 0. The documentation says that they are 0.01, and that the
#    name is ``"l1_l2"``, which raises an error.

w = keras.ops.convert_to_tensor(kernel, "float32")
penalties = [float(keras.regularizers.get(n)(w)) for n in ("l1", "l2", "l1l2")]
np.testing.assert_allclose(penalties, [l1(kernel), l2(kernel), 0], rtol=1e-4)
np.testing.assert_equal(l1l2(kernel), 0)
with np.testing.assert_raises(ValueError):
    keras.regularizers.get("l1_l2")

# %%
# Break it
# --------
# Would you halve the squares, as textbooks do, or forget the batch?

assert loss != loss - l2(kernel, 0.25) / 2 - l2(bias, 0.5) / 2
assert loss != loss - l1(y, 0.5) / len(x) + l1(y, 0.5)

# %%
# See it
# ------
# What the penalty alone does to a weight of 1, with a learning rate of 0.1.

steps = np.arange(60)
fig, axis = plt.subplots(figsize=(6, 3.4))
axis.plot(steps, np.maximum(0, 1 - 0.1 * 0.25 * steps), label="L1(0.25)")
axis.plot(steps, (1 - 0.1) ** steps, label="L2(0.5)")
axis.set(title="A weight under its penalty", xlabel="step", ylabel="weight")
axis.legend()
plt.show()
