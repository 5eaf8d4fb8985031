r"""
AdditiveAttention: Bahdanau's score without its kernels
=======================================================

``AdditiveAttention`` adds query and key instead of multiplying them, and takes
a tanh of the sum. Softmax and the weighted sum are those of ``Attention``.

.. math:: s_{ij} = \sum_f c_f \tanh(q_{if} + k_{jf})

The scale c has a number for each feature f. Bahdanau et al. (2015) multiply
query and key by kernels first, which Keras leaves to you.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import softmax

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# The scale is trained. It begins with random numbers from Glorot's uniform
# distribution: between -√(3/d) and √(3/d) for d features.

query = rng.normal(size=(2, 3, 4))  # (batch, queries, features)
value = rng.normal(size=(2, 5, 4))  # (batch, values, units)
key = rng.normal(size=(2, 5, 4))  # (batch, values, features)
inputs = [query, value, key]
layer = keras.layers.AdditiveAttention()
layer.build([array.shape for array in inputs])
(scale,) = layer.get_weights()
print("scale:", scale)
np.testing.assert_array_less(np.abs(scale), np.sqrt(3 / 4))

# %%
# Compute it
# ----------
# Add each query to each key. The sums have an axis for the queries and another
# one for the keys. The score adds up their tanh over the features, each times
# its scale. Softmax and the sum of the values follow, as in ``Attention``.

sums = query[:, :, np.newaxis] + key[:, np.newaxis]  # (batch, 3, 5, features)
scores = np.sum(scale * np.tanh(sums), axis=-1)  # (batch, queries, values)
exponentials = np.exp(scores)
shares = exponentials / exponentials.sum(axis=-1, keepdims=True)
output = shares @ value  # (batch, queries, units)

# %%
# The whole function also works without a key or a scale, and has masks.

from keras_by_hand import additive_attention

# %%
# Check it
# --------
# First the layer above. Then with scale and key, and without: then the value is
# the key, too. (Only TensorFlow computes a whole layer in float64.)

y = keras.ops.convert_to_numpy(layer(inputs))
np.testing.assert_allclose(y, output, rtol=1e-4, atol=1e-4)

query_mask = np.arange(3) < [[3], [2]]  # (batch, queries)
value_mask = np.arange(5) < [[2], [4]]  # (batch, values)
masks = {"query_mask": query_mask, "value_mask": value_mask}
call = {"use_causal_mask": True, "return_attention_scores": True}
tensorflow = keras.backend.backend() == "tensorflow"
for dtype in ["float64", "float32"] if tensorflow else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    for given, use_scale in ((inputs + [scale], True), (inputs[:2], False)):
        layer = keras.layers.AdditiveAttention(use_scale, dtype=dtype)
        layer.build([array.shape for array in given[:3]])
        layer.set_weights(given[3:])
        pair = layer(given[:3], mask=[query_mask, value_mask], **call)
        actual, scores = map(keras.ops.convert_to_numpy, pair)
        options = {"use_scale": use_scale, **masks, **call}
        expected = additive_attention(*given, **options)
        np.testing.assert_allclose(actual, expected[0], tolerance, tolerance)
        np.testing.assert_allclose(scores, expected[1], tolerance, tolerance)

# %%
# Without a scale it is ``Attention`` with ``score_mode="concat"``, whose weight
# and whose own scale begin at 1. In training, the same seed drops the same
# attention weights.
#
# .. warning:: **Seen in Keras 3.15.1, documentation:**
#    ``Attention(score_mode="concat")`` adds query and key, although the
#    documentation says that it concatenates them. No kernel multiplies them,
#    unlike in Luong et al. (2015).

dropout = {"dropout": 0.75, "seed": 3}
additive = keras.layers.AdditiveAttention(use_scale=False, **dropout)
concat = keras.layers.Attention(True, score_mode="concat", **dropout)
for training in (False, True):
    results = [layer(inputs, training=training) for layer in (additive, concat)]
    y, y_concat = [keras.ops.convert_to_numpy(result) for result in results]
    np.testing.assert_allclose(y, y_concat, tolerance, tolerance)

# %%
# Bahdanau's score is :math:`v^T \tanh(W q + U k)`. The kernels W and U are two
# ``Dense`` layers without a bias, and v is the scale.

of_query = keras.layers.Dense(4, use_bias=False)
of_value = keras.layers.Dense(4, use_bias=False)
layer = keras.layers.AdditiveAttention()
y = layer([of_query(query), value, of_value(value)])
y = keras.ops.convert_to_numpy(y)
w, u, v = [part.get_weights()[0] for part in (of_query, of_value, layer)]
expected = additive_attention(query @ w, value, value @ u, v)
np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# Break it
# --------
# Would you port Bahdanau's attention as ``AdditiveAttention`` alone, without
# the two ``Dense`` layers?

wrong = additive_attention(query, value, None, v)
print("right:", y[0, 0].round(2), "wrong:", wrong[0, 0].round(2))
assert not np.allclose(y, wrong)

# %%
# Would you concatenate query and key for ``score_mode="concat"``? Then a score
# is a number for the query plus one for the key. Softmax cancels the first, and
# all queries get the same output.

of_key = np.sum(np.tanh(key), axis=-1)[:, np.newaxis]  # (batch, 1, values)
wrong = softmax(of_key) @ value  # (batch, 1, units)
y_concat = keras.ops.convert_to_numpy(concat(inputs))
assert not np.allclose(y_concat, wrong)

# %%
# See it
# ------
# One feature, and queries of -2, 0 and 2. Dot products have no limit. Additive
# scores stay between -1 and 1, times the scale.

k = np.linspace(-6, 6, 121)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for number, q in enumerate((-2, 0, 2)):
    axis.plot(k, np.tanh(q + k), f"C{number}", label=f"tanh({q} + k)")
    axis.plot(k, q * k, f"C{number}--", label=f"{q} k")
axis.set(title="Additive scores level off, dot products do not")
axis.set(xlabel="key k", ylabel="score", ylim=(-3, 3))
axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()
