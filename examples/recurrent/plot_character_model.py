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
# From other pages
# ----------------


def sigmoid(x):
    """1 / (1 + exp(-x)) without overflow; x: any shape."""
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))


def gru_cell(
    x,
    states,
    kernel,
    recurrent_kernel,
    bias=None,
    *,
    activation=np.tanh,
    recurrent_activation=sigmoid,
    reset_after=True,
):
    """A step of GRU (Cho et al., 2014; reset_after: as in cuDNN).

    x: (batch, features), states: [h], h: (batch, units), kernel: (features,
    3 * units), recurrent_kernel: (units, 3 * units), bias: (2, 3 * units), or
    (3 * units,) without reset_after. Returns the new h, and the list [h].
    """
    (h,) = states
    if bias is None:
        bias = 0, 0
    elif not reset_after:
        bias = bias, 0
    x_z, x_r, x_g = np.split(x @ kernel + bias[0], 3, axis=-1)
    h_z, h_r, h_g = np.split(h @ recurrent_kernel + bias[1], 3, axis=-1)
    z = recurrent_activation(x_z + h_z)
    r = recurrent_activation(x_r + h_r)
    if reset_after:
        h_g = r * h_g
    else:
        h_g = (r * h) @ np.split(recurrent_kernel, 3, axis=-1)[2]
    h = z * h + (1 - z) * activation(x_g + h_g)
    return h, [h]


def gru(
    x,
    kernel,
    recurrent_kernel,
    bias=None,
    mask=None,
    initial_state=None,
    *,
    activation=np.tanh,
    recurrent_activation=sigmoid,
    reset_after=True,
    **options,
):
    """GRU (Keras documentation). options: the keywords of rnn.

    x: (batch, steps, features), mask: (batch, steps), initial_state:
    [(batch, units)], zeros if there is none. Returns what rnn does.
    """

    def cell(x, states):
        return gru_cell(
            x,
            states,
            kernel,
            recurrent_kernel,
            bias,
            activation=activation,
            recurrent_activation=recurrent_activation,
            reset_after=reset_after,
        )

    if initial_state is None:
        initial_state = [np.zeros((len(x), len(recurrent_kernel)))]
    return rnn(cell, x, initial_state, mask, **options)


def choose(kept, new, old):
    """new where kept, (batch,), is true, else old: two arrays, or two lists."""
    if isinstance(new, list):
        return [choose(kept, *pair) for pair in zip(new, old)]
    return np.where(kept.reshape(-1, *[1] * (new.ndim - 1)), new, old)


def rnn(
    cell,
    x,
    states,
    mask=None,
    *,
    return_sequences=False,
    return_state=False,
    go_backwards=False,
    zero_output_for_mask=False,
):
    """An RNN layer around cell(step, states) (Keras documentation, RNN).

    x: (batch, steps, ...), states: a list, mask: (batch, steps). Returns the
    last output, or all, (batch, steps, ...); or a list of that and the states.
    """
    order = range(x.shape[1])
    outputs = []
    for t in reversed(order) if go_backwards else order:
        y, new_states = cell(x[:, t], states)
        if mask is not None:
            repeat = outputs and not zero_output_for_mask
            y = choose(
                mask[:, t], y, outputs[-1] if repeat else np.zeros_like(y)
            )
            new_states = choose(mask[:, t], new_states, states)
        states = new_states
        outputs.append(y)
    y = np.stack(outputs, axis=1) if return_sequences else outputs[-1]
    return [y, *states] if return_state else y


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
