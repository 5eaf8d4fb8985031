r"""
GPT in NumPy: it continues sentences that it has never seen
===========================================================

A GPT learns to guess the next word of a text. It is an embedding, positions,
and a transformer block whose attention sees no later word. Keras trains a
small one, NumPy computes its guesses, and both write the same sentences. (The
page "Training a GPT in NumPy" trains one without Keras.)

.. math::

   x &= E_{\text{tokens}} + P \\
   \text{logits} &= \text{norm}(\text{block}(x)) \, W + b

:math:`E` has a row for each word, :math:`P` one for each position. Softmax of
the logits gives each word its probability of being the next one.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers, ops
from sentences import text, vocabulary
from written_before import gelu, normalize, softmax

# %%
# Build it
# --------
# The text is made of 30 words. Each line has two sentences, and the second
# follows from the first. The model learns from half of the lines; the others
# are held out. A causal mask hides the words to be guessed. Positions are
# learned, by a second ``Embedding``; a running sum counts the steps.

keras.utils.set_random_seed(313)
rng = np.random.default_rng(313)
train, held_out = np.split(rng.permutation(text), 2)  # (448, 13) each
tokens = keras.Input((None,), dtype="int32")  # (batch, steps)
steps = ops.cumsum(ops.ones_like(tokens), axis=1) - 1
x = layers.Embedding(30, 32)(tokens) + layers.Embedding(12, 32)(steps)
u = layers.LayerNormalization(epsilon=1e-5)(x)
h = x + layers.MultiHeadAttention(8, 4)(u, u, use_causal_mask=True)
u = layers.LayerNormalization(epsilon=1e-5)(h)
y = h + layers.Dense(32)(layers.Dense(64, activation="gelu")(u))
u = layers.LayerNormalization(epsilon=1e-5)(y)
model = keras.Model(tokens, layers.Dense(30)(u))  # (batch, steps, words)

# %%
# The targets are the same words, shifted by one. They are numbers, not one-hot
# rows, as the loss is "sparse". Adam's rate falls to 0.

loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
rate = keras.optimizers.schedules.CosineDecay(0.005, 300)
model.compile(keras.optimizers.Adam(rate), loss)
for _ in range(300):
    batch = train[rng.integers(0, 448, 32)]  # 32 lines
    model.train_on_batch(batch[:, :-1], batch[:, 1:])

# %%
# To write, take the likeliest next word, append it, and guess again.


def write(predict, written):
    while written.shape[1] < 13:
        likeliest = np.argmax(predict(written)[:, -1], axis=-1)
        written = np.column_stack([written, likeliest])
    return written


starts = held_out[:100, :7]  # the first sentence, and one word more
by_keras = write(lambda tokens: ops.convert_to_numpy(model(tokens)), starts)
for line in by_keras[:3]:
    print(*np.take(vocabulary, line))

# %%
# Compute it
# ----------
# The functions folded above, and the next two, are those of earlier lessons.


def multi_head(query, value, key, weights, mask=True):
    W_q, b_q, W_k, _, W_v, b_v, W, b = weights
    y = b  # (features,)
    for head in range(W_q.shape[1]):
        Q = query @ W_q[:, head] + b_q[head]  # (batch, target, key_dim)
        K = key @ W_k[:, head]  # softmax cancels the bias
        V = value @ W_v[:, head] + b_v[head]  # (batch, source, key_dim)
        scores = Q @ K.swapaxes(1, 2) / np.sqrt(W_q.shape[2])
        A = softmax(np.where(mask, scores, -1e9))  # (batch, target, source)
        y = y + A @ V @ W[head]  # (batch, target, features)
    return y


def block(x, norm_1, attention, norm_2, network, mask=True):
    W_1, b_1, W_2, b_2 = network
    u = normalize(x, *norm_1)  # (batch, steps, features)
    h = x + multi_head(u, u, u, attention, mask)
    u = normalize(h, *norm_2)
    return h + gelu(u @ W_1 + b_1) @ W_2 + b_2


# %%
# Put together, they are a GPT, in which step t sees the steps up to t.

weights = [layer.get_weights() for layer in model.layers if layer.weights]


def gpt(tokens, weights):
    (E,), (P,), norm_1, attention, norm_2, first, second, norm, (W, b) = weights
    x = E[tokens] + P[: tokens.shape[1]]  # (batch, steps, features)
    seen = np.tri(tokens.shape[1], dtype=bool)  # (queries, keys)
    y = block(x, norm_1, attention, norm_2, [*first, *second], seen)
    return normalize(y, *norm) @ W + b  # (batch, steps, words)


# %%
# Check it
# --------
# Both write the same, and nearly all of it is what the held-out lines say.

logits = gpt(held_out[:, :-1], weights)  # (448, steps, words)
of_keras = ops.convert_to_numpy(model(held_out[:, :-1]))
np.testing.assert_allclose(of_keras, logits, rtol=1e-3, atol=1e-3)
by_numpy = write(lambda tokens: gpt(tokens, weights), starts)
np.testing.assert_array_equal(by_numpy, by_keras)
assert np.mean(by_numpy[:, 7:] == held_out[:100, 7:]) > 0.9

# %%
# Break it
# --------
# Suppose you hand over only the newest word. An LSTM would remember the others
# in its state. A GPT has no state: it needs the whole text, each time.

wrong = write(lambda tokens: gpt(tokens[:, -1:], weights), starts)
print("right:", *np.take(vocabulary, by_numpy[0]))
print("wrong:", *np.take(vocabulary, wrong[0]))
assert np.mean(np.all(wrong == by_numpy, axis=1)) < 0.1

# %%
# See it
# ------
# Each name begins 112 lines, all as likely. The best that a model can give each
# is 1/112. Then the losses of a line's 12 words add up to ``log(112)``.

p = np.take_along_axis(softmax(logits), held_out[:, 1:, np.newaxis], axis=-1)
losses = -np.log(p[..., 0])  # (448, steps)
least = np.log(112) / 12
print(f"held-out loss {np.mean(losses):.3f}, at best {least:.3f}")
assert least < np.mean(losses) < least + 0.1
fig, axis = plt.subplots(figsize=(6, 2.8), layout="constrained")
axis.bar(range(12), losses[0], tick_label=np.take(vocabulary, held_out[0, 1:]))
axis.set(title="Loss of each word: high if nobody can know it")
plt.show()

# %%
# Try it
# ------
# 1. Write ``probability(lines)``: how likely is the model to write each line,
#    given its first word? Add this up for the lines that begin with "anna".
# 2. Write ``changed_steps(t)``: a list of the steps whose logits change if
#    word t of a line is replaced. What can be kept while a text grows?
