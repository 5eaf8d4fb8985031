r"""
Training a GPT in NumPy: forward, backward and the loss curve
=============================================================

A GPT is a language model, a Transformer: it learns to guess the next token.
Keras' ``fit`` trains a small one, of one block. So does a loop in NumPy, with
backpropagation written out. The losses are the same. Then NumPy writes a line.

.. math::

   x &= E_{\text{tokens}} + P, \quad u = \text{norm}(x) \\
   h &= x + \text{softmax}(Q K^T / 4) \, V \, W_o \\
   y &= h + \text{silu}(\text{norm}(h) \, W_1 + b_1) \, W_2 + b_2 \\
   \text{logits} &= y W + b

:math:`E` has a row for each token, :math:`P` for each step. The :math:`W` are
kernels, the :math:`b` biases. Each of :math:`Q, K, V` is :math:`u` times its
own kernel of 16 columns; 4 is the root of 16. (See the page "GPT in NumPy".)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from gpt_forward import forward
from keras import layers, ops

from keras_by_hand import sigmoid, softmax
from keras_by_hand.gradients import (
    dense_gradients,
    embedding_gradient,
    layer_normalization_gradients,
    softmax_cross_entropy,
)

# %%
# Build it
# --------
# A number for each of the 17 characters. All four lines are one batch.
rhymes = [("hen", "den"), ("fox", "box"), ("cat", "mat"), ("dog", "log")]
lines = [f"the {animal} ran to the {place}." for animal, place in rhymes]
vocabulary = sorted(set("".join(lines)))
text = np.array([[vocabulary.index(c) for c in line] for line in lines])
now, following = text[:, :-1], text[:, 1:]  # (batch, steps)
tokens = keras.Input((None,), dtype="int32")
positions = ops.cumsum(ops.ones_like(tokens), axis=1) - 1
x = layers.Embedding(17, 16)(tokens) + layers.Embedding(22, 16)(positions)
u = layers.LayerNormalization()(x)
attention = layers.MultiHeadAttention(1, 16, use_bias=False)
h = x + attention(u, u, use_causal_mask=True)
v = layers.LayerNormalization()(h)
y = h + layers.Dense(16)(layers.Dense(32, activation="silu")(v))
model = keras.Model(tokens, layers.Dense(17)(y))
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(keras.optimizers.SGD(0.1, momentum=0.9), loss)
rng = np.random.default_rng(315)
start = [rng.normal(scale=0.2, size=w.shape) for w in model.get_weights()]
start[2], start[8] = start[2] + 1, start[8] + 1  # gamma of each norm
model.set_weights(start)
data = np.tile(now, (25, 1)), np.tile(following, (25, 1))  # 25 batches an epoch
fit = model.fit(*data, batch_size=4, epochs=4, shuffle=False, verbose=0)

# %%
# Compute it
# ----------
# ``forward``, folded above, is the formula. It returns the logits, and all that
# stands between. All steps of all lines are rows; only attention has to know
# which row is of which line. There, ``np.tri`` hides what follows a step.
#
# The backward pass goes from the last line up. ``back`` is the gradient on its
# way, ``to_h`` that at h, ``of_o`` that of ``W_o``. A sum passes it to both of
# its terms. For softmax, see the page "Attention gradient".


def backpropagate(weights, tokens, target, k=0):
    logits, (x, u, Q, K, V, A, mixed, h, v, z, y) = forward(weights, tokens, k)
    gamma, _, W_q, W_k, W_v, W_o, gamma_2, _, W_1, _, W_2, _, W, _ = weights[2:]
    loss, to_y = softmax_cross_entropy(logits, np.eye(17)[target.ravel()])
    to_y, *of_W = dense_gradients(y, W, to_y)
    # y = h + dense(silu(dense(norm(h)))), where z enters silu
    s = sigmoid(z)
    back, *of_W_2 = dense_gradients(z * s, W_2, to_y)
    back = back * (s + z * s * (1 - s))  # times the slope of silu
    back, *of_W_1 = dense_gradients(v, W_1, back)
    back, *of_norm_2 = layer_normalization_gradients(h, gamma_2, back)
    to_h = to_y + back
    # h = x + attention(norm(x))
    back, of_o, _ = dense_gradients(mixed, W_o, to_h)
    back = back.reshape(V.shape)
    to_A = back @ V.swapaxes(1, 2)
    to_scores = A * (to_A - np.sum(A * to_A, axis=-1, keepdims=True)) / 4
    to_K, to_V = to_scores.swapaxes(1, 2) @ Q, A.swapaxes(1, 2) @ back
    back = np.concatenate([to_scores @ K, to_K, to_V], axis=-1)
    three = np.hstack([W_q, W_k, W_v])  # as one kernel, (features, 48)
    back, of_three, _ = dense_gradients(u, three, back.reshape(-1, 48))
    back, *of_norm = layer_normalization_gradients(x, gamma, back)
    # x = E[tokens] + P
    to_x = np.reshape(to_h + back, (*tokens.shape, 16))
    first = [embedding_gradient(tokens, to_x, 17), np.sum(to_x, axis=0)]
    first += [*of_norm, *np.split(of_three, 3, axis=1), of_o]
    return loss, first + of_norm_2 + of_W_1 + of_W_2 + of_W


# %%
# Check it
# --------
# Take 100 steps of SGD with momentum. Keras reports the mean loss of an epoch.


def train(k=0):
    weights, velocities, losses = [*map(np.squeeze, start)], [0] * 16, []
    for _ in range(4 * 25):
        loss, gradients = backpropagate(weights, now, following, k)
        velocities = [0.9 * v - 0.1 * g for v, g in zip(velocities, gradients)]
        weights = [w + v for w, v in zip(weights, velocities)]
        losses.append(loss)
    return weights, losses


weights, losses = train()
for of_keras, w in zip(model.get_weights(), weights, strict=True):
    np.testing.assert_allclose(np.squeeze(of_keras), w, rtol=1e-4, atol=1e-4)
epochs = np.mean(np.reshape(losses, (4, 25)), axis=1)
np.testing.assert_allclose(fit.history["loss"], epochs, rtol=1e-4)

# %%
# (``load_model(path).fit(...)`` of keras_by_hand trains other models, too.)
#
# Break it
# --------
# With ``k=1``, ``np.tri`` shows each step the token that it should guess. The
# loss falls and falls. But the model cannot write: while a text is being
# written, there is no next token to see.


def write(weights):
    written = text[:1, :4]  # "the "
    while written.shape[1] < 23:
        logits, _ = forward(weights, written)
        token = rng.choice(17, p=softmax(logits[-1]))
        written = np.append(written, [[token]], axis=1)
    return "".join(vocabulary[token] for token in written[0])


cheating, wrong = train(k=1)
line, wrong_line = write(weights), write(cheating)
print(f"right: loss {losses[-1]:.4f}, {line}")
print(f"wrong: loss {wrong[-1]:.4f}, {wrong_line}")
assert wrong[-1] < 0.1 * losses[-1]
assert line in lines and wrong_line not in lines

# %%
# See it
# ------
fig, axis = plt.subplots(figsize=(6, 3.2), layout="constrained")
axis.semilogy(losses, label="NumPy")
axis.semilogy(range(12, 100, 25), fit.history["loss"], "o", label="Keras")
axis.semilogy(wrong, "--", color="gray", label="sees the next token")
axis.set(title="A GPT learns: the loss of each step", xlabel="step")
axis.legend()
plt.show()
