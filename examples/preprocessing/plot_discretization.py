r"""
Discretization: numbers sorted into bins
========================================

``Discretization`` replaces each number by the index of its bin. A number on a
boundary belongs to the bin above. (The next page finds boundaries by
``adapt``.)

.. math::

   y = k \quad \text{where} \quad b_k \le x < b_{k+1}

The first boundary is :math:`b_1`. Bin 0 has no lower end, and the last bin has
no upper end.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Discretization

# %%
# Build it
# --------
# Three boundaries make four bins.

boundaries = [0.0, 1.0, 2.5]
x = np.array([[-7.0, 0.0, 0.5], [1.0, 2.5, 9.0]])  # (batch, length)
inputs = keras.Input((3,))
layer = Discretization(boundaries)
y = keras.Model(inputs, layer(inputs)).predict(x, verbose=0)
print(y)

# %%
# Compute it
# ----------
# Compare each number with all boundaries. Its bin is the number of boundaries
# that it reaches. A number on a boundary reaches it.

reached = x[:, :, np.newaxis] >= boundaries  # (batch, length, boundaries)
bin_numbers = reached.sum(axis=-1)  # (batch, length)

# %%
# The whole function rounds numbers and boundaries to float32, as Keras does. It
# also has the other output modes.

from keras_by_hand import discretization

# %%
# Check it
# --------

np.testing.assert_array_equal(y, np.int32(bin_numbers), strict=True)


def keras_layer(x, *arguments, **options):
    layer = Discretization(*arguments, **options)
    return keras.ops.convert_to_numpy(layer(x))


expected = discretization(x, bin_boundaries=boundaries)
np.testing.assert_array_equal(y, np.int32(expected), strict=True)
for mode in ("one_hot", "multi_hot", "count"):
    options = {"bin_boundaries": boundaries, "output_mode": mode}
    expected = np.float32(discretization(x, **options))
    encoded = keras_layer(x, **options)
    np.testing.assert_array_equal(encoded, expected, strict=True)
# Only these modes have a sparse form.
np.testing.assert_raises(ValueError, Discretization, boundaries, sparse=True)

# %%
# Break it
# --------
# Would you put a number on a boundary into the bin below, as ``pandas.cut``
# does? Or compare in float64? The float32 nearest to 0.7 is less than 0.7.

below = np.searchsorted(boundaries, x, side="left")
print("right:", y[1], "wrong:", below[1])
assert np.any(y != below)
x = np.float32([[0.7]])
assert keras_layer(x, [0.7]) != np.digitize(x, [0.7])

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
ends = [-1, *boundaries, 3.5]
for bin_index, (low, high) in enumerate(zip(ends, ends[1:])):
    axis.plot([low, high], [bin_index, bin_index], color="C0")
bins = discretization(np.array(boundaries), bin_boundaries=boundaries)
axis.plot(boundaries, bins, "o", color="C0")
axis.plot(boundaries, bins - 1, "o", color="C0", fillstyle="none")
axis.set(title="Discretization: a boundary belongs to the bin above")
axis.set(xlabel="x", xticks=boundaries, ylabel="y", yticks=range(4))
plt.show()
