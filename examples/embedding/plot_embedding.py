r"""
Embedding: each token picks a row of a table
============================================

An ``Embedding`` keeps a table with one row of numbers for each word. A token is
the number of a word, and the layer replaces it by the row of that number.

.. math::

   y_{n,t} &= E_{x_{n,t}} \\
   &= \text{onehot}(x_{n,t}) \; E

The second line says the same with a product: a one-hot row times the table is
one row of the table. Looking the row up is faster.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import ConnectionPatch

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two sentences of five tokens. ``TextVectorization`` would number words in this
# way: 0 stands for padding and 1 for unknown words.

vocabulary = ["", "[UNK]", "the", "cat", "saw", "dog"]
x = np.array([[2, 3, 4, 2, 5], [2, 5, 4, 1, 0]])  # (batch, steps)
embeddings = rng.integers(-9, 10, size=(6, 3))  # (input_dim, output_dim)

layer = keras.layers.Embedding(input_dim=6, output_dim=3)
model = keras.Sequential([keras.Input((5,), dtype="int32"), layer])
layer.set_weights([embeddings])
y = model.predict(x, verbose=0)  # (batch, steps, output_dim)
print(y[0])

# %%
# Compute it
# ----------
# The lookup is NumPy's indexing with an array of whole numbers. For the
# product, each token becomes a row of zeros with a single 1.

looked_up = embeddings[x]  # (batch, steps, output_dim)
as_product = np.eye(6)[x] @ embeddings

# %%
# The function also takes floats as tokens. (The layer's other arguments are
# about its table, or make a mask.)

from keras_by_hand import embedding

# %%
# Check it
# --------
# Nothing is computed, so nothing is rounded: equal to the bit. The table's rows
# also come out of a ``Dense`` layer, if its input is one-hot.

np.testing.assert_array_equal(y, np.float32(looked_up), strict=True)
np.testing.assert_array_equal(y, np.float32(as_product), strict=True)

expected = embedding(x, embeddings)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

dense = keras.layers.Dense(3, use_bias=False)
one_hot = np.eye(6, dtype="float32")[x]  # (batch, steps, input_dim)
dense.build(one_hot.shape)
dense.set_weights([embeddings])
of_dense = keras.ops.convert_to_numpy(dense(one_hot))
np.testing.assert_array_equal(of_dense, y, strict=True)

# %%
# Tokens may have any shape. The last axis of the output is new.

for shape in [(10,), (5, 2), (1, 5, 2)]:
    tokens = x.reshape(shape)
    rows = keras.ops.convert_to_numpy(layer(tokens))
    expected = np.float32(embedding(tokens, embeddings))
    np.testing.assert_array_equal(rows, expected, strict=True)

# %%
# Tokens may also be floats. Keras cuts off their fraction and does not round
# it: 2.9 becomes 2, and -0.9 becomes 0.

floats = np.array([2.9, 3.5, -0.9], "float32")
rows = keras.ops.convert_to_numpy(layer(floats))
np.testing.assert_array_equal(rows, embedding(floats, embeddings))
np.testing.assert_array_equal(rows, embeddings[[2, 3, 0]])

# %%
# Break it
# --------
# A file of pretrained vectors begins with the first word. Would you load it
# without two more rows in front, for padding and for unknown words? Then every
# word gets the vector of another.

vectors = embeddings[2:]  # of "the", "cat", "saw" and "dog"
without_first_rows = np.concatenate([vectors, np.zeros((2, 3))])
wrong = embedding(x, without_first_rows)
print(f"{np.mean(np.all(y == wrong, axis=-1)):.0%} of the vectors are right")
assert np.any(y != wrong)

# %%
# See it
# ------
# The table on the left, the first sentence on the right. "the" occurs twice,
# and has the same vector both times.

names = [f"{token}  {word}" for token, word in enumerate(vocabulary)]
panels = [
    ("table", embeddings, names),
    ("y[0]", y[0], [names[token] for token in x[0]]),
]
fig, axes = plt.subplots(1, 2, figsize=(6, 3), layout="constrained")
fig.suptitle("Embedding: each token picks its row of the table")
for axis, (title, values, labels) in zip(axes, panels):
    axis.imshow(values, cmap="PuOr", vmin=-27, vmax=27, aspect=0.6)
    axis.set(title=title, xticks=[])
    axis.set_yticks(range(len(labels)), labels)
    axis.tick_params(length=0)
    for (row, column), value in np.ndenumerate(values):
        axis.text(column, row, int(value), ha="center", va="center", color="k")
axes[1].yaxis.tick_right()
for step, token in enumerate(x[0]):
    left, right = axes[0].transData, axes[1].transData
    line = ConnectionPatch((2.5, token), (-0.5, step), left, right)
    line.set(color="C1" if token == 2 else "gray")
    fig.add_artist(line)
plt.show()
