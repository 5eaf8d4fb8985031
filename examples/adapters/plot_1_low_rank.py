r"""
LoRA adds a product of two thin matrices
========================================

``enable_lora`` freezes the kernel of a ``Dense`` layer and puts two small
matrices beside it. From then on the layer computes with the kernel plus
their product, times a factor that has a page of its own: it is one here, as
:math:`\alpha` is the rank :math:`r` unless given.

.. math::

   y = x \left(W + \frac{\alpha}{r} A B\right) + b, \qquad
   W: (\text{features}, \text{units}), \quad
   A: (\text{features}, r), \quad B: (r, \text{units})
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# A layer that has learned something already; here, integers. It must be built,
# and is, since the model knows its input. Afterwards the kernel is frozen, and
# the bias is not.

features, units, rank = 8, 6, 2
x = np.random.randint(-5, 6, size=(4, features))  # (batch, features)
kernel = np.random.randint(-9, 10, size=(features, units))
bias = np.array([3, -1, 4, -2, 6, 5])  # (units,)
a = np.random.randint(-3, 4, size=(features, rank))
b = np.random.randint(-3, 4, size=(rank, units))

dense = keras.layers.Dense(units)
model = keras.Sequential([keras.Input(shape=(features,)), dense])
dense.set_weights([kernel, bias])
y_before = model.predict(x, verbose=0)  # (batch, units)

dense.enable_lora(rank)

weights = {
    weight.name: (tuple(weight.shape), weight.trainable)
    for weight in dense.weights
}
for name, (shape, trainable) in weights.items():
    print(f"{name:14} {shape}  {'trained' if trainable else 'frozen'}")
np.testing.assert_equal(
    weights,
    {
        "kernel": ((features, units), False),
        "bias": ((units,), True),
        "lora_kernel_a": ((features, rank), True),
        "lora_kernel_b": ((rank, units), True),
    },
)

# %%
# TensorFlow goes on to call the function that it made for the model before;
# ``compile`` makes it look again. JAX and PyTorch look every time.

model.compile()
y_enabled = model.predict(x, verbose=0)
drawn_a, drawn_b = dense.get_weights()[2:]

# %%
# Compute it
# ----------
# The product A B is never needed: a sample can go through A, then through B.


def lora(x, kernel, bias, a, b):
    """y, (batch, units), with a of shape (features, r) and b (r, units)."""
    return x @ kernel + (x @ a) @ b + bias


effective_kernel = kernel + a @ b  # (features, units)
expected = lora(x, kernel, bias, a, b)

# %%
# Check it
# --------
# A is drawn, no further from zero than the square root of ``6 / features``. B
# begins with zeros. So the product is zero, and the layer has not changed: its
# answer is the same to the bit.

np.testing.assert_equal((drawn_a.dtype, drawn_b.dtype), (np.float32,) * 2)
np.testing.assert_equal(np.unique(drawn_a).size, drawn_a.size)
np.testing.assert_equal(np.abs(drawn_a).max() < np.sqrt(6 / features), True)
np.testing.assert_array_equal(drawn_b, np.zeros((rank, units)))

np.testing.assert_equal(y_enabled.shape, (4, units))
np.testing.assert_equal(y_enabled.dtype, np.float32)
np.testing.assert_array_equal(y_enabled, y_before)
np.testing.assert_array_equal(y_enabled, x @ kernel + bias)

# %%
# With integers for A and B, float32 rounds nothing. The property ``kernel`` is
# the sum, while the first of the weights is still W.

dense.set_weights([kernel, bias, a, b])
y = model.predict(x, verbose=0)
print(y)
np.testing.assert_equal((y.shape, y.dtype), ((4, units), np.float32))
np.testing.assert_array_equal(y, expected)
np.testing.assert_array_equal(y, x @ effective_kernel + bias)

summed = keras.ops.convert_to_numpy(dense.kernel)
np.testing.assert_array_equal(summed, effective_kernel)
np.testing.assert_array_equal(dense.get_weights()[0], kernel)

# %%
# Break it
# --------
# The product does not replace the kernel, and the shape decides the order of A
# and B: their numbers in the other order are other matrices.

mistakes = {
    "product alone": x @ (a @ b) + bias,
    "no product": x @ kernel + bias,
    "B reshaped": lora(x, kernel, bias, a, b.reshape(units, rank).T),
}
for name, wrong in mistakes.items():
    differ = np.count_nonzero(y != wrong)
    print(f"{name}: {differ} of {y.size} entries differ")
    np.testing.assert_equal(differ > y.size / 2, True, err_msg=name)

# %%
# And what happens without ``compile``? Only TensorFlow answers as if nothing
# had been enabled. A layer takes LoRA once, and never with a constraint on its
# kernel.

other = keras.layers.Dense(units)
forgetful = keras.Sequential([keras.Input(shape=(features,)), other])
other.set_weights([kernel, bias])
forgetful.predict(x, verbose=0)
other.enable_lora(rank)
other.set_weights([kernel, bias, a, b])
y_old = forgetful.predict(x, verbose=0)
stale = keras.config.backend() == "tensorflow"
np.testing.assert_array_equal(y_old, y_before if stale else y)

np.testing.assert_raises(ValueError, other.enable_lora, rank)
limited = keras.layers.Dense(units, kernel_constraint="non_neg")
limited.build((None, features))
np.testing.assert_raises(ValueError, limited.enable_lora, rank)

# %%
# See it
# ------
# Each row of the product is a mixture of the two rows of B; A tells how much of
# each.

fig, axes = plt.subplots(
    2,
    2,
    figsize=(5, 4.6),
    layout="constrained",
    width_ratios=[rank, units],
    height_ratios=[rank, features],
)
fig.suptitle("28 numbers of A and B change the kernel's 48")
np.testing.assert_equal((a.size + b.size, kernel.size), (28, 48))
axes[0, 0].axis("off")
panels = {
    "B": (axes[0, 1], b),
    "A": (axes[1, 0], a),
    "A B": (axes[1, 1], a @ b),
}
for name, (axis, values) in panels.items():
    scale = 1.3 * np.max(np.abs(values))
    axis.imshow(values, cmap="PuOr", vmin=-scale, vmax=scale)
    axis.set(title=name, xticks=[], yticks=[])
    for (row, column), value in np.ndenumerate(values):
        shade = "white" if abs(value) > 0.6 * scale else "black"
        axis.text(column, row, value, color=shade, ha="center", va="center")
plt.show()
