r"""
Discretization: sort numbers into bins, with boundaries from adapt
==================================================================

An ``Embedding`` needs whole numbers, not ages or prices. ``Discretization``
replaces a feature by the index of its bin (binning). You pass the boundaries,
or ``adapt`` makes equal-frequency bins: each has about the same share of data.

.. math::

   y = k \quad \text{where} \quad b_k \le x < b_{k+1}

The first boundary is :math:`b_1`. A number on a boundary belongs to the bin
above. Bin 0 has no lower end, and the last bin has no upper end.
"""

import importlib.util

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Discretization

if importlib.util.find_spec("tensorflow") is None:
    raise SystemExit("This page needs TensorFlow: adapt asks for its datasets")

# %%
# Build it
# --------
# Three boundaries make four bins. Then ``adapt`` cuts 600 numbers into five.

boundaries = [0.0, 1.0, 2.5]
x = np.array([[-7.0, 0.0, 0.5], [1.0, 2.5, 9.0]])  # (batch, length)
y = keras.ops.convert_to_numpy(Discretization(boundaries)(x))
data = np.random.default_rng(313).exponential(size=600).astype("float32")
layer = Discretization(num_bins=5)
layer.adapt(data)

# %%
# Compute it
# ----------
# The bin of a number is the number of boundaries that it reaches: that is also
# what ``np.digitize(x, boundaries)`` returns.
reached = x[:, :, np.newaxis] >= boundaries  # (batch, length, boundaries)
bins = reached.sum(axis=-1)  # (batch, length)

# %%
# ``adapt`` sorts the data and keeps some: every sixth of 600, as the default
# ``epsilon`` is a hundredth. The boundaries lie where 1/5, 2/5, ... of these
# are below. Between two numbers it interpolates linearly.

kept = np.sort(data)[5::6]
shares = np.arange(1, 5) / 5
quantiles = np.quantile(kept, shares, method="interpolated_inverted_cdf")

# %%
# Check it
# --------
# ``discretization`` has the other output modes, too, such as "one_hot".

from keras_by_hand import discretization

np.testing.assert_array_equal(y, np.int32(bins), strict=True)
np.testing.assert_allclose(layer.bin_boundaries, quantiles, 1e-4, 1e-4)
np.testing.assert_array_equal(y, discretization(x, bin_boundaries=boundaries))

# %%
# Break it
# --------
# ``pandas.cut``, ``qcut`` and ``torch.bucketize`` put a number on a boundary
# into the bin below. And the bins of ``cut`` have equal width, so one gets most
# of the data. Find boundaries by ``np.quantile``, bins by ``np.digitize``.

below = np.searchsorted(boundaries, x, side="left")
equal_width = np.histogram_bin_edges(data, bins=5)[1:-1]
print("bins, right:", y[1], "wrong:", below[1])
print("ends, right:", quantiles.round(1), "wrong:", equal_width.round(1))
assert np.any(y != below) and not np.allclose(quantiles, equal_width)
assert np.mean(data < equal_width[0]) > 0.5

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:**
#    ``Discretization(num_bins=49)`` makes 50 bins, as ``adapt`` rounds 1/49. Of
#    3 numbers, ``num_bins=5`` makes only 3 bins. Instead of ``num_bins``, pass
#    the boundaries ``np.quantile(data, np.arange(1, 49) / 49).tolist()``.

for numbers, right, wrong in [(98, 49, 50), (3, 5, 3)]:
    other = Discretization(num_bins=right)
    other.adapt(np.arange(numbers))
    print("bins, right:", right, "wrong:", len(other.bin_boundaries) + 1)
    np.testing.assert_equal(len(other.bin_boundaries) + 1, wrong)

# %%
# See it
# ------
# Each dot is a number, each colour a bin. The height of a dot means nothing.
fig, axes = plt.subplots(2, 1, figsize=(6, 3.4), layout="constrained")
fig.suptitle("Discretization: quantiles, not bins of equal width")
pairs = {"adapt": quantiles, "equal width": equal_width}
for axis, (name, edges) in zip(axes, pairs.items()):
    colors = np.searchsorted(edges, data, side="right")
    axis.scatter(data, np.arange(600) * 7 % 60, c=colors, s=3, cmap="viridis")
    axis.vlines(edges, 0, 60, "r", "--")
    axis.set(ylabel=name, yticks=[])
plt.show()
