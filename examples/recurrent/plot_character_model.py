r"""
Character model: a GRU that writes text
=======================================

A character model predicts the next character of a text. It writes by reading
its own predictions: one character at a time, with the state carried on.

.. math::

   x_t &= E_{k_t}, \quad h_t = \text{GRU}(x_t, h_{t-1}) \\
   k_{t+1} &= \text{argmax}(h_t W + b)

Row k of the table E stands for character number k. Keras trains the model, and
NumPy writes the same text from its weights.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import GRU, Dense, Embedding

from keras_by_hand import gru

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# The model learns a text by heart: it predicts the next character at each step.
# To write, the same weights go into a model that reads one character at a time.
# ``stateful`` lets it keep its state.

text = "a state keeps the past. a gate opens. "
vocabulary = sorted(set(text))
classes = len(vocabulary)
tokens = np.array([vocabulary.index(character) for character in 2 * text])
windows = np.lib.stride_tricks.sliding_window_view(tokens, 17)[: len(text)]

model = keras.Sequential([keras.Input((16,)), Embedding(classes, 8)])
model.add(GRU(16, return_sequences=True))
model.add(Dense(classes))  # logits
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(keras.optimizers.Adam(0.05), loss)
model.fit(windows[:, :-1], windows[:, 1:], epochs=20, verbose=0)
weights = model.get_weights()


def keras_write(prompt, count, dtype="float32"):
    writer = keras.Sequential([keras.Input(batch_shape=(1, 1))])
    writer.add(Embedding(classes, 8, dtype=dtype))
    writer.add(GRU(16, stateful=True, dtype=dtype))
    writer.add(Dense(classes, dtype=dtype))
    writer.set_weights(weights)
    tokens, logits = list(prompt), []
    for step in range(len(prompt) + count - 1):
        y = writer(np.reshape(tokens[step], (1, 1)))  # (batch, classes)
        logits.append(keras.ops.convert_to_numpy(y)[0])
        if len(logits) >= len(prompt):
            tokens.append(np.argmax(logits[-1]))
    return np.array(tokens), np.array(logits)


# %%
# Compute it
# ----------
# The largest logit is the largest probability: softmax can be left out.


def write(prompt, count, weights):
    """Go on from a prompt, always with the likeliest character.

    prompt: (steps,), numbers of characters, count: how many more, weights: of
    the model, as in Keras. Returns the numbers of prompt and text, and the
    logits after each but the last, (steps, classes).
    """
    embeddings, *gru_weights, dense_kernel, dense_bias = weights
    tokens, logits, states = list(prompt), [], None
    for step in range(len(prompt) + count - 1):
        x = embeddings[tokens[step]].reshape(1, 1, -1)
        options = {"initial_state": states, "return_state": True}
        y, *states = gru(x, *gru_weights, **options)  # y: (batch, units)
        logits.append(y[0] @ dense_kernel + dense_bias)
        if len(logits) >= len(prompt):
            tokens.append(np.argmax(logits[-1]))
    return np.array(tokens), np.array(logits)


# %%
# Check it
# --------
# The best logit leads by more than twice the tolerance, so both write the same
# text. (Only TensorFlow computes whole layers in float64.)

weights64 = [weight.astype("float64") for weight in weights]
prompt = tokens[:8]
written, logits = write(prompt, 30, weights64)
story = "".join(vocabulary[token] for token in written)
print(story)
second, best = np.sort(logits[len(prompt) - 1 :], axis=-1)[:, -2:].T
lead = np.min(best - second)
tensorflow = keras.backend.backend() == "tensorflow"
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps * np.max(np.abs(logits))
    np.testing.assert_array_less(2 * tolerance, lead)
    of_keras, keras_logits = keras_write(prompt, 30, dtype)
    np.testing.assert_allclose(keras_logits, logits, rtol=0, atol=tolerance)
    np.testing.assert_array_equal(of_keras, written)

# %%
# Break it
# --------
# Would you make the vocabulary of ``list(set(text))``, without ``sorted``? Its
# order changes each time Python starts. Here it is the order in the text.

unsorted = list(dict.fromkeys(text))
wrong = "".join(unsorted[token] for token in written)
print(wrong)
assert wrong != story

# %%
# See it
# ------
# What the units hold after each character: purple for 1, orange for -1.

x = weights[0][written[np.newaxis]]  # (batch, steps, features)
states = gru(x, *weights[1:4], return_sequences=True)
fig, axis = plt.subplots(figsize=(6, 2.4), layout="constrained")
axis.imshow(states[0].T, cmap="PuOr", vmin=-1, vmax=1)
axis.set(title="The 16 units of a GRU while it writes", yticks=[])
axis.set_xticks(range(len(story)), story, va="baseline")
axis.tick_params(length=0, pad=10)
plt.show()
