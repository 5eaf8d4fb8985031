r"""
Embedding mask_zero: a mask, not a vector of zeros
==================================================

With ``mask_zero=True``, an ``Embedding`` marks token 0 as padding. It does not
return zeros for it: token 0 has a vector in the table, like any other token.
The mask tells later layers to leave that vector out.

.. math::

   y_{n,t} &= E[w_{n,t}] \\
   m_{n,t} &= (w_{n,t} \ne 0)

The tokens are w. The table E has a row for each word, and one for the padding.
The mask m is true for the steps to keep.
"""

import warnings

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Three sentences of 4, 2 and 1 words, padded with 0. The words are the tokens 1
# to 5, so ``input_dim`` is 6: the number of words plus 1.

words = ["the", "dog", "sees", "cats", "sleep"]
tokens = np.array([[1, 2, 3, 4], [4, 5, 0, 0], [5, 0, 0, 0]])  # (batch, steps)
embeddings = rng.integers(-9, 10, size=(6, 2))  # (words + 1, output_dim)
shapes = [(2, 12), (3, 12), (12,)]  # of an LSTM of 3 units
weights = [rng.normal(size=shape).astype("float32") for shape in shapes]
embedding = keras.layers.Embedding(6, 2, mask_zero=True)


def keras_model(tokens, dtype="float32"):
    inputs = keras.Input((4,), dtype="int32")
    y = embedding(inputs)
    mean = keras.layers.GlobalAveragePooling1D()(y)
    last = keras.layers.LSTM(3, dtype=dtype)(y)
    model = keras.Model(inputs, [y, mean, last])
    model.set_weights([embeddings, *weights])
    return model.predict(tokens, verbose=0)


y, y_mean, _ = keras_model(tokens)

# %%
# Compute it
# ----------


def embed(tokens, embeddings):
    """Embedding with mask_zero=True (Keras documentation).

    tokens: (batch, steps), whole numbers; embeddings: (words + 1, output_dim).
    Returns the vectors, (batch, steps, output_dim), and the mask,
    (batch, steps), True for words.
    """
    return embeddings[tokens], tokens != 0


# %%
# From other pages
# ----------------


def sigmoid(x):
    """1 / (1 + exp(-x)) without overflow; x: any shape."""
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))


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


def global_average_pooling1d(
    x, mask=None, *, data_format="channels_last", keepdims=False
):
    """GlobalAveragePooling1D, with a mask or without (Keras documentation).

    x: (batch, steps, channels), or (batch, channels, steps) if data_format is
    "channels_first"; mask: (batch, steps), true for the steps to keep. Returns
    (batch, channels): nan where all steps are masked.
    """
    steps, channels = (1, 2) if data_format == "channels_last" else (2, 1)
    if mask is None:
        return np.mean(x, steps, keepdims=keepdims)
    kept = np.expand_dims(mask, channels).astype(bool)
    total = np.sum(np.where(kept, x, 0), steps, keepdims=keepdims)
    return total / np.sum(kept, steps, keepdims=keepdims)


# %%
# Check it
# --------
# The mask has the shape (batch, steps). Nothing is rounded: we pick rows of
# whole numbers, and divide by 4, 2 or 1.

expected, mask = embed(tokens, embeddings)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)
keras_mask = keras.ops.convert_to_numpy(embedding.compute_mask(tokens))
np.testing.assert_array_equal(keras_mask, mask, strict=True)
expected_mean = global_average_pooling1d(expected, mask)
np.testing.assert_array_equal(y_mean, np.float32(expected_mean), strict=True)

# %%
# An LSTM skips masked steps: its last output is that of the last word. (Only
# TensorFlow computes a whole layer in float64.)

tensorflow = keras.backend.backend() == "tensorflow"
weights64 = [weight.astype("float64") for weight in weights]
expected_last = lstm(expected, *weights64, mask=mask)
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    *_, last = keras_model(tokens, dtype)
    tolerance = 1000 * np.finfo(dtype).eps
    np.testing.assert_allclose(last, expected_last, tolerance, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1:** the documentation of ``mask_zero`` says
#    that a later layer that does not support masks raises an exception. There
#    is only a warning.

with warnings.catch_warnings(record=True, action="always") as caught:
    keras.layers.Flatten()(embedding(tokens))
np.testing.assert_equal(len(caught), 1)

# %%
# Break it
# --------
# Would you expect zeros for the padding, as PyTorch's ``padding_idx`` gives?

wrong = np.where(mask[..., np.newaxis], y, 0)
print(y[1], wrong[1], sep="\n")
assert np.any(y != wrong)

# %%
# Would you start the tokens of the words at 0? Then the first word counts as
# padding: the mean of "the dog sees cats" leaves out "the".

wrong_vectors, wrong_mask = embed(tokens - 1, embeddings[1:])
wrong = global_average_pooling1d(wrong_vectors, wrong_mask)
print("right:", y_mean[0], "wrong:", wrong[0])
assert np.any(y_mean[0] != wrong[0])

# %%
# See it
# ------
# The sentences, and the first number of each vector.

fig, axes = plt.subplots(1, 2, figsize=(6, 2.4), layout="constrained")
fig.suptitle("The padding has a vector, but is masked (crossed out)")
sentences = np.array(["0", *words])[tokens]
pictures = {"words": sentences, "vectors": y[..., 0].astype(int)}
for axis, (title, cells) in zip(axes, pictures.items()):
    axis.imshow(y[..., 0], cmap="PuOr", vmin=-20, vmax=20)
    axis.plot(*np.nonzero(~mask)[::-1], "x", color="darkgray", markersize=30)
    for (row, column), cell in np.ndenumerate(cells):
        axis.text(column, row, cell, ha="center", va="center", color="k")
    axis.set(title=title, xlabel="steps", xticks=[], yticks=[])
plt.show()
