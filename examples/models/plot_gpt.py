r"""
GPT from scratch in NumPy: the same text as Keras
=================================================

GPT is a stack of decoder blocks that predicts the next token of a text. With
Keras' weights, NumPy computes the same logits and writes the same text.

.. math::

   x_0 &= E_{\text{tokens}} + P \\
   g_i &= x_{i-1} + \text{causal}(\text{norm}(x_{i-1})) \\
   x_i &= g_i + W_2 \, \text{gelu}(W_1 \, \text{norm}(g_i)) \\
   \text{logits} &= W \, \text{norm}(x_n)

E has a row for each token, P one for each position. "causal" is attention that
sees no later token, "norm" is ``LayerNormalization``. Biases are left out.
"""

import math
from itertools import islice

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers, ops

from keras_by_hand import (
    dense,
    embedding,
    gelu,
    layer_normalization,
    multi_head_attention,
    softmax,
)

# %%
# Build it
# --------
# Each character is a token. A running sum of ones counts the positions.

rhymes = [("hen", "den"), ("fox", "box"), ("cat", "mat"), ("dog", "log")]
lines = [f"the {animal} ran to the {place}." for animal, place in rhymes]
vocabulary = sorted(set("".join(lines)))
tokens = np.array([[vocabulary.index(c) for c in line] for line in lines])


def keras_gpt(dtype):
    keras.config.set_dtype_policy(dtype)
    x = inputs = keras.Input((None,), dtype="int32")  # (batch, steps)
    positions = ops.cumsum(ops.ones_like(x), axis=1) - 1
    x = layers.Embedding(len(vocabulary), 32)(x)
    x = x + layers.Embedding(tokens.shape[1], 32)(positions)
    stages = [x]
    for _ in range(2):
        y = layers.LayerNormalization(epsilon=1e-5)(x)
        x = x + layers.MultiHeadAttention(2, 16)(y, y, use_causal_mask=True)
        y = layers.LayerNormalization(epsilon=1e-5)(x)
        x = x + layers.Dense(32)(layers.Dense(128, "gelu")(y))
        stages.append(x)
    y = layers.LayerNormalization(epsilon=1e-5)(x)
    return keras.Model(inputs, [*stages, layers.Dense(len(vocabulary))(y)])


# %%
# Compute it
# ----------
# GPT-2 itself uses the approximate ``gelu``, and its W is E, transposed.


def gpt(tokens, weights, activation=gelu, blocks=2):
    """GPT with the normalization first (Radford et al., 2019: GPT-2).

    tokens: (batch, steps), weights: as in get_weights(). Returns a list: the
    embeddings, the outputs of the blocks, and the logits of the next tokens.
    """
    weights = iter(weights)
    x = embedding(tokens, next(weights)) + next(weights)[: tokens.shape[1]]
    stages = [x]
    for _ in range(blocks):
        y = layer_normalization(x, *islice(weights, 2), epsilon=1e-5)
        heads = islice(weights, 8)
        x = x + multi_head_attention(y, y, y, *heads, use_causal_mask=True)
        y = layer_normalization(x, *islice(weights, 2), epsilon=1e-5)
        y = dense(y, *islice(weights, 2), activation=activation)
        x = x + dense(y, *islice(weights, 2))
        stages.append(x)
    y = layer_normalization(x, *islice(weights, 2), epsilon=1e-5)
    return [*stages, dense(y, *weights)]


# %%
# Check it
# --------
# Even in float64, Keras rounds a constant of ``gelu``. Here NumPy does, too.

nearly_1 = float(np.float32(math.sqrt(0.5))) / math.sqrt(0.5)
rng = np.random.default_rng(313)
tensorflow = keras.backend.backend() == "tensorflow"
for dtype in ["float64", "float32"] if tensorflow else ["float32"]:
    model = keras_gpt(dtype)
    weights = [rng.integers(-9, 10, w.shape) / 16 for w in model.weights]
    model.set_weights(weights)
    expected = gpt(tokens, weights, lambda x: gelu(nearly_1 * x) / nearly_1)
    pairs = zip(map(ops.convert_to_numpy, model(tokens)), expected)
    errors = [np.max(np.abs(y - z)) / np.max(np.abs(z)) for y, z in pairs]
    np.testing.assert_array_less(errors, 1000 * np.finfo(dtype).eps)

# %%
# Break it
# --------
# Would you forget the last normalization? All shapes are right without it.

wrong = dense(expected[-2], *weights[-2:])
assert not np.allclose(wrong, expected[-1])

# %%
# See it
# ------
# Keras trains the model. NumPy goes on from "the h", "the f", "the c", "the d".

training = keras.Model(model.input, model.outputs[-1])
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
training.compile(keras.optimizers.SGD(0.5), loss)
for _ in range(150):
    training.train_on_batch(tokens[:, :-1], tokens[:, 1:])
text = np.pad(tokens[:, :5], [(0, 0), (0, 18)])  # the mask hides the zeros
for step in range(5, 23):
    logits = gpt(text, model.get_weights())[-1]  # (batch, steps, vocabulary)
    text[:, step] = np.argmax(logits[:, step - 1], axis=-1)
print(*["".join(vocabulary[i] for i in line) for line in text], sep="\n")
likeliest = np.argmax(training.predict_on_batch(text), axis=-1)
print("Keras writes the same:", np.all(likeliest[:, 4:-1] == text[:, 5:]))
fig, (left, right) = plt.subplots(1, 2, figsize=(7.5, 2.8))
left.bar(range(22), np.max(softmax(logits[1, :-1]), axis=-1))
left.set_xticks(range(22), lines[1][1:])
left.set(title="GPT: only the animal is a guess", ylabel="highest probability")
right.semilogy(["block 1", "block 2", "logits"], errors[1:], "o-")
right.set(title="Largest relative error in float32", ylim=(1e-8, 1e-5))
plt.show()
