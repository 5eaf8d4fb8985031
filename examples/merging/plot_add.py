r"""
Add, Multiply, Average, Maximum: layers that merge branches
===========================================================

Where branches of a model meet, a layer merges them, number by number. ``Add``,
the element-wise sum, ends a residual connection, ``Add()([x, f(x)])``: see the
page "Residual networks". ``Multiply`` is a gate, as in squeeze-and-excite.
Behind the batch, sizes must be equal, or one of them 1 (broadcasting).
Otherwise, the inputs have incompatible shapes. If the ranks differ, the layer
inserts axes behind the batch. NumPy and ``+`` put them in front.

.. math::

   \text{Add: } y_{n,t,i} &= x_{n,t,i} + v_{n,i} \\
   \text{+: } y_{n,t,i} &= x_{n,t,i} + v_{t,i}

A vector :math:`v` is added to a sequence :math:`x`; :math:`n` is a sample,
:math:`t` a step and :math:`i` a feature.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

# %%
# Build it
# --------
# Three sequences of three steps, and a vector for each.

rng = np.random.default_rng(313)
x = rng.integers(-9, 10, size=(3, 3, 2)).astype("float32")
v = np.float32([[1, 10], [2, 20], [3, 30]])  # (batch, features)
y_add = keras.ops.convert_to_numpy(layers.Add()([x, v]))

# %%
# Compute it
# ----------
# With a new axis behind the batch, each sample has its own vector.

added = x + v[:, np.newaxis]  # the vector: (batch, 1, features)

# %%
# Check it
# --------
np.testing.assert_array_equal(y_add, added, strict=True)

# %%
# In full
# -------
# ``Subtract`` takes two inputs, the others any number.

from keras_by_hand import add, average, maximum, minimum, multiply, subtract

merging = [layers.Add, layers.Subtract, layers.Multiply]
merging += [layers.Average, layers.Maximum, layers.Minimum]
functions = [add, subtract, multiply, average, maximum, minimum]
for layer, function in zip(merging, functions):
    y = keras.ops.convert_to_numpy(layer()([x, v]))
    np.testing.assert_array_equal(y, function([x, v]))

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``Add``, ``Average``,
#    ``Maximum``, ``Minimum``, ``Multiply`` and ``Subtract`` decide in their
#    first call whether they insert axes. If the ranks are equal then, they
#    never do. Make a layer for each place where branches meet.

layer = layers.Add()
layer([v, v])
wrong = keras.ops.convert_to_numpy(layer([x, v]))
print("right:", y_add[0, :, 0], "wrong:", wrong[0, :, 0])
np.testing.assert_array_equal(wrong, x + v)

# %%
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:** On
#    TensorFlow, ``Add``, ``Average`` and ``+`` take a column, (batch, 1), for a
#    bias, (units,), if there are as many samples as units. So predictions can
#    depend on the size of the batch. Put the column first, and they are right.
column, zeros = np.float32([[1], [2], [3]]), np.zeros((3, 3), "float32")
right = keras.ops.convert_to_numpy(layers.Add()([column, zeros]))
np.testing.assert_array_equal(right, column + zeros)
wrong = keras.ops.convert_to_numpy(layers.Add()([zeros, column]))
print("first row, right:", right[0], "wrong:", wrong[0])
misread = keras.backend.backend() == "tensorflow"
np.testing.assert_array_equal(wrong, right.T if misread else right)

# %%
# Break it
# --------
# With as many samples as steps, ``x + v`` runs, but step t gets the vector of
# sample t. Write ``Add()([x, v])``, or ``x + v[:, np.newaxis]``.
wrong = x + v
print("right:", y_add[0, :, 0], "wrong:", wrong[0, :, 0])
assert np.any(y_add != wrong)

# %%
# See it
# ------
# Light is the vector of the first sample, dark that of the last.
fig, axes = plt.subplots(1, 2, figsize=(6, 3), sharey=True)
for axis, title, result in zip(axes, ("Add", "x + v"), (y_add, wrong)):
    axis.imshow((result - x)[..., 0], cmap="Blues", vmin=0, vmax=6)
    axis.set(title=f"{title}: whose vector", xlabel="step", ylabel="sample")
    axis.set(xticks=range(3), yticks=range(3))
plt.show()
