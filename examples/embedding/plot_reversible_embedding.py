r"""
ReversibleEmbedding: one table to read words and to predict them
================================================================

A language model begins with a table of word vectors, and ends with a score
(logit) for each word. ``ReversibleEmbedding`` uses one table for both (tied
weights): with ``reverse=True``, it compares a vector with all rows.

.. math::

   y &= E_x \\
   \text{logits} &= h \, E^\top \\
   \text{capped} &= c \cdot \tanh(\text{logits} / c)

Each logit is the dot product of the vector :math:`h` and one row of the table.
``logit_soft_cap`` is :math:`c`: it keeps the logits between -c and c.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Six words, with vectors of three numbers. The layer has one weight.

embeddings = rng.integers(-9, 10, size=(6, 3))  # (input_dim, output_dim)
x = np.array([[3, 1, 5, 2], [4, 1, 0, 0]])  # tokens, (batch, steps)
h = rng.integers(-9, 10, size=(2, 4, 3)).astype("float32")


def keras_layer(inputs, weights, dtype="float32", reverse=False, **arguments):
    layer = keras.layers.ReversibleEmbedding(6, 3, dtype=dtype, **arguments)
    layer.build()
    layer.set_weights(weights)
    return keras.ops.convert_to_numpy(layer(inputs, reverse=reverse))


y = keras_layer(x, [embeddings])  # (batch, steps, output_dim)
logits = keras_layer(h, [embeddings], reverse=True)  # (batch, steps, input_dim)
print(logits[0])

# %%
# Compute it
# ----------
# Forwards, a token picks a row of the table. In reverse, ``@`` computes the dot
# products of each vector with all rows. The soft cap is applied to these
# logits.

vectors = embeddings[x]  # (batch, steps, output_dim)
scores = h @ embeddings.T  # (batch, steps, input_dim)
capped_scores = 64 * np.tanh(scores / 64)  # logit_soft_cap=64

# %%
# The whole function can use a second table on the way back, and compute the
# logits in another dtype.

from keras_by_hand import reversible_embedding

# %%
# Check it
# --------
# With whole numbers nothing is rounded: equal to the bit.

np.testing.assert_array_equal(y, np.float32(vectors), strict=True)
np.testing.assert_array_equal(logits, np.float32(scores), strict=True)

expected = reversible_embedding(x, embeddings)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)
expected = reversible_embedding(h, embeddings, reverse=True)
np.testing.assert_array_equal(logits, np.float32(expected), strict=True)

# %%
# As in ``Embedding``, ``mask_zero`` makes a mask: False for token 0.

masked = keras.layers.ReversibleEmbedding(6, 3, mask_zero=True)
mask = keras.ops.convert_to_numpy(masked(x)._keras_mask)
np.testing.assert_array_equal(mask, x != 0, strict=True)

# %%
# With two tables (``tie_weights=False``), and logits in float16:

weights = [embeddings, rng.integers(-9, 10, size=(3, 6))]
own = {"reverse": True, "reverse_dtype": "float16"}
of_keras = keras_layer(h, weights, tie_weights=False, **own)
expected = reversible_embedding(h, *weights, **own)
np.testing.assert_array_equal(of_keras, expected, strict=True)

# %%
# The soft cap, in float32 and (on TensorFlow) in float64:

tensorflow = keras.backend.backend() == "tensorflow"
own = {"reverse": True, "logit_soft_cap": 64}
capped = keras_layer(h, [embeddings], **own)
np.testing.assert_allclose(capped, capped_scores, rtol=1e-4, atol=1e-4)
expected = reversible_embedding(h.astype("float64"), embeddings, **own)
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    capped = keras_layer(h.astype(dtype), [embeddings], dtype, **own)
    tolerance = 1000 * np.finfo(dtype).eps
    np.testing.assert_allclose(capped, expected, tolerance, tolerance)

# %%
# Break it
# --------
# Would you reshape the table instead of transposing it? Would you clip the
# logits? The soft cap is a curve: it changes small logits a little, too.

assert np.any(logits != h @ embeddings.reshape(3, 6))
assert not np.allclose(capped, np.clip(logits, -64, 64))

# %%
# See it
# ------
# Small logits hardly change.

z, cap = np.linspace(-100, 100, 401), 30
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(z, cap * np.tanh(z / cap), label=f"logit_soft_cap={cap}")
axis.plot(z, np.clip(z, -cap, cap), "--", label=f"clipped at {cap}")
axis.set(title="The soft cap keeps logits between -c and c, and their order")
axis.set(xlabel="logit", ylabel="capped")
axis.legend()
plt.show()
