r"""
Discretization.adapt: boundaries at the quantiles of the data
=============================================================

``Discretization.adapt`` sorts the data and sets the boundaries so that all bins
get about the same count of numbers. In large data only every n-th number
counts: ``1 / epsilon`` of them, or up to twice as many.

.. math::

   b_k = \text{the } k / m \text{ quantile of the data} \\
   k = 1, \ldots, m - 1

for m bins.
"""

import importlib.util

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Discretization

if importlib.util.find_spec("tensorflow") is None:
    raise SystemExit("This page needs TensorFlow: adapt asks for its datasets")

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Five bins for 60 numbers.

data = rng.exponential(size=60).astype("float32")
layer = Discretization(num_bins=5)
layer.adapt(data)
bins = keras.ops.convert_to_numpy(layer(data))
print("boundaries:", np.round(layer.bin_boundaries, 3))
print("numbers in each bin:", np.bincount(bins))

# %%
# Compute it
# ----------
# There are several kinds of quantiles. For each number, Keras takes the share
# of the data up to it, connects these points by lines, and finds where the
# lines reach k/m.


def adapt(data, num_bins, epsilon=0.01):
    """Return the boundaries that adapt finds in an array: (num_bins - 1,).

    data: num_bins numbers or more. With more than 1 / epsilon of them, num_bins
    must divide 1 / epsilon: else Keras interpolates twice. Source: Keras' code.
    """
    step = int(max(data.size / (1 / epsilon), 1))
    kept = np.sort(data, axis=None)[step - 1 :: step]  # every n-th number
    shares = np.arange(1, num_bins) / num_bins
    return np.quantile(kept, shares, method="interpolated_inverted_cdf")


# %%
# Check it
# --------
# With an ``epsilon`` of 0.125, every 7th of the 60 numbers counts. Keras rounds
# boundaries to float32.

tolerance = 1000 * np.finfo("float32").eps
for options in (
    {"num_bins": 5},
    {"num_bins": 7},
    {"num_bins": 4, "epsilon": 0.125},
):
    layer = Discretization(**options)
    layer.adapt(data)
    found, expected = layer.bin_boundaries, adapt(data, **options)
    np.testing.assert_allclose(found, expected, tolerance, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:**
#    ``Discretization(num_bins=49)`` makes 50 bins, as 1/49 is rounded:
#    ``np.arange(0, 1, 1 / 49)``, in ``adapt``, has 50 entries. And for fewer
#    numbers than bins there are only as many bins as numbers.

for numbers, num_bins, expected in [(98, 49, 50), (98, 48, 48), (3, 5, 3)]:
    layer = Discretization(num_bins=num_bins)
    layer.adapt(np.arange(numbers))
    np.testing.assert_equal(len(layer.bin_boundaries) + 1, expected)

# %%
# Break it
# --------
# Would you use NumPy's default quantiles? Or bins of equal width, as
# ``np.histogram`` and ``pandas.cut`` make them?

right = adapt(data, num_bins=5)
default = np.quantile(data, [0.2, 0.4, 0.6, 0.8])
equal_width = np.histogram_bin_edges(data, bins=5)[1:-1]
for wrong in (default, equal_width):
    wrong_bins = np.searchsorted(wrong, data, side="right")
    print("numbers in each bin:", np.bincount(wrong_bins))
    assert not np.allclose(right, wrong)

# %%
# See it
# ------
# Heights are random: they only keep the dots apart.

height = rng.uniform(size=60)
fig, axes = plt.subplots(2, 1, figsize=(6, 3.4), layout="constrained")
fig.suptitle("Discretization: quantiles, not bins of equal width")
for axis, boundaries in zip(axes, (right, equal_width)):
    colors = np.searchsorted(boundaries, data, side="right")
    axis.scatter(data, height, c=colors, s=12, cmap="viridis")
    for boundary in boundaries:
        axis.axvline(boundary, linestyle="--", linewidth=1)
    axis.set(yticks=[])
axes[0].set(ylabel="adapt", xticks=[])
axes[1].set(ylabel="equal width", xlabel="x")
plt.show()
