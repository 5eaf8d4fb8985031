r"""
mixed_float16 and mixed_bfloat16: weights stay in float32
=========================================================

Computing in 16 bits is fast on GPUs, but small steps of training are lost. In
mixed precision (PyTorch: automatic mixed precision, AMP), a layer stores its
weights in float32, and rounds them to 16 bits in each call. Training changes
the stored weights. Before you make the layers, call
``keras.config.set_dtype_policy("mixed_float16")``. Give the last layer
``dtype="float32"``, so that it does not round its outputs. (float16 may lose
small gradients: see the page "Loss scaling".)

.. math::

   y &= r\left(r(z) + r(b)\right), \quad z = r(x) \, r(W) \\
   W &\leftarrow \begin{cases}
   W - \eta \, g & \text{mixed} \\
   r(W - \eta \, g) & \text{16 bits only}
   \end{cases}

:math:`r` rounds to 16 bits; :math:`x` is the input, :math:`W` the kernel,
:math:`b` the bias, :math:`g` the gradient and :math:`\eta` the learning rate.
The bias is trained in the same way.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand.precision import bfloat16

# %%
# Build it
# --------
# Each row of x has one nonzero entry, a power of two, so the products need no
# rounding. The targets are out of reach: the gradient of the mean absolute
# error at the bias is the same in every step.

kernel = np.random.default_rng(313).normal(size=(3, 2))  # (features, units)
bias = np.float32([0.7, -1.9])  # (units,)
x = np.array([[1, 0, 0], [0, -8, 0], [0, 0, 1 / 16], [0, 0, 2]])
target = np.full((4, 2), 100)  # (batch, units)


def train(policy):
    """The outputs before training, and the bias after 0 to 20 steps."""
    dense = keras.layers.Dense(2, dtype=policy)
    model = keras.Sequential([keras.Input(shape=(3,)), dense])
    dense.set_weights([kernel, bias])
    y = model.predict(x, verbose=0)  # (batch, units)
    model.compile(keras.optimizers.SGD(2**-9), "mean_absolute_error")
    biases = [dense.get_weights()[1]]
    for _ in range(20):
        model.train_on_batch(x, target)
        biases.append(dense.get_weights()[1])
    return y, np.stack(biases)


y_mixed, path_mixed = train("mixed_bfloat16")
y_narrow, path_narrow = train("bfloat16")

# %%
# Compute it
# ----------
# All 8 outputs are below their targets. The error is a mean, so each output has
# the derivative -1/8. A bias is added to 4 of them, so its gradient is -1/2.

z = bfloat16(x) @ bfloat16(kernel)  # (batch, units)
by_hand = bfloat16(bfloat16(z) + bfloat16(bias))
g = -1 / 2
mixed, narrow = [bias], [bfloat16(bias)]
for _ in range(20):
    mixed.append(np.float32(mixed[-1] - 2**-9 * g))
    narrow.append(bfloat16(narrow[-1] - 2**-9 * g))

# %%
# Check it
# --------
# Before training, both layers return the same. Then their biases differ.
np.testing.assert_array_equal(y_mixed.astype("float32"), by_hand)
np.testing.assert_array_equal(y_narrow.astype("float32"), by_hand)
np.testing.assert_array_equal(path_mixed, np.stack(mixed), strict=True)
np.testing.assert_equal(path_narrow.dtype.name, "bfloat16")
np.testing.assert_array_equal(path_narrow.astype("float32"), np.stack(narrow))

# %%
# Break it
# --------
# Suppose you train weights of bfloat16. A step is less than half of the gap to
# the next number, so the bias never moves.

right, wrong = path_mixed[-1], path_narrow[-1].astype("float32")
print("from:", bias, "right:", right, "wrong:", wrong)
assert np.all(wrong == bfloat16(bias)) and np.all(bfloat16(right) != wrong)

# %%
# See it
# ------
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(path_mixed[:, 0], label="mixed_bfloat16")
axis.plot(path_narrow[:, 0].astype("float32"), ".", label="bfloat16")
axis.set(title="In bfloat16 alone, small steps are lost", xlabel="step")
axis.set(xticks=[0, 5, 10, 15, 20], ylabel="bias of a unit")
axis.legend()
plt.show()
