r"""
activity_regularizer and ActivityRegularization: outputs have a price
=====================================================================

To keep the outputs of a layer small, or most of them at 0, give it an
``activity_regularizer``. It adds a penalty to the loss: ``l2`` shrinks outputs,
``l1`` pushes small ones to 0. The layer ``ActivityRegularization`` returns its
input, and adds the same penalty on it.

.. math::

   \text{penalty} = \frac{1}{n} \sum_i
   \left( l_1 \, |x_i| + l_2 \, x_i^2 \right)

:math:`x_i` are all entries of a batch, :math:`n` is the number of samples.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Activation, ActivityRegularization
from keras.regularizers import L1L2

# %%
# Build it
# --------
# After a call, ``losses`` holds the penalty, even outside of training.

x = np.float32(np.random.default_rng(313).integers(-9, 10, size=(4, 3, 5)))
layer = ActivityRegularization(l1=0.5, l2=0.25)
y = keras.ops.convert_to_numpy(layer(x))  # (batch, steps, features)
added = keras.ops.convert_to_numpy(layer.losses[0])
other = Activation("linear", activity_regularizer=L1L2(l1=0.5, l2=0.25))
other(x)

# %%
# Compute it
# ----------
# Add up the costs of all entries. Keras divides by the number of samples.

costs = 0.5 * np.abs(x) + 0.25 * x**2  # (batch, steps, features)
added_by_hand = np.sum(costs) / len(x)

from keras_by_hand import activity_regularization

# %%
# Check it
# --------
# The layer and the argument add the same.

np.testing.assert_array_equal(added, np.float32(added_by_hand), strict=True)
np.testing.assert_array_equal(other.losses, [added])
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
#    ``ActivityRegularization`` ignores a mask: padding costs, too. Multiply by
#    the mask first. Then padding is 0, and costs nothing.
tokens = np.array([[2, 4, 0, 0]])  # two tokens, two steps of padding
vectors = keras.layers.Embedding(6, 3, "ones", mask_zero=True)(tokens)
mask = np.float32(tokens != 0)[:, :, np.newaxis]  # (batch, steps, 1)
layer = ActivityRegularization(l1=0.5)
for steps, z in ((4, vectors), (2, keras.ops.multiply(vectors, mask))):
    layer(z)
    expected = activity_regularization(np.ones((1, steps, 3)), l1=0.5)
    np.testing.assert_equal(float(layer.losses[-1]), expected)

# %%
# Break it
# --------
# Divide by the number of samples, not by that of all entries.

wrong = np.mean(costs)
print(f"right: {added:.2f} wrong: {wrong:.2f}")
assert wrong != added

# %%
# See it
# ------
# The best output for each target has the smallest squared error plus penalty.
y = np.linspace(-2, 2, 401)[:, np.newaxis]
target = np.linspace(-2, 2, 41)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for name, penalty in (("l1=1", np.abs(y)), ("l2=1", np.square(y))):
    best = np.argmin(np.square(y - target) + penalty, axis=0)
    axis.plot(target, y[best], "o-", markersize=3, label=name)
axis.plot(target, target, "--", color="gray", label="no penalty")
axis.set(title="l1 sets small outputs to 0, l2 shrinks all of them")
axis.set(xlabel="target", ylabel="best output")
axis.legend()
plt.show()
