r"""
LSTM tagger: a mask keeps padding out of the backward half
==========================================================

A tagger says of each word whether it is a noun, a verb, and so on. Zeros pad
short sentences. Without a mask, the backward LSTM reads the padding first.

.. math::

   x_t &= E_{k_t} \\
   f_t &= \text{LSTM}_1(x_t, f_{t-1}), \quad
   b_t = \text{LSTM}_2(x_t, b_{t+1}) \\
   y_t &= \text{softmax}([f_t, b_t] \, W + b)

Row k of the table E stands for word k. At padding, the LSTMs keep their states.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

from keras_by_hand import bidirectional, dense, embedding, lstm, softmax

# %%
# Build it
# --------
# "Water" and "salt" are nouns or verbs. The next word tells which, so a second
# LSTM, the backward half, reads the last word first.

sentences = ["water helps", "water the plant", "salt the soup", "salt helps"]
tags = ["noun verb", "verb article noun", "verb article noun", "noun verb"]


def encode(texts):
    """The different words, and their numbers in each text, padded with 0."""
    words = ["", *sorted(set(" ".join(texts).split()))]
    numbers = [[words.index(word) for word in text.split()] for text in texts]
    return words, keras.utils.pad_sequences(numbers, padding="post")


words, tokens = encode(sentences)  # (batch, steps)
names, targets = encode(tags)


def keras_tagger(dtype="float32"):
    model = keras.Sequential([keras.Input((None,), dtype="int32")])
    model.add(layers.Embedding(len(words), 8, mask_zero=True, dtype=dtype))
    half = layers.LSTM(8, return_sequences=True, dtype=dtype)
    model.add(layers.Bidirectional(half, dtype=dtype))
    model.add(layers.Dense(len(names), "softmax", dtype=dtype))
    return model


# %%
# Compute it
# ----------


def lstm_tagger(tokens, weights, mask_zero=True):
    """A part-of-speech tagger (Huang, Xu and Yu, 2015: BI-LSTM).

    tokens: (batch, steps), weights: as in get_weights(). Returns the outputs of
    the layers, each (batch, steps, ...), in a list.
    """
    embeddings, *lstm_weights, kernel, bias = weights
    mask = tokens != 0 if mask_zero else None
    x = embedding(tokens, embeddings)
    options = {"mask": mask, "return_sequences": True}
    halves = bidirectional(lstm, x, *lstm_weights, **options)
    return [x, halves, dense(halves, kernel, bias, activation=softmax)]


# %%
# Check it
# --------
# All layers agree, though Keras gets three more steps of padding.

rng = np.random.default_rng(313)
weights = [rng.integers(-9, 10, w.shape) / 16 for w in keras_tagger().weights]
expected = lstm_tagger(tokens, weights)
padded = np.pad(tokens, [(0, 0), (0, 3)])
tensorflow = keras.backend.backend() == "tensorflow"
for dtype in ["float64", "float32"] if tensorflow else ["float32"]:
    model = keras_tagger(dtype)
    model.set_weights(weights)
    parts = keras.Model(model.inputs, [layer.output for layer in model.layers])
    outputs = [keras.ops.convert_to_numpy(y)[:, :3] for y in parts([padded])]
    tolerance = 1000 * np.finfo(dtype).eps
    for y, z in zip(outputs, expected, strict=True):
        np.testing.assert_allclose(y, z, tolerance, tolerance)

# %%
# Break it
# --------
# Would you forget the mask? The forward half has read the words before it comes
# to the padding, and is right. The backward half reads the padding first.

wrong = lstm_tagger(tokens, weights, mask_zero=False)[1]
forward, backward = np.split((wrong - expected[1])[tokens != 0], 2, axis=-1)
print(f"the backward half is off by up to {np.max(np.abs(backward)):.2f}")
assert np.allclose(forward, 0) and not np.allclose(backward, 0)

# %%
# See it
# ------
# Keras trains the model, and NumPy finds the tags. The errors are those of the
# check, relative to the largest output. Embedding only copies, without error.

model.compile(keras.optimizers.SGD(2.0), "sparse_categorical_crossentropy")
model.fit(tokens, targets, epochs=20, verbose=0)
best = np.argmax(lstm_tagger(tokens, model.get_weights())[-1], axis=-1)
print(f"{np.mean((best == targets)[tokens != 0]):.0%} of the tags are right")

fig, (left, right) = plt.subplots(1, 2, figsize=(6.5, 3), sharey=True)
fig.suptitle("LSTM tagger: no arrow from padding, and rounding errors")
found = np.take(names, best[0, :2])
texts = [*sentences[0].split(), "padding", "f", "f", "b", "b", *found]
x = [0, 1, 2, -0.2, 0.8, 0.2, 1.2, 0, 1]
places = np.stack([x, [0, 0, 0, 1, 1, 2, 2, 3, 3]], axis=-1)
for text, place in zip(texts, places):
    left.text(*place, text, ha="center", va="center")
style = {"arrowstyle": "->", "color": "C0", "shrinkA": 9, "shrinkB": 9}
for tail, head in ["03", "05", "14", "16", "34", "65", "37", "57", "48", "68"]:
    left.annotate("", places[int(head)], places[int(tail)], arrowprops=style)
left.set(xlim=(-0.5, 2.5), ylim=(-0.5, 3.5), xticks=[])
left.set_yticks(range(4), ["Embedding", "forward", "backward", "Dense"])
_, halves, y = [np.abs(y - z) / np.max(z) for y, z in zip(outputs, expected)]
errors = [np.max(part) for part in (*np.split(halves, 2, axis=-1), y)]
right.semilogx(errors, [1, 2, 3], "o-")
right.set(xlabel="error in float32", xlim=(1e-8, 1e-5))
plt.show()
