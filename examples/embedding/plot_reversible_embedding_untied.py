r"""
ReversibleEmbedding with tie_weights=False: two tables
======================================================

With ``tie_weights=False``, a ``ReversibleEmbedding`` computes its logits with a
second table. The initializer fills both tables, but the regularizer and the
constraint act only on the first.

.. math::

   y &= E_x \\
   \text{logits} &= h \, R

The table :math:`E` is (input_dim, output_dim). The second, :math:`R`, is
(output_dim, input_dim), as the kernel of a ``Dense`` layer.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import ReversibleEmbedding

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Six words, with vectors of three numbers.

embeddings = rng.integers(-9, 10, size=(6, 3))  # (input_dim, output_dim)
reverse_embeddings = rng.integers(-9, 10, size=(3, 6))
x = rng.integers(6, size=(2, 4))  # tokens, (batch, steps)
h = rng.integers(-9, 10, size=(2, 4, 3)).astype("float32")

limits = {"embeddings_regularizer": "l2", "embeddings_constraint": "non_neg"}
layer = ReversibleEmbedding(6, 3, tie_weights=False, **limits)
layer.build()
first = layer.get_weights()  # random numbers
layer.set_weights([embeddings, reverse_embeddings])
y = keras.ops.convert_to_numpy(layer(x))
logits = keras.ops.convert_to_numpy(layer(h, reverse=True))
for weight in layer.weights:
    print(weight.name, weight.shape)

# %%
# Compute it
# ----------


def two_tables(x, embeddings, reverse_embeddings, reverse=False):
    """ReversibleEmbedding with tie_weights=False (Keras documentation).

    x: tokens, any shape, or, to reverse, vectors, (..., output_dim).
    embeddings: (input_dim, output_dim), reverse_embeddings: (output_dim,
    input_dim). Returns vectors or logits, (..., input_dim).
    """
    return x @ reverse_embeddings if reverse else embeddings[x]


# %%
# Check it
# --------
# With whole numbers nothing is rounded: equal to the bit.

expected = two_tables(x, embeddings, reverse_embeddings)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)
expected = two_tables(h, embeddings, reverse_embeddings, reverse=True)
np.testing.assert_array_equal(logits, np.float32(expected), strict=True)

# %%
# The penalty, L2(0.01), and the constraint ignore the second table.

penalty = keras.ops.convert_to_numpy(sum(layer.losses))
np.testing.assert_allclose(penalty, 0.01 * np.sum(embeddings**2), rtol=1e-5)
gradients = [keras.ops.zeros((6, 3)), keras.ops.zeros((3, 6))]
keras.optimizers.SGD().apply(gradients, layer.trainable_variables)
limited, as_before = layer.get_weights()
np.testing.assert_array_equal(limited, np.maximum(embeddings, 0))
np.testing.assert_array_equal(as_before, reverse_embeddings)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On all backends, both
#    tables of a new ``ReversibleEmbedding`` begin with the same numbers, filled
#    in row by row, because the initializer draws both with the same seed.

np.testing.assert_array_equal(first[1], first[0].reshape(3, 6))

# %%
# .. warning:: **Seen in Keras 3.15.1, error:** On all backends,
#    ``ReversibleEmbedding`` refuses ``weights``, and ``lora_rank`` if
#    ``tie_weights=False``. Build the layer, then call ``set_weights`` or
#    ``enable_lora``.

with np.testing.assert_raises(AttributeError):
    ReversibleEmbedding(6, 3, weights=embeddings)
with np.testing.assert_raises(ValueError):
    ReversibleEmbedding(6, 3, tie_weights=False, lora_rank=2).build()
layer = ReversibleEmbedding(6, 3, tie_weights=False)
layer.build()
layer.enable_lora(rank=2)
trained = [weight.name for weight in layer.trainable_weights]
wanted = ["reverse_embeddings", "lora_embeddings_a", "lora_embeddings_b"]
np.testing.assert_equal(trained, wanted)

# %%
# Break it
# --------
# PyTorch's ``Linear`` stores its weight as (input_dim, output_dim). Would you
# reshape it? Keras needs its transpose.

wrong = h @ reverse_embeddings.T.reshape(3, 6)
print(f"{np.mean(logits == wrong):.0%} of the logits are right")
assert np.any(logits != wrong)

# %%
# See it
# ------
# The numbers of the first table, row by row, are those of the second.

fig, axes = plt.subplots(1, 2, figsize=(6, 3), width_ratios=[3, 6])
fig.suptitle("A new layer's two tables hold the same numbers")
panels = [("embeddings", first[0]), ("reverse_embeddings", first[1])]
for axis, (title, table) in zip(axes, panels):
    axis.imshow(table, cmap="PuOr", vmin=-0.1, vmax=0.1)
    axis.set(title=title, xticks=[], yticks=[])
    for (row, column), value in np.ndenumerate(table):
        text = axis.text(column, row, f"{value:.2f}", color="k")
        text.set(ha="center", va="center", fontsize=8)
plt.show()
