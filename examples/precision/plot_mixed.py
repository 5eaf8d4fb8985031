r"""
mixed_float16 and mixed_bfloat16: weights stay in float32
=========================================================

A ``mixed_float16`` or ``mixed_bfloat16`` layer stores its weights in float32,
and rounds them to 16 bits in each call. Training changes the stored weights, so
small steps are not lost.

.. math::

   y &= r\left(r(z) + r(b)\right), \quad z = r(x) \, r(W) \\
   W &\leftarrow \begin{cases}
   W - \eta \, g & \text{mixed} \\
   r(W - \eta \, g) & \text{16 bits only}
   \end{cases}

Here :math:`r` rounds to 16 bits, :math:`g` is the gradient and :math:`\eta` the
learning rate. The bias is trained in the same way.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand.precision import bfloat16, dense_16_bits, float16

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Four layers start with the same weights. Each row of x has one nonzero entry,
# a power of two, so the products need no rounding. The targets are out of
# reach: the gradient of the mean absolute error is the same in every step.

kernel = np.float32(rng.normal(size=(3, 2)))  # (features, units)
bias = np.float32([0.7, -1.9])  # (units,)
x = np.array([[1, 0, 0], [0, -8, 0], [0, 0, 1 / 16], [0, 0, 2]])
target = np.full((4, 2), 100)  # (batch, units)
learning_rate = 2**-9


def keras_dense(policy):
    """What the layer returns, and its bias after 0 to 20 steps."""
    inputs = keras.Input(shape=(3,))
    dense = keras.layers.Dense(2, dtype=policy)
    model = keras.Model(inputs, dense(inputs))
    dense.set_weights([kernel, bias])
    y = keras.ops.convert_to_numpy(model(x))  # (batch, units)
    sgd = keras.optimizers.SGD(learning_rate)
    model.compile(sgd, loss="mean_absolute_error")
    biases = [dense.get_weights()[1]]
    for _ in range(20):
        model.train_on_batch(x, target)
        biases.append(dense.get_weights()[1])
    return y, np.stack(biases)


# %%
# Compute it
# ----------


def weights_after_steps(weights, gradient, rounded, steps=20):
    """The weights as they are stored, after 0 to 20 steps with SGD."""
    path = [rounded(weights)]
    for _ in range(steps):
        path.append(rounded(path[-1] - learning_rate * gradient))
    return np.stack(path)


# %%
# Check it
# --------
# A mixed layer returns the same as one of 16 bits only, from the same weights.
# The gradient of the bias is -1 for each of the outputs, divided by their 2
# units: the mean absolute error is a mean over units and samples.

gradient = np.float32(-1 / 2)
paths = {}
for policy, rounded, stored_dtype, stored in [
    ("mixed_float16", float16, "float32", np.float32),
    ("float16", float16, "float16", float16),
    ("mixed_bfloat16", bfloat16, "float32", np.float32),
    ("bfloat16", bfloat16, "bfloat16", bfloat16),
]:
    y, biases = keras_dense(policy)
    np.testing.assert_equal(y.dtype.name, policy.removeprefix("mixed_"))
    expected = dense_16_bits(x, kernel, bias, rounded)
    np.testing.assert_array_equal(y.astype("float32"), expected, strict=True)

    np.testing.assert_equal(biases.dtype.name, stored_dtype)
    paths[policy] = biases.astype("float32")
    print(policy, "after 20 steps:", paths[policy][-1])
    expected = weights_after_steps(bias, gradient, stored)
    np.testing.assert_array_equal(paths[policy], expected, strict=True)

# %%
# Break it
# --------
# Would you train weights of bfloat16? A step of ``2**-10`` is less than half of
# the gap to the next number, so the bias never moves. Added up first, the 20
# steps would move it.

assert np.all(paths["bfloat16"] == bfloat16(bias))
assert np.all(bfloat16(bias + 20 * 2**-10) != bfloat16(bias))

# %%
# See it
# ------
# ``float16`` has numbers close enough for these steps, but for smaller ones it
# would stand still, too. (The gradients themselves may be too small for
# float16: see the page on loss scaling.)

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
for policy, path in paths.items():
    style = "-" if policy.startswith("mixed") else "."
    axis.plot(path[:, 0], style, label=policy)
axis.set(title="In bfloat16 alone, small steps are lost")
axis.set(xlabel="step", xticks=[0, 5, 10, 15, 20], ylabel="bias of a unit")
axis.legend()
plt.show()
