r"""
mixed_float16 and mixed_bfloat16: weights stay in float32
=========================================================

A ``mixed_float16`` or ``mixed_bfloat16`` layer computes in 16 bits, but stores
its weights in float32. Each call rounds them. Training changes the stored ones,
so small steps are not lost.

.. math::

   y &= r\left(r(x) \, r(W) + r(b)\right) \\
   W &\leftarrow \begin{cases}
   W - \eta \, g & \text{mixed} \\
   r(W - \eta \, g) & \text{16 bits only}
   \end{cases}

Here :math:`r` rounds to 16 bits, and :math:`g` is the gradient.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Four layers start with the same weights. Each row of x has one entry, a power
# of two. So the products need no rounding in 16 bits. The targets are so high
# that the mean absolute error has the same gradient in each step: minus half
# the mean of each feature.

kernel = np.float32(rng.normal(size=(3, 2)))  # (features, units)
bias = np.float32([0.7, -1.9])  # (units,)
x = np.float32(np.concatenate([np.eye(3), -8 * np.eye(3), np.eye(3) / 16]))
x_train = np.float32([[1, 0, 0], [1, 0, 0], [0, 1, 0], [1, 0, 0]])


def keras_dense(policy):
    """What the layer returns, and its weights after 0 to 20 steps."""
    inputs = keras.Input(shape=(3,))
    dense = keras.layers.Dense(2, dtype=policy)
    model = keras.Model(inputs, dense(inputs))
    dense.set_weights([kernel, bias])
    y = keras.ops.convert_to_numpy(model(x))  # (batch, units)
    model.compile(keras.optimizers.SGD(2**-9), "mean_absolute_error")
    path = [dense.get_weights()]
    for _ in range(20):
        model.train_on_batch(x_train, np.full((4, 2), 100))
        path.append(dense.get_weights())
    kernels, biases = zip(*path)
    return y, np.stack(kernels), np.stack(biases)


# %%
# From other pages
# ----------------


def float16(values):
    """The nearest float16 numbers, as float32 (IEEE 754, binary16).

    values: numbers of any shape. What is too large becomes infinite.
    """
    with np.errstate(over="ignore"):
        return np.asarray(values).astype("float16").astype("float32")


def bfloat16(values):
    """The nearest bfloat16 numbers, as float32 (Intel, BFLOAT16, 2018).

    values: numbers of any shape, which are first cast to float32.
    """
    values = np.asarray(values, "float32")
    bits = values.view("uint32").astype("int64")
    bits = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16 << 16
    rounded = bits.astype("uint32").view("float32")
    return np.where(np.isnan(values), values, rounded)


# %%
# Compute it
# ----------


def dense_16_bits(x, kernel, bias, rounded):
    """The layer, for products that need no rounding: (batch, units)."""
    return rounded(rounded(x) @ rounded(kernel) + rounded(bias))


def train(weights, gradient, rounded):
    """The weights after 0 to 20 steps, with a learning rate of 2**-9."""
    path = [rounded(weights)]
    for _ in range(20):
        path.append(rounded(path[-1] - np.float32(2**-9) * gradient))
    return np.stack(path)


# %%
# Check it
# --------
# The mixed layer computes what the one of 16 bits does, but it keeps its
# weights in ``np.float32``.

gradient = np.float32([[-3 / 8], [-1 / 8], [0]])  # of the kernel, for all units
paths = {}
for policy, rounded, stored in [
    ("mixed_float16", float16, np.float32),
    ("float16", float16, float16),
    ("mixed_bfloat16", bfloat16, np.float32),
    ("bfloat16", bfloat16, bfloat16),
]:
    y, kernels, biases = keras_dense(policy)
    paths[policy] = biases.astype("float32")
    np.testing.assert_equal(y.dtype.name, rounded.__name__)
    np.testing.assert_equal(biases.dtype.name, stored.__name__)
    expected = dense_16_bits(x, kernel, bias, rounded)
    np.testing.assert_array_equal(y.astype("float32"), expected)
    expected = train(kernel, gradient, stored)
    np.testing.assert_array_equal(kernels.astype("float32"), expected)
    expected = train(bias, -1 / 2, stored)
    np.testing.assert_array_equal(paths[policy], expected)

# %%
# Break it
# --------
# Would you train weights of bfloat16? A step of 2**-10 is less than half of the
# gap to the next number, so the bias never moves. All steps at once move it.

assert np.all(paths["bfloat16"] == bfloat16(bias))
assert np.all(bfloat16(bias + 20 * 2**-10) != bfloat16(bias))

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
for (policy, path), style in zip(paths.items(), ["x-", "+", "o", "s"]):
    axis.plot(path[:, 0], style, label=policy, fillstyle="none")
axis.set(title="In bfloat16 alone, small steps are lost")
axis.set(xlabel="step", xticks=[0, 5, 10, 15, 20], ylabel="bias of a unit")
axis.legend()
plt.show()
