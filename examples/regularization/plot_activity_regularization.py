r"""
ActivityRegularization: large outputs cost something
====================================================

To keep outputs small, or most of them at 0, give them a price. This layer
returns its input, and adds a penalty on it to the loss: ``l2`` shrinks outputs,
``l1`` pushes small ones to 0. (Many layers have an ``activity_regularizer``.)

.. math::

   \text{penalty} = \frac{1}{n} \sum_i
   \left( l_1 \, |x_i| + l_2 \, x_i^2 \right)

The sum is over all entries :math:`x_i` of the batch, and :math:`n` is the
number of samples.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import ActivityRegularization

# %%
# Build it
# --------
# After a call, ``losses`` holds the penalty, even outside of training.

rng = np.random.default_rng(313)
x = rng.integers(-9, 10, size=(4, 3, 5)).astype("float32")
layer = ActivityRegularization(l1=0.5, l2=0.25)
y = keras.ops.convert_to_numpy(layer(x))  # (batch, steps, features)
added = keras.ops.convert_to_numpy(layer.losses[0])

# %%
# Compute it
# ----------
# Add up the costs of all entries. Keras divides by the number of samples.

costs = 0.5 * np.abs(x) + 0.25 * x**2  # (batch, steps, features)
added_by_hand = np.sum(costs) / len(x)

# %%
# The function takes any ``l1`` and ``l2``.

from keras_by_hand import activity_regularization

# %%
# Check it
# --------

np.testing.assert_array_equal(added, np.float32(added_by_hand), strict=True)
np.testing.assert_array_equal(y, x, strict=True)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** At an output of exactly
#    0, the slope of ``|x|`` in ``ActivityRegularization`` is 1 on JAX, and 0 on
#    TensorFlow and PyTorch.
#
# A kernel of zeros and a target of 0: only this slope changes the kernel.

dense = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
model = keras.Sequential([dense, ActivityRegularization(l1=0.5)])
model.compile(keras.optimizers.SGD(1.0), "mse", run_eagerly=True)
model.train_on_batch(np.ones((1, 1)), np.zeros((1, 1)))
change = -0.5 if keras.backend.backend() == "jax" else 0
np.testing.assert_array_equal(dense.get_weights()[0], [[change]])

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:**
#    ``ActivityRegularization`` ignores a mask. Padding adds to the penalty,
#    too.

layer = ActivityRegularization(l1=0.5)
all_ones = keras.layers.Embedding(6, 3, "ones", mask_zero=True)
layer(all_ones(np.array([[2, 4, 0, 0]])))  # two tokens, two steps of padding
expected = activity_regularization(np.ones((1, 4, 3)), l1=0.5)
loss = keras.ops.convert_to_numpy(layer.losses[0])
np.testing.assert_array_equal(loss, expected)

# %%
# Break it
# --------
# Don't average over all entries: with more steps, the same ``l1`` costs more.

wrong = np.mean(costs)
print(f"right: {added:.2f} wrong: {wrong:.2f}")
assert wrong != added

# %%
# See it
# ------
# The best output for each target: squared error plus penalty is the smallest.

y = np.linspace(-2, 2, 401)[:, np.newaxis]
target = np.linspace(-2, 2, 41)
error = np.square(y - target)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for name, penalty in (("l1=1", np.abs(y)), ("l2=1", np.square(y))):
    best = np.argmin(error + penalty, axis=0)
    axis.plot(target, y[best], "o-", markersize=3, label=name)
axis.plot(target, target, "--", color="gray", label="no penalty")
axis.set(title="l1 sets small outputs to 0, l2 shrinks all of them")
axis.set(xlabel="target", ylabel="best output")
axis.legend()
plt.show()
