r"""
Embedding: each token picks a row of a table
============================================

A network needs numbers for words. A *token* is the number of a word, but only
its place in a list: a later word is not more. So an ``Embedding`` has a table
with a row for each word. In line :math:`n`, at step :math:`t`, it returns

.. math:: y_{n,t} = E_{x_{n,t}} = \text{onehot}(x_{n,t}) \; E

A one-hot row times the table :math:`E` is one row of the table. Looking the row
up is faster.
"""

from itertools import product

import keras
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import ConnectionPatch

# %%
# Build it
# --------
# Code makes the text, so it has the code's licence, BSD-3-Clause. ``product``
# goes through all combinations: 896 lines of 13 words. The *vocabulary* lists
# its 30 words by the alphabet. A word's place there, from 0, is its token.

names = "anna ben carla dave emma finn gina hugo".split()
colors = "red blue green white black yellow".split()
things = "hat ball kite book lamp coat drum boat".split()
lines = [
    f"{n} has a {c} {t} . the {t} of {n} is {c} ."
    for n, c, t in product(names, colors, things)
]
lines += [
    f"{n} gives {m} a {t} . now {m} has the {t} . ."
    for n, m, t in product(names, names, things)
]
vocabulary = sorted(set(" ".join(lines).split()))  # 30 words
text = np.array(
    [[vocabulary.index(word) for word in line.split()] for line in lines]
)
x = text[[0, -1]]  # (batch, steps): two of the lines
rng = np.random.default_rng(313)
embeddings = rng.integers(-9, 10, size=(30, 3))  # (input_dim, output_dim)
layer = keras.layers.Embedding(input_dim=30, output_dim=3)
model = keras.Sequential([keras.Input((13,), dtype="int32"), layer])
layer.set_weights([embeddings])
y = model.predict(x, verbose=0)  # (batch, steps, output_dim)
print(text.shape, lines[0], x[0], y[0], sep="\n")

# %%
# See it
# ------
# "anna" occurs twice, and gets the same row both times (orange).

picked = sorted(set(x[0]))  # the rows that the line needs
fig, (left, right) = plt.subplots(1, 2, figsize=(6, 4.5), layout="constrained")
fig.suptitle("Each token picks its row of the table")
for axis, title, tokens in [(left, "E", picked), (right, "y[0]", x[0])]:
    axis.imshow(embeddings[tokens], cmap="PuOr", vmin=-27, vmax=27, aspect=0.6)
    axis.set(title=title, xticks=[], yticks=range(len(tokens)))
    axis.set_yticklabels([f"{token}  {vocabulary[token]}" for token in tokens])
    for (row, column), value in np.ndenumerate(embeddings[tokens]):
        axis.text(column, row, value, ha="center", va="center", color="k")
right.yaxis.tick_right()
for step, token in enumerate(x[0]):
    places = (2.5, picked.index(token)), (-0.5, step)
    ends = *places, left.transData, right.transData
    fig.add_artist(ConnectionPatch(*ends, color="C1" if token == 2 else "gray"))
plt.show()

# %%
# Compute it
# ----------
# Go through all places, and copy the row of the token there.

by_loops = np.zeros((2, 13, 3))  # (batch, steps, output_dim)
for n in range(2):
    for t in range(13):
        by_loops[n, t] = embeddings[x[n, t]]

# %%
# NumPy does this in one step:

looked_up = embeddings[x]

# %%
# One-hot rows times the table are a ``Dense`` layer without a bias.

one_hot = np.eye(30)[x]  # (batch, steps, input_dim)
as_product = one_hot @ embeddings

# %%
# Check it
# --------

for expected in (by_loops, looked_up, as_product):
    np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# Break it
# --------
# Suppose you make a new vocabulary from the line that you want to read. Its
# tokens are other numbers, so most words get the row of another word.

anew = sorted(set(lines[0].split()))
wrong = embeddings[[anew.index(word) for word in lines[0].split()]]
print("red, right:", y[0, 3])
print("red, wrong:", wrong[3], "of", vocabulary[anew.index("red")])
assert np.any(y[0, 3] != wrong[3])

# %%
# Try it
# ------
# 1. Write ``count(x)``, which says how often each token occurs in each line, of
#    shape (batch, 30). (``count(x) @ embeddings`` adds up a line's vectors.)
# 2. Let ``g``, of shape (batch, steps, 3), be the gradient at the output. Write
#    ``table_gradient(x, g)``: for each token, the sum of g over its places.
