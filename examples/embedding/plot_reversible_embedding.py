r"""
ReversibleEmbedding: one table to read words and to predict them
================================================================

A language model begins with a table of word vectors, and ends with a score
(logit) for each word. ``ReversibleEmbedding`` uses one table for both (*weight
tying*, tied weights): less to train and to store. With ``reverse=True``, the
layer returns the scores. ``tie_weights=False`` adds a second table for them.

.. math::

   y &= E_x \\
   \text{logits} &= h \, E^\top \\
   \text{capped} &= c \cdot \tanh(\text{logits} / c)

E is the table, and a token x picks a row of it. h is the vector from which the
model predicts. Each logit is the dot product of h and one row.
``logit_soft_cap`` is c: it keeps the logits between -c and c.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Six words, with vectors of three numbers. The layer has one table, or two.

embeddings = rng.integers(-9, 10, size=(6, 3))  # (input_dim, output_dim)
second = rng.integers(-9, 10, size=(3, 6))  # for tie_weights=False
x = np.array([[3, 1, 5, 2], [4, 1, 0, 0]])  # tokens, (batch, steps)
h = rng.integers(-9, 10, size=(2, 4, 3)).astype("float32")
tied = keras.layers.ReversibleEmbedding(6, 3)
untied = keras.layers.ReversibleEmbedding(6, 3, tie_weights=False)
tied.build()
untied.build()
table, twin = untied.get_weights()  # what Keras begins with
tied.set_weights([embeddings])
untied.set_weights([embeddings, second])
calls = tied(x), tied(h, reverse=True), untied(h, reverse=True)
y, logits, of_second = map(keras.ops.convert_to_numpy, calls)
tied.logit_soft_cap = 64
capped = keras.ops.convert_to_numpy(tied(h, reverse=True))

# %%
# Compute it
# ----------
# Forwards, a token picks a row of the table. In reverse, ``@`` computes the dot
# products of each vector with all rows. The soft cap comes last. With a second
# table, write ``h @ second``. (``reversible_embedding`` is the whole layer.)

vectors = embeddings[x]  # (batch, steps, output_dim)
scores = h @ embeddings.T  # (batch, steps, input_dim)
capped_scores = 64 * np.tanh(scores / 64)

from keras_by_hand import reversible_embedding

# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On all backends, both
#    tables of a new ``ReversibleEmbedding`` begin with the same numbers if
#    ``tie_weights=False``: one seed draws both. As ``embeddings_initializer``,
#    pass ``RandomUniform(seed=keras.random.SeedGenerator(1))``.
#
# .. warning:: **Seen in Keras 3.15.1, error:** On all backends,
#    ``ReversibleEmbedding`` refuses ``weights``, and ``lora_rank`` if
#    ``tie_weights=False``. Build the layer, then call ``set_weights`` or
#    ``enable_lora``.

np.testing.assert_array_equal(y, np.float32(vectors), strict=True)
np.testing.assert_array_equal(logits, np.float32(scores), strict=True)
np.testing.assert_allclose(capped, capped_scores, rtol=1e-4, atol=1e-4)
expected = reversible_embedding(h, embeddings, second, reverse=True)
np.testing.assert_array_equal(of_second, expected)
np.testing.assert_array_equal(twin, table.reshape(3, 6))
for refused in ({"weights": [embeddings]}, {"lora_rank": 2}):
    with np.testing.assert_raises((AttributeError, ValueError)):
        type(tied)(6, 3, tie_weights=False, **refused).build()

# %%
# Break it
# --------
# Suppose you clip the logits: right with ``logit_soft_cap``, wrong with
# ``np.clip``. The soft cap is a curve, and changes small logits a little, too.

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
