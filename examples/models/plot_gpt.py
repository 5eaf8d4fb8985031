r"""
GPT from scratch in NumPy: the same text as Keras
=================================================

A GPT guesses how a text goes on, one token after the other. It is made of what
the last lessons taught: an embedding, positions, and blocks of a transformer
whose attention sees no later token. Keras trains a small one, whose tokens are
characters. Then Keras and NumPy write, and their texts are the same.

.. math::

   x_0 &= E_{\text{tokens}} + P \\
   h_i &= x_{i-1} + \text{attention}(\text{norm}(x_{i-1})) \\
   x_i &= h_i + \text{gelu}(\text{norm}(h_i) \, W_1 + b_1) \, W_2 + b_2 \\
   \text{logits} &= \text{norm}(x_n) \, W + b

:math:`E` has a row for each token, :math:`P` one for each position. Softmax of
the logits gives each next token its probability.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers, ops

from keras_by_hand import gelu, layer_normalization, multi_head_attention

# %%
# Build it
# --------
# Four lines to learn, and a number for each character.

keras.utils.set_random_seed(313)
rhymes = [("hen", "den"), ("fox", "box"), ("cat", "mat"), ("dog", "log")]
lines = [f"the {animal} ran to the {place}." for animal, place in rhymes]
vocabulary = sorted(set("".join(lines)))  # 17 characters
text = np.array([[vocabulary.index(c) for c in line] for line in lines])

# %%
# With ``use_causal_mask``, no step sees the token that it must guess. Positions
# are not sines, but trained: a second ``Embedding``. A running sum of ones
# counts them.


def add_block(x):
    y = layers.LayerNormalization(epsilon=1e-5)(x)
    x = x + layers.MultiHeadAttention(2, 16)(y, y, use_causal_mask=True)
    y = layers.LayerNormalization(epsilon=1e-5)(x)
    return x + layers.Dense(32)(layers.Dense(128, activation="gelu")(y))


tokens = keras.Input((None,), dtype="int32")  # (batch, steps)
positions = ops.cumsum(ops.ones_like(tokens), axis=1) - 1
x = layers.Embedding(17, 32)(tokens) + layers.Embedding(23, 32)(positions)
x = layers.LayerNormalization(epsilon=1e-5)(add_block(add_block(x)))
model = keras.Model(tokens, layers.Dense(17)(x))  # (batch, steps, vocabulary)

# %%
# From each character of a line, the model learns to guess the next one. The
# loss is "sparse": its targets are numbers, not one-hot rows.

loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(keras.optimizers.Adam(0.01), loss)
for _ in range(100):
    model.train_on_batch(text[:, :-1], text[:, 1:])

# %%
# To write, take the likeliest next token, put it at the end of the text, and go
# on. The texts begin with "the h", "the f", "the c" and "the d".


def write(predict):
    written = text[:, :5]  # (batch, steps)
    for _ in range(18):
        logits = predict(written)[:, -1]  # (batch, vocabulary)
        likeliest = logits.argmax(axis=-1)[:, np.newaxis]
        written = np.concatenate([written, likeliest], axis=1)
    return written


by_keras = write(lambda tokens: ops.convert_to_numpy(model(tokens)))
for line in by_keras:
    print("".join(vocabulary[token] for token in line))

# %%
# Compute it
# ----------
# A block is that of the page "Transformer encoder block", with a causal mask.
# (GPT-2 takes :math:`E`, transposed, for :math:`W`, and an approximate gelu.)

weights = [layer.get_weights() for layer in model.layers if layer.weights]


def gpt(tokens, weights):
    (E,), (P,), *parts, norm, (W, b) = weights
    x = E[tokens] + P[: tokens.shape[1]]  # (batch, steps, features)
    for block in (parts[:5], parts[5:]):
        norm_1, attention, norm_2, (W_1, b_1), (W_2, b_2) = block
        y = layer_normalization(x, *norm_1, epsilon=1e-5)
        h = x + multi_head_attention(y, y, y, *attention, use_causal_mask=True)
        y = layer_normalization(h, *norm_2, epsilon=1e-5)
        x = h + gelu(y @ W_1 + b_1) @ W_2 + b_2
    return layer_normalization(x, *norm, epsilon=1e-5) @ W + b  # the logits


# %%
# Check it
# --------
# First the logits of all steps. Then NumPy writes the same as Keras: the four
# lines, which the model knows by heart. In each step, one logit leads by more
# than 1, so rounding cannot make Keras and NumPy choose differently.

logits = gpt(text, weights)  # (batch, steps, vocabulary)
of_keras = ops.convert_to_numpy(model(text))
np.testing.assert_allclose(of_keras, logits, rtol=1e-4, atol=1e-4)
by_numpy = write(lambda tokens: gpt(tokens, weights))
np.testing.assert_array_equal(by_numpy, by_keras)
np.testing.assert_array_equal(by_numpy, text)
*_, second, first = np.sort(logits[:, 4:-1]).transpose(2, 0, 1)
np.testing.assert_array_less(1, first - second)

# %%
# Break it
# --------
# This model counts positions from 0; some others count from 1 or 2. Would you
# count as they do? All shapes fit, and the text goes wrong.

embeddings, (P,), *others = weights
from_1 = [embeddings, [np.roll(P, -1, axis=0)], *others]
wrong = write(lambda tokens: gpt(tokens, from_1))
print("right:", "".join(vocabulary[token] for token in by_numpy[0]))
print("wrong:", "".join(vocabulary[token] for token in wrong[0]))
assert np.any(by_numpy != wrong)

# %%
# See it
# ------
# After "the ", the model can only guess among four animals. All else follows.

powers = np.exp(logits)  # (batch, steps, vocabulary)
probabilities = powers / powers.sum(axis=-1, keepdims=True)
fig, axis = plt.subplots(figsize=(6, 2.8), layout="constrained")
axis.bar(range(22), probabilities[1, range(22), text[1, 1:]])
axis.set_xticks(range(22), lines[1][1:])
axis.set(title="Only the animal is a guess", ylabel="probability")
plt.show()

# %%
# Try it
# ------
# 1. Step t guesses ``text[:, t + 1]``, so the last of the 23 is left out. From
#    ``probabilities``, compute the mean ``cross_entropy`` of these 22 guesses.
#    One of them is among four animals. So which ``floor`` can no model get
#    below? ``assert floor < cross_entropy < floor + 0.02``
# 2. Replace the last token of each line by another, and compute the logits,
#    ``changed``. What need not be computed again while a text grows? Let
#    ``same = np.isclose(changed, logits, atol=1e-4).all(axis=-1)``:
#    ``assert np.all(same[:, :-1]) and not np.any(same[:, -1])``
