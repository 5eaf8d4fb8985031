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
# Keras rounds numbers and boundaries to float32.


def discretization(
    x,
    *,
    bin_boundaries,
    num_bins=None,
    epsilon=0.01,
    output_mode="int",
    sparse=False,
):
    """Discretization (Keras documentation, Discretization).

    x: any shape; bin_boundaries: (bins - 1,), rising. All arguments stand in
    the layer's config, also the boundaries that adapt has found; there are no
    weights. num_bins and epsilon are for adapt. Returns the shape of x for
    "int", else what category_encoding makes of the bins. Never sparse.
    """
    boundaries = np.float32(bin_boundaries)
    bins = np.searchsorted(boundaries, np.float32(x), side="right")
    if output_mode == "int":
        return bins
    tokens = len(boundaries) + 1
    return category_encoding(bins, num_tokens=tokens, output_mode=output_mode)


# %%
# From other pages
# ----------------


def category_encoding(
    x, count_weights=None, *, num_tokens, output_mode="multi_hot", sparse=False
):
    """CategoryEncoding (Keras documentation, CategoryEncoding).

    x: (length,) or (batch, length), whole numbers; count_weights: the shape of
    x, for "count" only. The other arguments stand in the layer's config; it
    has no weights. Returns (..., length, num_tokens) for "one_hot", where a
    last axis of length 1 is dropped, else (..., num_tokens). Never sparse.
    """
    x = np.atleast_1d(x)
    if output_mode == "one_hot" and x.ndim > 1 and x.shape[-1] == 1:
        x = x[..., 0]
    rows = x[..., None] == np.arange(num_tokens)
    axis = min(x.ndim - 1, 1)  # also where x has more than two axes
    if output_mode == "multi_hot":
        rows = rows.any(axis)
    elif output_mode == "count":
        weights = 1 if count_weights is None else np.float64(count_weights)
        rows = (rows * np.expand_dims(weights, -1)).sum(axis)
    return np.float64(rows)


# %%
# Check it
# --------


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
bins = discretization(boundaries, bin_boundaries=boundaries)
axis.plot(boundaries, bins, "o", color="C0")
axis.plot(boundaries, bins - 1, "o", color="C0", fillstyle="none")
axis.set(title="Discretization: a boundary belongs to the bin above")
axis.set(xlabel="x", xticks=boundaries, ylabel="y", yticks=range(4))
plt.show()
