r"""
Attention masks: True means that a query may attend
===================================================

In ``Attention``, a value mask hides padding, and a causal (look-ahead) mask the
future. What is masked gets a weight of 0; the others add up to 1.

.. math::

   s'_{ij} &= s_{ij} - 10^9 \quad \text{where masked} \\
   a_{ij} &= e^{s'_{ij}} / \sum_l e^{s'_{il}}

Query i gives value j the score s, and from it the weight a; l runs through all
values. The exponential of minus a billion is 0. (Minus infinity would give nan
where a query may attend to nothing.) To mask single pairs of query and value,
pass ``attention_mask`` to ``MultiHeadAttention``: (batch, queries, values).
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import softmax

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# The layer takes a list of masks, of query and value. (An ``Embedding`` with
# ``mask_zero=True`` sends a mask along.) In the second sample, the last query
# and the last two values are padding.
query = rng.normal(size=(2, 5, 3))  # (batch, queries, features)
value = rng.normal(size=(2, 5, 3))  # (batch, values, features)
query_mask = np.arange(5) < [[5], [4]]  # (batch, queries)
value_mask = np.arange(5) < [[5], [3]]  # (batch, values)


def attend(masks, dtype="float32", **options):
    options |= {"mask": masks, "return_attention_scores": True}
    pair = keras.layers.Attention(dtype=dtype)([query, value], **options)
    return map(keras.ops.convert_to_numpy, pair)  # output and weights


y, weights = attend([query_mask, value_mask], use_causal_mask=True)

# %%
# Compute it
# ----------
# With the causal mask, query i may attend to the values 0 to i. Softmax turns
# scores into weights. The query mask sets the output of padding to 0.

scores = query @ value.swapaxes(1, 2)  # (batch, queries, values)
mask = value_mask[:, np.newaxis] & np.tri(5, dtype=bool)  # the same shape
a = softmax(np.where(mask, scores, scores - 1e9))
expected = np.where(query_mask[..., np.newaxis], a @ value, 0)

# %%
# Check it
# --------
for actual, of_numpy in ((weights, a), (y, expected)):
    np.testing.assert_allclose(actual, of_numpy, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# In PyTorch's ``key_padding_mask``, True means padding. For Keras, pass
# ``mask=[None, ~key_padding_mask]``, or queries attend to padding alone.
right, _ = attend([None, value_mask])
wrong, _ = attend([None, ~value_mask])
print("right:", right[1, 0].round(2), "wrong:", wrong[1, 0].round(2))
assert not np.allclose(right[1], wrong[1])

# %%
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:** Where
#    all values are masked, a query of ``Attention`` gets the mean of all of
#    them: next to a billion, float32 has no digits left for the scores. Float64
#    (on TensorFlow, in NumPy) has, and the weights are those without a mask.
#
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:** In
#    float16, ``Attention`` subtracts the largest number of the format on
#    TensorFlow and JAX. On PyTorch it subtracts a billion there, too, which is
#    infinity: where all values are masked, it returns nan. So leave out samples
#    that are all padding.
nothing = [None, np.zeros((2, 5), dtype=bool)]
fifth, backend = np.full(scores.shape, 1 / 5), keras.backend.backend()
half = fifth * np.nan if backend == "torch" else fifth
cases = [("float32", fifth), ("float16", half), ("float64", softmax(scores))]
for dtype, expected in cases[: 3 if backend == "tensorflow" else 2]:
    _, weights = attend(nothing, dtype)
    np.testing.assert_allclose(weights, expected, rtol=0.01)

# %%
# See it
# ------
# The weights of the second sample. A row is a query, a column a value.

masks = {"no mask": True, "value mask": value_mask[1], "both": mask[1]}
fig, axes = plt.subplots(1, 3, figsize=(6, 2.4), layout="constrained")
fig.suptitle("Attention masks: weights of 0 for padding and for the future")
for axis, (title, mask) in zip(axes, masks.items()):
    shares = softmax(np.where(mask, scores[1], -1e9))
    axis.imshow(shares, cmap="PuOr", vmin=-1.2, vmax=1.2)
    axis.set(title=title, xticks=[], yticks=[])
plt.show()
