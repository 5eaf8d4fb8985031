r"""
AdditiveAttention: Bahdanau's score without its kernels
=======================================================

How well does a key fit a query? ``Attention`` multiplies the two, and
``AdditiveAttention`` adds them, and takes a tanh of the sum. So a score has a
limit, however large its query and key are.

.. math:: s_{ij} = \sum_f c_f \tanh(q_{if} + k_{jf})

:math:`q_{if}` is feature f of query i, :math:`k_{jf}` that of key j. The scale
c has a number for each feature, and is trained. Bahdanau et al.
(2015) multiply query and key by kernels first, which Keras leaves to you.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import AdditiveAttention, Attention, Dense

# %%
# Build it
# --------
# Without a key, the value would be the key, too.

keras.utils.set_random_seed(313)
rng = np.random.default_rng(313)
query = rng.normal(size=(2, 3, 4))  # (batch, queries, features)
key, value = rng.normal(size=(2, 2, 5, 4))  # (batch, values, features or units)
layer = AdditiveAttention()
y = keras.ops.convert_to_numpy(layer([query, value, key]))
(scale,) = layer.get_weights()

# %%
# Compute it
# ----------
# Add each query to each key. The sums have an axis for the queries and another
# one for the keys. The score adds up their tanh over the features, each times
# its scale. Softmax and the weighted sum follow, as in ``Attention``.

sums = query[:, :, np.newaxis] + key[:, np.newaxis]  # (batch, 3, 5, features)
scores = np.sum(scale * np.tanh(sums), axis=-1)  # (batch, queries, values)
exponentials = np.exp(scores)
shares = exponentials / exponentials.sum(axis=-1, keepdims=True)
output = shares @ value  # (batch, queries, units)

# %%
# Check it
# --------

np.testing.assert_allclose(y, output, rtol=1e-4, atol=1e-4)

# %%
# In full
# -------
# Bahdanau's score is :math:`v^T \tanh(W q + U k)`. The kernels W and U are two
# ``Dense`` layers without a bias, and v is the scale. ``additive_attention``
# computes the layer, also with masks.

from keras_by_hand import additive_attention

of_query, of_key = Dense(4, use_bias=False), Dense(4, use_bias=False)
y = keras.ops.convert_to_numpy(layer([of_query(query), value, of_key(key)]))
W, U = [part.get_weights()[0] for part in (of_query, of_key)]
expected = additive_attention(query @ W, value, key @ U, scale)
np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1, documentation:**
#    ``Attention(score_mode="concat")`` adds query and key, although the
#    documentation says that it concatenates them. No kernel multiplies them,
#    unlike in Luong et al. (2015). The score is
#    :math:`w \sum_f \tanh(a \, (q_{if} + k_{jf}))`, with two trained numbers.

concat = Attention(use_scale=True, score_mode="concat")
concat.build([query.shape, value.shape, key.shape])
concat.set_weights(np.array([2, 3]))  # a, w (without use_scale, a is 1)
y_concat = keras.ops.convert_to_numpy(concat([query, value, key]))
expected = additive_attention(2 * query, value, 2 * key, [3, 3, 3, 3])
np.testing.assert_allclose(y_concat, expected, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Suppose you port Bahdanau's attention as ``AdditiveAttention`` alone, without
# the two ``Dense`` layers for query and key. All shapes fit.

wrong = additive_attention(query, value, key, scale)
print("right:", y[0, 0].round(2), "wrong:", wrong[0, 0].round(2))
assert not np.allclose(y, wrong, rtol=1e-3, atol=1e-3)

# %%
# See it
# ------
# One feature, and queries of -2, 0 and 2. Dashed are the dot products.

k = np.linspace(-6, 6, 121)
fig, axis = plt.subplots(figsize=(6, 2.8), layout="constrained")
for q, color in zip((-2, 0, 2), ("C0", "C1", "C2")):
    axis.plot(k, np.tanh(q + k), color, label=f"tanh({q} + k)")
    axis.plot(k, q * k, color, linestyle="--", label=f"{q} k")
axis.set(title="Additive scores level off, dot products do not")
axis.set(xlabel="key k", ylabel="score", ylim=(-3, 3))
axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()
