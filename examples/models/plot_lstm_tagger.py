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
# From other pages
# ----------------


def embedding(x, embeddings):
    """An Embedding layer (Keras documentation, Embedding).

    x: tokens, of any shape, embeddings: (input_dim, output_dim). Returns
    (*x.shape, output_dim). Tokens that are floats lose their fraction.
    """
    return embeddings[np.asarray(x).astype("int32")]


def bidirectional(
    layer,
    x,
    *weights,
    mask=None,
    initial_state=None,
    merge_mode="concat",
    backward_layer=None,
    return_sequences=False,
    return_state=False,
    go_backwards=False,
    **options,
):
    """Bidirectional (Keras documentation). layer: a function such as lstm.

    x: (batch, steps, features), mask: (batch, steps); weights, initial_state:
    those of layer, then as many of backward_layer, by default layer; options:
    keywords of both. Returns their outputs merged, or both in a list; with
    return_state a list of the outputs, the states of layer, and the other's.
    """

    def halves(arrays):
        return arrays[: len(arrays) // 2], arrays[len(arrays) // 2 :]

    weights, weights_back = halves(weights)
    start, start_back = halves(initial_state) if initial_state else (None, None)
    options |= {
        "mask": mask,
        "return_sequences": return_sequences,
        "return_state": True,
        "zero_output_for_mask": return_sequences,
    }
    y, *states = layer(
        x, *weights, initial_state=start, go_backwards=go_backwards, **options
    )
    y_back, *states_back = (backward_layer or layer)(
        x,
        *weights_back,
        initial_state=start_back,
        go_backwards=not go_backwards,
        **options,
    )
    if return_sequences:
        y_back = y_back[:, ::-1]
    if merge_mode == "concat":
        y = np.concatenate([y, y_back], axis=-1)
    elif merge_mode == "sum":
        y = y + y_back
    elif merge_mode == "ave":
        y = (y + y_back) / 2
    elif merge_mode == "mul":
        y = y * y_back
    results = [y] if merge_mode else [y, y_back]
    if return_state:
        results += states + states_back
    return results if len(results) > 1 else results[0]


def sigmoid(x):
    """1 / (1 + exp(-x)) without overflow; x: any shape."""
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))


def lstm_cell(
    x,
    states,
    kernel,
    recurrent_kernel,
    bias=None,
    *,
    activation=np.tanh,
    recurrent_activation=sigmoid,
):
    """A step of LSTM (Hochreiter and Schmidhuber, 1997; Gers et al., 1999).

    x: (batch, features), states: [h, c], both (batch, units), kernel:
    (features, 4 * units), recurrent_kernel: (units, 4 * units), bias:
    (4 * units,). Returns the new h, and the list [h, c].
    """
    h, c = states
    z = x @ kernel + h @ recurrent_kernel
    i, f, g, o = np.split(z if bias is None else z + bias, 4, axis=-1)
    i, f, o = map(recurrent_activation, (i, f, o))
    c = f * c + i * activation(g)
    h = o * activation(c)
    return h, [h, c]


def lstm(
    x,
    kernel,
    recurrent_kernel,
    bias=None,
    mask=None,
    initial_state=None,
    *,
    activation=np.tanh,
    recurrent_activation=sigmoid,
    **options,
):
    """LSTM (Keras documentation). options: the keywords of rnn.

    x: (batch, steps, features), mask: (batch, steps), initial_state: [h, c],
    both (batch, units), zeros if there is none. Returns what rnn does.
    """

    def cell(x, states):
        return lstm_cell(
            x,
            states,
            kernel,
            recurrent_kernel,
            bias,
            activation=activation,
            recurrent_activation=recurrent_activation,
        )

    if initial_state is None:
        initial_state = [np.zeros((len(x), len(recurrent_kernel)))] * 2
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


def dense(x, kernel, bias=None, *, activation=None):
    """A Dense layer (Keras documentation, Dense).

    x: (..., features), kernel: (features, units), bias: (units,), activation: a
    function of the sum, such as np.tanh. Returns (..., units).
    """
    y = x @ kernel
    if bias is not None:
        y = y + bias
    return y if activation is None else activation(y)


def softmax(x, axis=-1):
    """exp(x) divided by its sum along an axis; x: any shape.

    Keras documentation, softmax.
    """
    powers = np.exp(x - np.max(x, axis, keepdims=True))
    return powers / np.sum(powers, axis, keepdims=True)


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
