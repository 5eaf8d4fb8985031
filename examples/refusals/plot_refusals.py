r"""
ValueError: inputs and weights that Dense refuses
=================================================

A ``Dense`` layer checks the shapes of its input and of weights that you set.
Here are common errors, with the mistake and what to write instead. A layer
takes inputs of these shapes:

.. math::

   &(\text{batch}, \ldots, \text{features}) \\
   \to \; &(\text{batch}, \ldots, \text{units})
"""

import contextlib

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

accepted = np.zeros((4, 5))  # (number of axes - 1, length of the last - 1)
for axes in (1, 2, 3, 4):
    for last in (1, 2, 3, 4, 5):
        ones = np.ones((2,) * (axes - 1) + (last,), "float32")
        if fits(ones.shape, features=3):
            y = keras.ops.convert_to_numpy(dense(ones))
            np.testing.assert_array_equal(y, ones @ kernel + bias)
            accepted[axes - 1, last - 1] = 1
        else:
            np.testing.assert_raises(ValueError, dense, ones)

# %%
# Break it
# --------
# Which mistake gives which error? Each ``with`` line has a part of the message,
# and the next line the mistake. What to write stands behind it.


@contextlib.contextmanager
def refused(message):
    with np.testing.assert_raises(ValueError) as caught:
        yield
    assert message in str(caught.exception), caught.exception


# %%
# **Calling it.** A list means several inputs, even if it is a list of rows.

with refused("expected min_ndim=2, found ndim=1"):
    dense(x[0])  # x[:1], a batch of one sample
with refused("expected axis -1 of input shape to have value 3, but received"):
    dense(x.T)  # x: reshaping x.T would fit, too, but mix up the samples
with refused("Only input tensors may be passed as positional arguments"):
    dense([[0, 1, 2], [3, 4, 5]])  # np.array([[0, 1, 2], [3, 4, 5]])
with refused("expects 1 input(s), but it received 2 input tensors"):
    dense([x, x])  # np.concatenate([x, x], axis=1), in a layer for 6 features
with refused("Inputs to a layer should be tensors. Got 'None'"):
    dense(None)  # often, a function without "return" has made the None

# %%
# **Setting weights.** Give a list of arrays: the kernel, then the bias.

with refused("weight list of length 2, but the layer was expecting 0 weights"):
    Dense(2).set_weights([kernel, bias])  # call or build the layer first
with refused("weight list of length 1, but the layer was expecting 2 weights"):
    dense.set_weights([kernel])  # [kernel, bias]
with refused(
    "shape (3, 2) is not compatible with provided weight shape (2, 3)"
):
    dense.set_weights([kernel.T, bias])  # [kernel, bias]; see below
with refused("shape (3, 2) is not compatible with provided weight shape (2,)"):
    dense.set_weights([bias, kernel])  # [kernel, bias]

# %%
# A kernel of PyTorch needs ``.T``. No error says so if it is square.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``Layer.set_weights``
#    sets each array before it looks at the next. Here the bias is refused, but
#    the kernel is new.

np.testing.assert_array_equal(dense.get_weights()[0], kernel)
with refused("shape (2,) is not compatible with provided weight shape (2, 1)"):
    dense.set_weights([-kernel, bias[:, np.newaxis]])  # [-kernel, bias]
np.testing.assert_array_equal(dense.get_weights()[0], -kernel)

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.pcolor(range(1, 6), range(1, 5), accepted, cmap="Purples", edgecolor="C7")
axis.set(title="Inputs that a layer for 3 features takes (dark)")
axis.set(xlabel="length of the last axis", yticks=range(1, 5))
axis.set(ylabel="number of axes")
plt.show()
