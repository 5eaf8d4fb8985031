r"""
Attention arguments: use_scale, concat, dropout, seed
=====================================================

``use_scale`` gives an ``Attention`` layer a scale to train, ``score_mode``
another way to compare query and key, and ``dropout`` drops some of the weights
in training.

.. math::

   \text{dot:} \quad s_{ij} &= c \sum_f q_{if} \, k_{jf} \\
   \text{concat:} \quad s_{ij} &= w \sum_f \tanh(c \, (q_{if} + k_{jf}))

The scale c and the weight w, ``concat_score_weight``, are each one number for
the whole layer. Both begin at 1, so a new scale changes nothing.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import attention, softmax

rng = np.random.default_rng(313)

# %%
# Build it
# --------

query = rng.normal(size=(2, 3, 4))  # (batch, queries, features)
value = rng.normal(size=(2, 5, 4))  # (batch, values, features)


def keras_attention(weights=None, training=False, **arguments):
    layer = keras.layers.Attention(**arguments)
    layer.build([query.shape, value.shape])
    layer.set_weights(layer.get_weights() if weights is None else weights)
    options = {"training": training, "return_attention_scores": True}
    results = layer([query, value], **options)
    return [keras.ops.convert_to_numpy(result) for result in results]


y, weights = keras_attention()
print("weights of the first sample:", weights[0].round(2), sep="\n")

# %%
# Compute it
# ----------
# Dropout follows softmax: it sets some weights to 0 and enlarges the others, so
# that the mean over many draws stays the same.


def drop_weights(attention_weights, value, kept, rate):
    """What attention with dropout returns in training: output and weights.

    attention_weights: (batch, queries, values), kept: the same shape, False for
    weights to drop, value: (batch, values, units).
    """
    left = np.where(kept, attention_weights / (1 - rate), 0)
    return left @ value, left


# %%
# Check it
# --------
# A new scale changes nothing. With 4 features, a scale of 1/2 divides by their
# square root, as transformers do (Vaswani et al., 2017).

tolerance = 1000 * np.finfo("float32").eps
scaled, _ = keras_attention(use_scale=True)
np.testing.assert_allclose(scaled, y, tolerance, tolerance)
scaled, _ = keras_attention([np.array(0.5)], use_scale=True)
expected = attention(query / np.sqrt(4), value)
np.testing.assert_allclose(scaled, expected, tolerance, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1:** With ``score_mode="concat"``, query and
#    key are added, not concatenated as the documentation says. No kernel
#    multiplies them, unlike in Luong et al. (2015).

concat, _ = keras_attention(score_mode="concat")
expected = attention(query, value, None, 1, score_mode="concat")
np.testing.assert_allclose(concat, expected, tolerance, tolerance)

# %%
# Dropout needs ``training=True``. The same seed drops the same weights.
#
# .. warning:: **Seen in Keras 3.15.1:** In training, the returned scores are
#    those after dropout. The scores of a query don't add up to 1 then.

dropout = {"dropout": 0.75, "seed": 3}
actual = keras_attention(training=True, **dropout)
kept = actual[1] != 0
expected = drop_weights(weights, value, kept, 0.75)
for results in (actual, keras_attention(training=True, **dropout)):
    for of_keras, of_numpy in zip(results, expected):
        np.testing.assert_allclose(of_keras, of_numpy, tolerance, tolerance)
standard_error = np.sqrt(0.75 * 0.25 / kept.size)
np.testing.assert_allclose(np.mean(kept), 0.25, atol=6 * standard_error)
predicted, _ = keras_attention(**dropout)
np.testing.assert_allclose(predicted, y, tolerance, tolerance)

# %%
# Break it
# --------
# Would you concatenate query and key, as the documentation says? Then a score
# is the sum of a number for the query and one for the key. The first is the
# same for all keys, and softmax cancels it: all queries get the same output.

of_query = np.sum(np.tanh(query), axis=-1)[:, :, np.newaxis]
of_key = np.sum(np.tanh(value), axis=-1)[:, np.newaxis, :]
wrong = softmax(of_query + of_key) @ value
print("right:", concat[0, :2].round(2), sep="\n")
print("wrong:", wrong[0, :2].round(2), sep="\n")
assert not np.allclose(concat, wrong)

# %%
# See it
# ------
# One query whose dot products with four keys are 2, 1, 0 and -1.

scale = np.linspace(0, 4, 101)
products = np.array([2, 1, 0, -1])
weights = softmax(scale[:, np.newaxis] * products)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(scale, weights, label=[f"product {product}" for product in products])
axis.set(title="Attention scale: 0 takes the mean of all, a large one the best")
axis.set(xlabel="scale", ylabel="weight")
axis.legend()
plt.show()
