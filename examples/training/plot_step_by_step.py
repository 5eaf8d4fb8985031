r"""
Comparing training: check each step, not the last weights
=========================================================

Near a minimum, an optimizer that divides gradients by their size keeps jumping,
and small differences grow. So two right programs can diverge: they end with
other weights. (If it is the loss that grows, see the page "Learning rate".) To
compare them, let each step begin at the same weights:

.. math::

   w_t^{\text{Keras}} = \text{step}(w_{t-1}^{\text{Keras}})

Here :math:`w_t` are the weights after step :math:`t`, and :math:`\text{step}`
is one step of the optimizer in NumPy, here of ``RMSprop``.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import rmsprop

# %%
# Build it
# --------
# 150 steps of two weights. The minimum of the loss is at zero.
# With a model, take ``model.get_weights()`` after each ``train_on_batch``.

start = np.array([1.0, -0.5])


def slope(w):
    """The gradient of the loss (w0**2 + w1**2) / 2 + 0.9 w0 w1."""
    return w + 0.9 * w[::-1]


def keras_path(steps=150):
    """The weights at the start and after each step, (steps + 1, weights)."""
    weights = keras.Variable(start, dtype="float32")
    optimizer = keras.optimizers.RMSprop(learning_rate=0.05)
    path = [start]
    for _ in range(steps):
        gradient = keras.ops.convert_to_tensor(slope(path[-1]), "float32")
        optimizer.apply([gradient], [weights])
        path.append(keras.ops.convert_to_numpy(weights))
    return np.stack(path)


path = keras_path()
print(path[-4:])  # with a fixed learning rate it does not come to rest

# %%
# Compute it
# ----------
# Take one step of NumPy from each of Keras' weights. Only what the optimizer
# keeps, ``slots``, goes on from step to step.

slots, after = None, []
for before in path[:-1]:
    w, slots = rmsprop(before, slope(before), slots, learning_rate=0.05)
    after.append(w)

# %%
# Check it
# --------
# Each of the 150 steps agrees, up to the rounding of float32.

np.testing.assert_allclose(path[1:], after, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# It is wrong to compare the last weights alone. Here two runs of the same
# function start ``1e-7`` apart, about the rounding error of float32.


def numpy_path(w, steps=150):
    slots, path = None, [w]
    for _ in range(steps):
        w, slots = rmsprop(w, slope(w), slots, learning_rate=0.05)
        path.append(w)
    return np.stack(path)


first, second = numpy_path(start), numpy_path(start + [1e-7, 0])
print("one run:", first[-1], "another:", second[-1])
assert not np.allclose(first[-1], second[-1])

# %%
# See it
# ------
# Near the minimum the runs part, and end on opposite sides. Neither is wrong.

fig, axis = plt.subplots(figsize=(6, 3.4))
axis.semilogy(np.linalg.norm(first, axis=1), label="from the minimum")
apart = np.linalg.norm(first - second, axis=1)
axis.semilogy(apart, "--", label="between the two runs")
axis.set(title="Two runs that start 1e-7 apart", xlabel="step")
axis.set(ylabel="distance")
axis.legend()
plt.show()
