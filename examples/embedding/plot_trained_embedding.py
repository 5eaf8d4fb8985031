r"""
Embedding, trained: words that are used alike end up near
=========================================================

The rows of an ``Embedding`` begin as random numbers. How do they get a meaning?
Let a network see a word, and guess which word stands beside it. Words with the
same neighbours need the same guesses, so training makes their rows alike. For a
word :math:`w`, its row :math:`E_w`, and the word :math:`v` beside it:

.. math:: p = \text{softmax}(E_w W + b), \qquad L = -\log p_v
"""

from itertools import product

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import softmax

# %%
# Build it
# --------
# The text is that of the page "Embedding". Two neighbours make two pairs: each
# has to guess the other. ``Dense`` gives a score to each of the 30 words. As
# targets ``SparseCategoricalCrossentropy`` takes tokens, not one-hot rows.

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
left, right = text[:, :-1].ravel(), text[:, 1:].ravel()
word, beside = np.append(left, right), np.append(right, left)  # (pairs,)
layers = [keras.layers.Embedding(30, 8), keras.layers.Dense(30)]
model = keras.Sequential([keras.Input((), dtype="int32"), *layers])  # a token
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(keras.optimizers.SGD(1.0), loss)
table, kernel, bias = model.get_weights()
model.train_on_batch(word, beside)

# %%
# Compute it
# ----------
# The gradient at the scores is p minus the one-hot target. ``one_hot @ table``
# looks rows up, so ``one_hot.T`` adds up the gradients of a row's many pairs.

p = softmax(table[word] @ kernel + bias)  # (pairs, words)
delta = (p - np.eye(30)[beside]) / len(word)  # (pairs, words)
at_rows = delta @ kernel.T  # (pairs, output_dim)
new_table = table - np.eye(30)[word].T @ at_rows  # (words, output_dim)
new = [new_table, kernel - table[word].T @ delta, bias - delta.sum(axis=0)]

# %%
# Check it
# --------

for both in zip(model.get_weights(), new):
    np.testing.assert_allclose(*both, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Suppose you write ``wrong[word] -= at_rows``. Each word has many pairs, and
# NumPy subtracts the gradient of only one of them.

wrong = table.copy()
wrong[word] -= at_rows
print("right:", (new_table - table)[0, :3])
print("wrong:", (wrong - table)[0, :3])
assert not np.allclose(new_table, wrong, rtol=1e-4, atol=1e-4)

# %%
# See it
# ------
# The *cosine* of two rows is their product divided by their lengths: 1 if they
# point the same way, 0 if they are perpendicular. From five random tables, 150
# steps bring names to names, colors to colors, and things to things (dark).
words, group = names + colors + things, np.repeat([0, 1, 2], [8, 6, 8])
same = group[:, np.newaxis] == group
alike, others = [], []
for seed in range(5):
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(0, 0.1, w.shape) for w in new])
    model.compile(keras.optimizers.Adam(0.05), loss)
    for _ in range(150):
        batch = rng.integers(len(word), size=512)
        model.train_on_batch(word[batch], beside[batch])
    rows = model.get_weights()[0][[vocabulary.index(w) for w in words]]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)  # of length 1
    cosine = rows @ rows.T
    alike.append(cosine[same].min())
    others.append(cosine[~same].max())
print(f"in a group at least {min(alike):.2f}, across {max(others):.2f} at most")
assert min(alike) > 0.85 and max(others) < 0.6
for i in (0, 8, 14):
    print(words[i], "->", *[words[j] for j in np.argsort(-cosine[i])[1:4]])
fig, axis = plt.subplots(figsize=(6, 4), layout="constrained")
axis.imshow(cosine, cmap="PuOr", vmin=-1, vmax=1)
axis.set(title="Words that are used alike have rows of cosine near 1")
axis.set(xticks=[], yticks=range(22), yticklabels=words)
plt.show()

# %%
# Try it
# ------
# 1. Write ``shares(w)``, 30 numbers: how often is each word the one beside word
#    ``w``, as a part of all pairs of ``w``?
# 2. Write ``lowest(word, beside)``: the mean loss if p is these shares. No p
#    has a lower one.
