r"""
Attention masks: True means that a query may attend
===================================================

A value mask keeps ``Attention`` from reading padding, and a causal mask keeps
it from reading the future. What is masked gets a weight of 0, and the other
weights of the query still add up to 1.

.. math::

   s'_{ij} &= s_{ij} - 10^9 \quad \text{where masked} \\
   a_{ij} &= e^{s'_{ij}} / \sum_l e^{s'_{il}}

The exponential of minus a billion is 0. Unlike minus infinity, it gives no nan
where a query may attend to nothing.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import softmax

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# The layer takes a list of two masks, for query and value. In the second sample
# the last query is padding, and so are the last two values.

query = rng.normal(size=(2, 5, 3))  # (batch, queries, features)
value = rng.normal(size=(2, 5, 3))  # (batch, values, features)
query_mask = np.arange(5) < [[5], [4]]  # (batch, queries)
value_mask = np.arange(5) < [[5], [3]]  # (batch, values)


def keras_attention(masks=None, use_causal_mask=False, dtype="float32"):
    layer = keras.layers.Attention(dtype=dtype)
    options = {"mask": masks, "use_causal_mask": use_causal_mask}
    results = layer([query, value], return_attention_scores=True, **options)
    return [keras.ops.convert_to_numpy(result) for result in results]


y, weights = keras_attention([query_mask, value_mask])
print("weights of the second sample:", weights[1].round(2), sep="\n")

# %%
# Compute it
# ----------


def masked_softmax(scores, mask):
    """Softmax over the values where mask is True, as in Keras' Attention.

    scores: (batch, queries, values), mask: of a shape that fits.
    """
    return softmax(np.where(mask, scores, scores - 1e9))


# %%
# Check it
# --------
# A causal mask lets query i attend to the values 0 to i. The query mask changes
# no weight: it sets the output to 0 where the query is padding. (Only
# TensorFlow computes a whole layer in float64.)

scores = query @ value.swapaxes(1, 2)  # (batch, queries, values)
of_values = value_mask[:, np.newaxis, :]
causal = np.tri(5, dtype=bool)  # (queries, values)
cases = [  # value_mask, use_causal_mask, and what NumPy makes of them
    (None, True, causal),
    (value_mask, False, of_values),
    (value_mask, True, of_values & causal),
]
tensorflow = keras.backend.backend() == "tensorflow"
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    for given, use_causal_mask, mask in cases:
        actual = keras_attention([query_mask, given], use_causal_mask, dtype)
        weights = masked_softmax(scores, mask)
        expected = np.where(query_mask[..., np.newaxis], weights @ value, 0)
        for of_keras, of_numpy in zip(actual, (expected, weights)):
            np.testing.assert_allclose(of_keras, of_numpy, tolerance, tolerance)

# %%
# With padding at the start and a causal mask, the first query may attend to
# nothing. What does it return?
#
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:** Where
#    all values are masked, a query of ``Attention`` gets the mean of all of
#    them: next to a billion, float32 has no digits left for the scores. Float64
#    (on TensorFlow, in NumPy) has, and the weights are those without a mask.
#
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:** In
#    float16, ``Attention`` subtracts the largest number of the format on
#    TensorFlow and JAX. On PyTorch it subtracts a billion there, too, which is
#    infinity: where all values are masked, it returns nan.

nothing = [None, np.zeros((2, 5), dtype=bool)]
fifths = np.full(scores.shape, 1 / 5)
torch = keras.backend.backend() == "torch"
cases = [("float32", fifths), ("float16", np.nan * fifths if torch else fifths)]
for dtype, expected in cases + [("float64", softmax(scores))] * tensorflow:
    _, weights = keras_attention(nothing, dtype=dtype)
    np.testing.assert_allclose(weights, expected, rtol=0.01)

# %%
# Break it
# --------
# In PyTorch's ``key_padding_mask``, True means padding. Would you hand such a
# mask to Keras? Invert it first.

wrong = masked_softmax(scores, ~of_values) @ value
print("right:", y[1, 0].round(2), "wrong:", wrong[1, 0].round(2))
assert not np.allclose(y[1, 0], wrong[1, 0])

# %%
# See it
# ------
# The second sample. A row is a query, a column a value.

titles = ["no mask", "value mask", "causal mask", "both"]
masks = [True, of_values[1], causal, of_values[1] & causal]
fig, axes = plt.subplots(1, 4, figsize=(6.5, 2.1), layout="constrained")
fig.suptitle("Attention masks: weights of 0 for padding and for the future")
for axis, title, mask in zip(axes, titles, masks):
    weights = masked_softmax(scores[1], mask)
    axis.imshow(weights, cmap="PuOr", vmin=-1.2, vmax=1.2)
    axis.set(title=title, xticks=[], yticks=[])
plt.show()
