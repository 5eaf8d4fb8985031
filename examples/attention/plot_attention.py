r"""
Attention: scores, softmax, weighted sum of values
==================================================

``Attention`` compares each query with all keys. The better a key matches, the
more of its value goes into the output.

.. math::

   s_{ij} &= \sum_f q_{if} \, k_{jf} \\
   a_{ij} &= e^{s_{ij}} / \sum_l e^{s_{il}} \\
   y_i &= \sum_j a_{ij} \, v_j

The weights a of a query add up to 1: its output is a weighted mean of the
values. Without arguments, the layer has nothing to train.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# With ``return_attention_scores=True``, the layer returns the weights a, too.

query = rng.normal(size=(2, 3, 4)).round()  # (batch, queries, features)
value = rng.normal(0, 2, size=(2, 5, 4)).round()  # (batch, values, units)
key = rng.normal(size=(2, 5, 4)).round()  # (batch, values, features)

layer = keras.layers.Attention()
inputs = [query, value, key]  # in this order
results = layer(inputs, return_attention_scores=True)
y, weights = [keras.ops.convert_to_numpy(result) for result in results]
print("weights of the first sample:", weights[0].round(2), sep="\n")

# %%
# Compute it
# ----------
# Each query takes a dot product with each key: that is its score. Softmax turns
# the scores of a query into weights. The output of a query is the sum of all
# values, each times its weight.

scores = query @ key.swapaxes(1, 2)  # (batch, queries, values)
exponentials = np.exp(scores)
shares = exponentials / exponentials.sum(axis=-1, keepdims=True)
output = shares @ value  # (batch, queries, units)

# %%
# The whole function can also scale the scores, add query and key instead, and
# mask. A query may attend to a value where the mask is True. Elsewhere the
# score falls by a billion, so that its weight is 0.

from keras_by_hand import attention

# %%
# Check it
# --------
# First the weights and the output above. Without a key, the value is the key,
# too. Then the same for each way to score, with all masks. (The pages
# "Attention arguments" and "Attention masks" explain them. Only TensorFlow
# computes a whole layer in float64.)

np.testing.assert_allclose(weights, shares, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(y, output, rtol=1e-4, atol=1e-4)

for given in ([query, value, key], [query, value]):
    actual = keras.ops.convert_to_numpy(layer(given))
    np.testing.assert_allclose(actual, attention(*given), 1e-4, 1e-4)

scale, concat = np.array(0.5), np.array(2.0)
cases = [  # weights, arguments
    ([], {}),
    ([scale], {"use_scale": True}),
    ([concat], {"score_mode": "concat"}),
    ([scale, concat], {"use_scale": True, "score_mode": "concat"}),
]
query_mask = np.arange(3) < [[3], [2]]  # True for the first 3, and 2
value_mask = np.arange(5) < [[2], [4]]
masks = {"query_mask": query_mask, "value_mask": value_mask}
call = {"use_causal_mask": True, "return_attention_scores": True}
tensorflow = keras.backend.backend() == "tensorflow"
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    for trained, arguments in cases:
        layer = keras.layers.Attention(dtype=dtype, **arguments)
        layer.build([array.shape for array in inputs])
        layer.set_weights(trained)
        pair = layer(inputs, mask=[query_mask, value_mask], **call)
        actual, scores = map(keras.ops.convert_to_numpy, pair)
        expected = attention(*inputs, *trained, **arguments, **masks, **call)
        np.testing.assert_allclose(actual, expected[0], tolerance, tolerance)
        np.testing.assert_allclose(scores, expected[1], tolerance, tolerance)

# %%
# Break it
# --------
# Transformers, PyTorch's ``scaled_dot_product_attention`` and Keras' own
# ``MultiHeadAttention`` divide the scores by the square root of the number of
# features. ``Attention`` does not: divide the query, or use ``use_scale``.

wrong = attention(query / np.sqrt(query.shape[-1]), value, key)
print("right:", y[0, 0].round(2), "wrong:", wrong[0, 0].round(2))
assert not np.allclose(y, wrong)

# %%
# See it
# ------
# The first sample. Each row of the weights adds up to 1.

# sphinx_gallery_moving_picture = True
panels = [
    ("scores: query times key", np.int_(query[0] @ key[0].T)),
    ("weights: softmax of each row", weights[0].round(2)),
    ("output: weights times value", y[0].round(1)),
]
fig, axes = plt.subplots(1, 3, figsize=(6.5, 2), layout="constrained")
fig.suptitle("Attention: the higher a score, the more of its value goes in")
for axis, (title, numbers) in zip(axes, panels):
    limit = 1.5 * np.max(np.abs(numbers))
    axis.imshow(numbers, cmap="PuOr", vmin=-limit, vmax=limit, aspect="auto")
    axis.set(title=title, xticks=[], yticks=[])
    for (i, j), number in np.ndenumerate(numbers):
        axis.text(j, i, number, ha="center", va="center", color="k")
plt.show()
