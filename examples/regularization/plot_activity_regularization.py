r"""
ActivityRegularization: large outputs cost something
====================================================

``ActivityRegularization`` returns its input, and adds a penalty on it to the
loss. So training shrinks the outputs of the layer before it (``l2``), or pushes
small ones to 0 (``l1``).

.. math::

   \text{penalty} = \frac{1}{n} \sum_i
   \left( l_1 \, |x_i| + l_2 \, x_i^2 \right)

The sum is over all entries of the batch, and n is the number of samples.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import ActivityRegularization

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# After a call, ``losses`` holds the penalty, even outside of training.

x = rng.integers(-9, 10, size=(4, 3, 5)).astype("float32")
layer = ActivityRegularization(l1=0.5, l2=0.25)
y = keras.ops.convert_to_numpy(layer(x))  # (batch, steps, features)
added = keras.ops.convert_to_numpy(layer.losses[0])
print(added)

# %%
# Compute it
# ----------
# Compute the cost of each entry, and add them all up. Keras divides by the
# number of samples, not by the number of entries.

costs = 0.5 * np.abs(x) + 0.25 * x**2  # (batch, steps, features)
added_by_hand = np.sum(costs) / len(x)

# %%
# The whole function takes any ``l1`` and ``l2``.

from keras_by_hand import activity_regularization

# %%
# Check it
# --------
# All penalties are multiples of 1/16, so nothing is rounded: equal to the bit.

np.testing.assert_array_equal(added, np.float32(added_by_hand), strict=True)

np.testing.assert_array_equal(y, x, strict=True)
for options in ({"l1": 0.5}, {"l2": 0.25}, {"l1": 0.5, "l2": 0.25}, {}):
    layer = ActivityRegularization(**options)
    layer(x)
    loss = keras.ops.convert_to_numpy(layer.losses[0])
    expected = activity_regularization(x, **options)
    np.testing.assert_array_equal(loss, expected)

# %%
# In training, the penalty is part of the loss, and its gradient changes the
# kernel of the layer before.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** At an output of exactly
#    0, the slope of ``|x|`` in ``ActivityRegularization`` is 1 on JAX, and 0 on
#    TensorFlow and PyTorch.

kernel = np.array([[2, -1], [-3, 1], [1, 4]])  # (features, units)
inputs = np.array([[1, 2, 0], [-1, 0, 2], [2, -2, 1], [1, 1, -1]])
outputs = inputs @ kernel  # (batch, units)
targets = rng.integers(-9, 10, size=(4, 2))

dense = keras.layers.Dense(2, use_bias=False)
model = keras.Sequential([dense, ActivityRegularization(l1=0.5, l2=0.25)])
model.compile(keras.optimizers.SGD(1 / 16), "mse", run_eagerly=True)
model.build((None, 3))
dense.set_weights([kernel])
loss = model.train_on_batch(inputs, targets)
penalty = activity_regularization(outputs, l1=0.5, l2=0.25)
error = outputs - targets
np.testing.assert_array_equal(loss, np.mean(error**2) + penalty)
slope = np.sign(outputs)  # of |x|
if keras.backend.backend() == "jax":
    slope[outputs == 0] = 1
gradient = 2 * error / error.size
gradient += (0.5 * slope + 0.25 * 2 * outputs) / len(outputs)
expected = kernel - inputs.T @ gradient / 16
np.testing.assert_array_equal(dense.get_weights()[0], np.float32(expected))

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:**
#    ``ActivityRegularization`` ignores a mask. Padding adds to the penalty,
#    too.

layer = ActivityRegularization(l1=0.5)
all_ones = keras.layers.Embedding(6, 3, "ones", mask_zero=True)
layer(all_ones(np.array([[2, 4, 0, 0]])))  # two tokens, two steps of padding
loss = keras.ops.convert_to_numpy(layer.losses[0])
expected = activity_regularization(np.ones((1, 4, 3)), l1=0.5)
np.testing.assert_array_equal(loss, expected)

# %%
# Break it
# --------
# Would you take the mean over all entries? Keras takes the sum over steps and
# features. So the same ``l1`` weighs more for longer sequences.

wrong = np.mean(0.5 * np.abs(x) + 0.25 * np.square(x))
print(f"{wrong:.2f} instead of {added:.2f}")
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
