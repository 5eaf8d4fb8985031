r"""
IntegerLookup: any integers to places in a vocabulary
=====================================================

``IntegerLookup`` replaces identifiers, such as postal codes, by their places in
a vocabulary. With several indices for integers that are not in the vocabulary
(OOV), the remainder of a division decides which of them an integer gets.

.. math::

   y = \begin{cases}
   0 & \text{for the mask token} \\
   m + (x \bmod n) & \text{for an unknown } x \\
   m + n + i & \text{for integer } i
   \end{cases}

:math:`m` is 1 with a mask token and 0 without, :math:`n` is
``num_oov_indices``.
"""

import importlib.util

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import IntegerLookup

if importlib.util.find_spec("tensorflow") is None:
    raise SystemExit("This page needs TensorFlow, whose tables the layer uses")

# %%
# Build it
# --------
# The vocabulary is 20 and 10, and 0 is the mask token.

x = np.array([[20, 0, 10], [3, -4, 5], [10, 8, -1]])  # (batch, features)
options = {"vocabulary": [20, 10], "mask_token": 0, "num_oov_indices": 3}
layer = IntegerLookup(**options)
y = keras.ops.convert_to_numpy(layer(x))
print(y)

# %%
# Compute it
# ----------
# The remainder is never negative: -4 has a remainder of 2.


def integer_lookup(
    inputs,
    *,
    max_tokens=None,
    num_oov_indices=1,
    mask_token=None,
    oov_token=-1,
    vocabulary,
    idf_weights=None,
    invert=False,
    output_mode="int",
    pad_to_max_tokens=False,
    oov_method="floormod",
):
    """IntegerLookup (Keras documentation).

    inputs: integers of any shape. Returns integers of this shape; for other
    output modes see ``encode_indices``. Raises ValueError for an unknown number
    if there is no OOV index, and NotImplementedError for "farmhash".
    vocabulary: list of integers, as ``get_vocabulary`` returns it. What
    ``adapt`` learned is not in the config of a file, but in its vocabulary.txt.
    """
    special = list_special(mask_token, oov_token, num_oov_indices, output_mode)
    tokens = list_tokens(vocabulary, special)
    if invert:
        return find_tokens(inputs, tokens, oov_token)
    if num_oov_indices > 1 and oov_method != "floormod":
        raise NotImplementedError("FarmHash64 of unknown numbers")
    inputs = np.asarray(inputs)
    buckets = inputs % max(num_oov_indices, 1)
    given = special, mask_token, num_oov_indices
    indices = find_indices(inputs, tokens, *given, buckets)
    depth = max_tokens if pad_to_max_tokens else len(tokens)
    return encode_indices(indices, len(tokens), depth, output_mode, idf_weights)


# %%
# From other pages
# ----------------


def list_special(mask_token, oov_token, num_oov_indices, output_mode="int"):
    """The special tokens, which come before all others."""
    masks = [mask_token] if output_mode == "int" else []
    oov = [oov_token] * num_oov_indices
    return oov if mask_token is None else masks + oov


def list_tokens(vocabulary, special):
    """A vocabulary after the special tokens, which it may already have."""
    tokens = list(vocabulary)
    return tokens if tokens[: len(special)] == special else special + tokens


def find_tokens(indices, tokens, oov_token):
    """The token at each index, the OOV token where there is none."""
    indices = np.asarray(indices)
    inside = (indices >= 0) & (indices < len(tokens))
    return np.array([*tokens, oov_token])[np.where(inside, indices, -1)]


def find_indices(inputs, tokens, special, mask_token, num_oov_indices, buckets):
    """The place of each input among the tokens, or -1 for a mask token.

    buckets: which of the OOV tokens stands for each input if it is unknown.
    """
    places = {token: place for place, token in enumerate(tokens)}
    flat = inputs.ravel().tolist()
    found = np.array([places.get(token, -1) for token in flat], dtype="int64")
    masked = np.array([token == mask_token for token in flat], dtype=bool)
    unknown = (found < len(special)) & ~masked
    if num_oov_indices == 0 and np.any(unknown):
        raise ValueError("With num_oov_indices=0, all inputs must be known")
    masks = len(special) - num_oov_indices  # 1 or 0
    found = np.where(unknown, masks + np.ravel(buckets), found)
    return np.where(masked, masks - 1, found).reshape(inputs.shape)


def encode_indices(indices, size, depth, output_mode, idf_weights=None):
    """Vectors (..., depth) of integers, of which -1 is left out.

    size: number of tokens; idf_weights: of all, or without the special ones.
    Except for "one_hot", the second axis of ``indices`` is summed over.
    """
    if output_mode == "int":
        return indices
    indices = np.atleast_1d(indices)
    if output_mode != "one_hot":
        indices = np.moveaxis(indices, min(indices.ndim, 2) - 1, -1)
    elif indices.ndim == 1 or indices.shape[-1] != 1:
        indices = indices[..., np.newaxis]
    counts = np.zeros((*indices.shape[:-1], depth + 1), dtype="int64")
    *rows, _ = np.indices(indices.shape, sparse=True)
    np.add.at(counts, (*rows, indices), 1)
    counts = counts[..., :-1]  # without those at -1
    if output_mode == "multi_hot":
        return np.minimum(counts, 1)
    if output_mode != "tf_idf":
        return counts
    given = np.asarray(idf_weights)[:size]
    weights = np.zeros(depth)
    weights[:size] = np.mean(given)  # for OOV indices
    weights[size - len(given) : size] = given
    return counts * weights


# %%
# Check it
# --------
# In other output modes, the mask token gets no place.

np.testing.assert_array_equal(y, integer_lookup(x, **options))
for options in (
    {"vocabulary": [-1, 20, 3]},  # -1 is the OOV token, not an integer
    {"vocabulary": [-1, 20, 3], "oov_token": -9},
    {"vocabulary": [3, 20], "num_oov_indices": 2, "mask_token": 5},
    {"vocabulary": np.unique(x), "num_oov_indices": 0, "oov_token": -9},
    {"vocabulary": [20], "mask_token": 0, "output_mode": "one_hot"},
):
    y_case = keras.ops.convert_to_numpy(IntegerLookup(**options)(x))
    np.testing.assert_array_equal(y_case, integer_lookup(x, **options))

# The argument ``vocabulary_dtype`` may only be "int64".
np.testing.assert_raises(ValueError, IntegerLookup, vocabulary_dtype="int32")

# %%
# Break it
# --------
# Would you take the remainder as C does, whose sign is that of the number?

wrong = 1 + np.fmod(-4, 3)
print("right:", y[1, 1], "wrong:", wrong)
assert y[1, 1] != wrong

# %%
# See it
# ------

numbers = np.arange(1, 26)
places = integer_lookup(numbers, vocabulary=[20, 10], num_oov_indices=3)
known = np.isin(numbers, [20, 10])
fig, axis = plt.subplots(figsize=(6, 2.6), layout="constrained")
axis.plot(numbers[~known], places[~known], "o", label="unknown")
axis.plot(numbers[known], places[known], "s", label="in the vocabulary")
axis.set(title="Unknown integers take turns at the three OOV places")
axis.set(xlabel="integer", ylabel="place", yticks=range(5))
axis.legend(loc="upper left")
plt.show()
