r"""
Embedding: each token picks a row of a table
============================================

A network needs numbers for words. An ``Embedding`` has a table with a row for
each word, and training moves them. A *token* is the number of a word. The layer
replaces it by its row: for text :math:`n`, at step :math:`t`,

.. math:: y_{n,t} = E_{x_{n,t}} = \text{onehot}(x_{n,t}) \; E

A one-hot row has a single 1 and many zeros. Times the table :math:`E`, it is
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
# Two texts of five tokens. Here 0 is padding, and 1 is any unknown word.

vocabulary = ["", "[UNK]", "the", "cat", "saw", "dog"]
x = np.array([[2, 3, 4, 2, 5], [2, 5, 4, 1, 0]])  # (batch, steps)
embeddings = rng.integers(-9, 10, size=(6, 3))  # (input_dim, output_dim)

layer = keras.layers.Embedding(input_dim=6, output_dim=3)
model = keras.Sequential([keras.Input((5,), dtype="int32"), layer])
layer.set_weights([embeddings])
y = model.predict(x, verbose=0)  # (batch, steps, output_dim)
print(y[0])

# %%
# See it
# ------
# "the" occurs twice in the first text, and has the same vector both times.

names = [f"{token}  {word}" for token, word in enumerate(vocabulary)]
fig, (left, right) = plt.subplots(1, 2, figsize=(6, 3), layout="constrained")
fig.suptitle("Each token picks its row of the table")
for axis, title, tokens in [(left, "E", range(6)), (right, "y[0]", x[0])]:
    axis.imshow(embeddings[tokens], cmap="PuOr", vmin=-27, vmax=27, aspect=0.6)
    axis.set(title=title, xticks=[])
    axis.set_yticks(range(len(tokens)), [names[token] for token in tokens])
    for (row, column), value in np.ndenumerate(embeddings[tokens]):
        axis.text(column, row, value, ha="center", va="center", color="k")
right.yaxis.tick_right()
for step, token in enumerate(x[0]):
    ends = (2.5, token), (-0.5, step), left.transData, right.transData
    fig.add_artist(ConnectionPatch(*ends, color="C1" if token == 2 else "gray"))
plt.show()

# %%
# Compute it
# ----------
# Go through all places, and copy the row that the token there asks for.

by_loops = np.zeros((2, 5, 3))  # (batch, steps, output_dim)
for n in range(2):
    for t in range(5):
        by_loops[n, t] = embeddings[x[n, t]]

# %%
# NumPy does this in one step: index the table with the array of tokens.

looked_up = embeddings[x]

# %%
# The product is a ``Dense`` layer without a bias, whose kernel is the table.

one_hot = np.eye(6)[x]  # (batch, steps, input_dim)
as_product = one_hot @ embeddings

# %%
# Check it
# --------
# Nothing is rounded: the results are equal to the bit.

for expected in (by_loops, looked_up, as_product):
    np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# Break it
# --------
# Files of ready word vectors, such as GloVe's, have no rows for padding and
# unknown words. Used as they are, every token gets the row two further down:
# "cat" gets that of "dog".

wrong = np.concatenate([embeddings[2:], np.zeros((2, 3))])[x]
print("right:", y[0, 1])
print("wrong:", wrong[0, 1])
assert np.any(y != wrong) and np.all(wrong[0, 1] == y[0, 4])

# %%
# In full
# -------
# ``embedding`` from keras_by_hand also takes floats. Like Keras, it cuts off
# their fraction and does not round: 2.9 becomes 2, and -0.9 becomes 0.

from keras_by_hand import embedding

floats = np.array([2.9, 3.5, -0.9], "float32")  # tokens may have any shape
rows = keras.ops.convert_to_numpy(layer(floats))
np.testing.assert_array_equal(rows, embedding(floats, embeddings))
np.testing.assert_array_equal(rows, embeddings[[2, 3, 0]])

# %%
# Try it
# ------
# 1. Let ``counts``, of shape (2, 6), say how often each token occurs in each
#    text. Compute it from ``one_hot``. One product then adds up the vectors of
#    each text: ``np.testing.assert_array_equal(counts @ embeddings, y.sum(1))``
# 2. Let ``g = rng.integers(-9, 10, size=(10, 3))`` be the gradient at the ten
#    rows of the output. Compute ``gradient``, the gradient of the table, as for
#    a ``Dense`` kernel. "the" gets the sum of three rows:
#    ``np.testing.assert_array_equal(gradient[2], g[[0, 3, 5]].sum(0))``
