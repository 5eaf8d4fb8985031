r"""
ValueError: what Dense refuses, and why
=======================================

A ``Dense`` layer checks its arguments when you make it, its input when you call
it, and its weights when you set them. Here are the errors that learners meet
most, and what to write instead. A layer takes inputs of these shapes:

.. math::

   &(\text{batch}, \ldots, \text{features}) \\
   \to \; &(\text{batch}, \ldots, \text{units})
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Dense

# %%
# Build it
# --------

x = np.arange(12).reshape(4, 3)  # (batch, features)
kernel = np.array([[2, 7], [-1, 3], [4, -6]])  # (features, units)
bias = np.array([100, -200])  # (units,)
dense = Dense(2)
dense.build((None, 3))
dense.set_weights([kernel, bias])

# %%
# Compute it
# ----------


def fits(shape, features):
    """Whether a Dense layer for so many features takes input of this shape."""
    return len(shape) >= 2 and shape[-1] == features


# %%
# Check it
# --------
# The layer takes the shapes that fit, and refuses the others.

shapes = [(3,), (1, 3), (4, 3), (3, 4), (2, 4, 3), (4, 3, 1), (0, 3)]
results = ["refused"] * len(shapes)
for number, shape in enumerate(shapes):
    ones = np.ones(shape, "float32")
    if fits(shape, features=3):
        y = keras.ops.convert_to_numpy(dense(ones))
        np.testing.assert_array_equal(y, np.float32(ones @ kernel + bias))
        results[number] = str(y.shape)
    else:
        np.testing.assert_raises(ValueError, dense, ones)

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 2.6), layout="constrained")
for row, cells in enumerate([("input", "output"), *zip(shapes, results)]):
    for column, cell in enumerate(cells):
        axis.text(column, row, cell)
axis.set(title="Shapes for 3 features", xlim=(-0.5, 2), ylim=(8, -1))
axis.axis("off")
plt.show()

# %%
# Break it
# --------
# What does each mistake say? Each line below begins with its error.


def refused(phrase, call, *arguments, **options):
    with np.testing.assert_raises(ValueError) as caught:
        call(*arguments, **options)
    np.testing.assert_equal(phrase in str(caught.exception), True)


# %%
# **Making the layer.** ``units`` must be a Python integer: write ``5 // 2`` or
# ``int(...)``. PyTorch's ``Linear(3, 64)`` is ``Dense(64)``. Other right words
# are ``"relu"``, ``"glorot_uniform"``, ``L2(0.25)``, ``"non_neg"``,
# ``use_bias``.

for units in (0, 5 / 2, "64", np.prod([8, 8]), None):
    refused(f"a positive integer. Received: units={units}", Dense, units)
refused("activation function identifier: ReLU", Dense, 64, "ReLU")
refused("activation function identifier: 64", Dense, 3, 64)
refused("identifier: xavier", Dense, 64, kernel_initializer="xavier")
refused("identifier: 0.25", Dense, 64, kernel_regularizer=0.25)
refused("identifier: nonneg", Dense, 64, kernel_constraint="nonneg")
refused("arguments passed to Dense: {'bias'", Dense, 64, bias=False)

# %%
# **Calling it.** One sample is a batch of one: ``x[:1]``. Samples in columns
# need ``x.T``. (Reshaping them fits too, but mixes up the samples.) A list
# counts as several inputs: write ``np.array(rows)``, or join two arrays.
# ``None`` comes from a function that has no ``return``.

refused("expected min_ndim=2, found ndim=1", dense, x[0])
refused("expected axis -1 of input shape to have value 3", dense, x.T)
refused("Only input tensors may be passed as", dense, x.tolist())
refused("expects 1 input(s), but it received 2", dense, [x, x])
refused("Inputs to a layer should be tensors. Got 'None'", dense, None)
assert np.any(x.T.reshape(4, 3) != x)

# %%
# **Setting weights.** Build the layer first. Give the kernel, then the bias, as
# arrays (lists raise an ``AttributeError``). Transpose a kernel from PyTorch.
#
# .. warning:: **Seen in Keras 3.15.1:** ``set_weights`` sets each array before
#    it looks at the next. Here the bias is refused, but the kernel is new.

refused("expecting 0 weights", Dense(2).set_weights, [kernel, bias])
refused("list of length 1, but the layer", dense.set_weights, [kernel])
refused("weight shape (2, 3)", dense.set_weights, [kernel.T, bias])
refused("weight shape (2,)", dense.set_weights, [bias, kernel])
np.testing.assert_array_equal(dense.get_weights()[0], kernel)
refused("shape (2, 1)", dense.set_weights, [-kernel, bias[:, np.newaxis]])
np.testing.assert_array_equal(dense.get_weights()[0], -kernel)
