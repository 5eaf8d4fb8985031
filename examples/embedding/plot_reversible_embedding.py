r"""
ReversibleEmbedding: one table to read words and to predict them
================================================================

A language model begins with a table of word vectors, and ends with a score
(logit) for each word. ``ReversibleEmbedding`` uses one table for both (*tied
weights*), so there is one table to store instead of two. With ``reverse=True``,
it compares a vector with all rows.

.. math::

   y &= E_x \\
   \text{logits} &= h \, E^\top \\
   \text{capped} &= c \cdot \tanh(\text{logits} / c)

E is the table, and a token x picks a row of it. Each logit is the dot product
of the vector h and one row. ``logit_soft_cap`` is c: it keeps the logits
between -c and c.
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


def new_layer(table, **arguments):
    layer = keras.layers.ReversibleEmbedding(*table.shape, **arguments)
    layer.build()
    layer.set_weights([table])
    return layer


layer = new_layer(embeddings)
y = keras.ops.convert_to_numpy(layer(x))  # (batch, steps, output_dim)
logits = keras.ops.convert_to_numpy(layer(h, reverse=True))
layer.logit_soft_cap = 64
capped = keras.ops.convert_to_numpy(layer(h, reverse=True))

# %%
# Compute it
# ----------
# Forwards, a token picks a row of the table. In reverse, ``@`` computes the dot
# products of each vector with all rows. The soft cap comes last.

vectors = embeddings[x]  # (batch, steps, output_dim)
scores = h @ embeddings.T  # (batch, steps, input_dim)
capped_scores = 64 * np.tanh(scores / 64)

# %%
# ``reversible_embedding`` is the whole layer. It can also use a second table on
# the way back, and compute the logits in another dtype.

from keras_by_hand import reversible_embedding

# %%
# Check it
# --------

np.testing.assert_array_equal(y, np.float32(vectors), strict=True)
np.testing.assert_array_equal(logits, np.float32(scores), strict=True)
np.testing.assert_allclose(capped, capped_scores, rtol=1e-4, atol=1e-4)
expected = reversible_embedding(h, embeddings, reverse=True, logit_soft_cap=64)
np.testing.assert_allclose(capped, expected, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Suppose you clip the logits. The soft cap is a curve: it changes small logits
# a little, too.

clipped = np.clip(logits, -64, 64)
print("right:", capped[0, 0].round(1), "wrong:", clipped[0, 0])
assert not np.allclose(capped, clipped)

# %%
# See it
# ------

z, cap = np.linspace(-100, 100, 401), 30
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(z, cap * np.tanh(z / cap), label=f"logit_soft_cap={cap}")
axis.plot(z, np.clip(z, -cap, cap), "--", label=f"clipped at {cap}")
axis.set(title="The soft cap keeps logits between -c and c, and their order")
axis.set(xlabel="logit", ylabel="capped")
axis.legend()
plt.show()
