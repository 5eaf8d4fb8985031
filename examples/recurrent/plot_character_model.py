r"""
Character model: a GRU that writes text
=======================================

A language model predicts what comes next. This one, a char RNN, predicts the
next character. For text generation it reads its own predictions, one character
at a time, with the state carried on.

.. math::

   x_t &= E_{k_t}, \quad h_t = \text{GRU}(x_t, h_{t-1}) \\
   k_{t+1} &= \text{argmax}(h_t W + b)

Row :math:`k` of the table :math:`E` stands for character number :math:`k`. The
state :math:`h` is all that the model knows of the text so far. From it, a
``Dense`` layer, with kernel W and bias b, makes a score for each character.
Keras trains the model, and NumPy writes the same text with its weights.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import GRU, Dense, Embedding

from keras_by_hand import gru, gru_cell

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# The model learns a text by heart: it predicts the next character at each step.
# Each window is a sample: its characters, and for each the one that follows it.

text = "a state keeps the past. a gate opens. "
vocabulary = sorted(set(text))
classes = len(vocabulary)
tokens = np.array([vocabulary.index(character) for character in 2 * text])
windows = np.lib.stride_tricks.sliding_window_view(tokens, 17)[: len(text)]
model = keras.Sequential([keras.Input((None,)), Embedding(classes, 8)])
model.add(GRU(16, return_sequences=True))
model.add(Dense(classes))  # logits
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(keras.optimizers.Adam(0.05), loss)
x, following = windows[:, :-1], windows[:, 1:]
history = model.fit(x, following, epochs=20, verbose=0)

# %%
# Compute it
# ----------
# At each step, the GRU reads a character and makes a new state. The character
# with the largest score comes next. (It also has the largest probability, so
# softmax can be left out.) The first eight characters are given. (For
# other texts each time, draw the next character at random, by its probability:
# see the page "Temperature, top-k and top-p".)

embeddings, *gru_weights, kernel, bias = model.get_weights()
written, logits = list(tokens[:8]), []
states = [np.zeros((1, 16))]  # (batch, units)
for step in range(37):
    x = embeddings[written[step]][np.newaxis]  # (batch, features)
    h, states = gru_cell(x, states, *gru_weights)
    logits.append(h[0] @ kernel + bias)
    if step >= 7:
        written.append(np.argmax(logits[-1]))
story = "".join(vocabulary[token] for token in written)

# %%
# Check it
# --------
# Keras reads what NumPy has written. Its scores are the same, and the best one
# leads by far more than the tolerance, so it would have written the same.
np.testing.assert_array_equal(written[:8], tokens[:8])
np.testing.assert_equal(len(written), 38)
of_keras = model.predict(np.array([written[:-1]]), verbose=0)[0]
np.testing.assert_allclose(of_keras, logits, rtol=1e-4, atol=1e-3)
second, best = np.sort(logits[7:], axis=-1)[:, -2:].T
np.testing.assert_array_less(0.1, best - second)
np.testing.assert_array_equal(of_keras[7:].argmax(axis=-1), written[8:])

# %%
# Break it
# --------
# Suppose the vocabulary is ``list(set(text))``, without ``sorted``. Its order
# may change each time Python starts, so saved weights no longer fit. Here, the
# order in which the characters first occur stands for such a change.

unsorted = list(dict.fromkeys(text))
wrong = "".join(unsorted[token] for token in written)
print("right:", story, "wrong:", wrong, sep="\n")
assert wrong != story

# %%
# See it
# ------
# What the units hold after each character: purple for 1, orange for -1.

x = embeddings[np.array([written])]  # (batch, steps, features)
held = gru(x, *gru_weights, return_sequences=True)
fig, axis = plt.subplots(figsize=(6, 2.4), layout="constrained")
axis.imshow(held[0].T, cmap="PuOr", vmin=-1, vmax=1)
axis.set(title="The 16 units of a GRU while it writes", yticks=[])
axis.set_xticks(range(len(story)), story, va="baseline")
axis.tick_params(length=0, pad=10)
plt.show()
