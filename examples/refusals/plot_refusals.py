r"""
ValueError: shapes, weights and arguments that Dense refuses
============================================================

Here are the errors that a ``Dense`` layer raises, each with the mistake and
what to write instead: search this page for a piece of your message. Most are
about a shape mismatch (incompatible shapes). The shapes of inputs and outputs:

.. math:: (\text{batch}, \ldots, \text{features})
   \; \to \; (\text{batch}, \ldots, \text{units})
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Dense

# %%
# Build it
# --------
# A layer for 3 features, with 2 units, and shapes of inputs to try.

x = np.arange(12).reshape(4, 3)  # (batch, features)
kernel = np.array([[2, 7], [-1, 3], [4, -6]])  # (features, units)
bias = np.array([100, -200])  # (units,)
dense = Dense(2)
dense.build((None, 3))
dense.set_weights([kernel, bias])
shapes = [(3,), (4,), (4, 2), (4, 3), (3, 4), (4, 5, 3), (3, 4, 5)]

# %%
# Compute it
# ----------
# An input needs two axes or more. The last one must be as long as the kernel's
# first: the "value 3" of a message, which also has the shape of your input.

fits = [len(shape) >= 2 and shape[-1] == len(kernel) for shape in shapes]

# %%
# Check it
# --------
# Keras takes the shapes that fit, and refuses the others.
for shape, fit in zip(shapes, fits, strict=True):
    ones = np.ones(shape, "float32")
    if fit:
        y = keras.ops.convert_to_numpy(dense(ones))
        np.testing.assert_array_equal(y, ones @ kernel + bias)
    else:
        np.testing.assert_raises(ValueError, dense, ones)

# %%
# Break it
# --------
# A line has a piece of a message, the call that raises it, and as a comment,
# what is right. ``dense, x[0]`` means ``dense(x[0])``. First, inputs. A list
# stands for several inputs, even if it is a list of rows.


def refused(message, function, *arguments, **options):
    with np.testing.assert_raises(ValueError) as caught:
        function(*arguments, **options)
    assert message in str(caught.exception), caught.exception


refused("expected min_ndim=2, found ndim=1", dense, x[0])  # dense(x[:1])
refused("axis -1 of input shape to have value 3", dense, x.T)  # dense(x)
refused("Only input tensors may be passed", dense, [[0, 1]])  # np.array(...)
refused("but it received 2 input tensors", dense, [x, x])  # np.concatenate
refused("should be tensors. Got 'None'", dense, None)  # was a return missing?

# %%
# Then, weights: ``set_weights`` wants [kernel, bias]. If a kernel is PyTorch's,
# take its ``.T``. If it is square, no error tells you to.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``Layer.set_weights``
#    sets each array before it looks at the next. If the bias is refused, the
#    kernel has been replaced already.

new = dense.set_weights
refused("expecting 0 weights", Dense(2).set_weights, [kernel])  # build first
refused("expecting 2 weights", new, [kernel])  # [kernel, bias]
refused("provided weight shape (2, 3)", new, [kernel.T, bias])  # kernel
refused("weight shape (1, 2)", new, [-kernel, bias[np.newaxis]])  # bias
print("right:", kernel[0], "wrong:", dense.get_weights()[0][0])
np.testing.assert_array_equal(dense.get_weights()[0], -kernel)

# %%
# Last, invalid arguments. An "identifier" is the name that Keras does not know.

refused("expected a positive integer", Dense, 5 / 2)  # Dense(5 // 2)
refused("expected a positive integer", Dense, np.int64(64))  # int(...)
refused("activation function identifier: ReLU", Dense, 64, "ReLU")  # "relu"
refused("identifier: 64", Dense, 3, 64)  # Dense(64): units only, not features
refused("keyword arguments", Dense, 64, bias=False)  # use_bias=False
refused("Xavier", Dense, 64, kernel_initializer="Xavier")  # "glorot_uniform"
refused("identifier: 3", Dense, 64, kernel_constraint=3)  # MaxNorm(3)
refused("identifier: 0.25", Dense, 64, kernel_regularizer=0.25)  # L2(0.25)

# %%
# See it
# ------
fig, axis = plt.subplots(figsize=(6, 2.6), layout="constrained")
axis.bar([str(shape) for shape in shapes], fits)
axis.set(title="Shapes of inputs that a layer for 3 features takes", yticks=[])
plt.show()
