r"""
RNN masks: padding does not change the last output
==================================================

In a batch, short sequences are padded to the length of the longest. With a
mask, an RNN skips the padding: it keeps its states and repeats its last output.
So a padded sequence gives the same result as the sequence on its own.

.. math:: y(x_1, \ldots, x_n, \text{padding}) = y(x_1, \ldots, x_n)

This holds for ``SimpleRNN``, ``LSTM`` and ``GRU``, for padding at either end.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import GRU, LSTM, Masking, SimpleRNN

from keras_by_hand import gru, lstm, simple_rnn

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Three sequences of 3, 2 and 1 steps. ``Masking`` masks the steps of zeros, and
# the next layer gets the mask together with the array.

shapes = [(3, 3), (2, 3), (1, 3)]  # (steps, features)
sequences = [rng.normal(size=shape).astype("float32") for shape in shapes]


def keras_rnn(layer_class, weights, x, dtype="float32"):
    layer = layer_class(2, return_sequences=True, dtype=dtype)
    layer.build(x.shape)
    layer.set_weights(weights)
    return keras.ops.convert_to_numpy(layer(Masking(dtype=dtype)(x)))


# %%
# Compute it
# ----------


def pad_and_mask(sequences, padding="post"):
    """Pad sequences with zeros at the end, or "pre", at the start.

    sequences: arrays of (steps, features). Returns x, (batch, most steps,
    features), and the mask, (batch, most steps), False for the padding.
    """
    lengths = np.array([len(sequence) for sequence in sequences])
    mask = np.arange(lengths.max()) < lengths[:, np.newaxis]
    if padding == "pre":
        mask = mask[:, ::-1]
    x = np.zeros((*mask.shape, sequences[0].shape[-1]))
    x[mask] = np.concatenate(sequences)
    return x, mask


x, mask = pad_and_mask(sequences)
print(mask.astype(int))

# %%
# Check it
# --------
# The function pads as ``pad_sequences`` does, whose default is "pre".

for padding in ("post", "pre"):
    x, _ = pad_and_mask(sequences, padding)
    of_keras = keras.utils.pad_sequences(sequences, None, "float32", padding)
    np.testing.assert_array_equal(x, of_keras)

# %%
# The last output is that of each sequence on its own. Masked steps repeat the
# output before. (Only TensorFlow computes a whole layer in float64.)

layers = [  # and the shapes of their weights
    (SimpleRNN, simple_rnn, [(3, 2), (2, 2), (2,)]),
    (LSTM, lstm, [(3, 8), (2, 8), (8,)]),
    (GRU, gru, [(3, 6), (2, 6), (2, 6)]),
]
tensorflow = keras.backend.backend() == "tensorflow"
for layer_class, function, shapes in layers:
    weights = [rng.normal(size=shape).astype("float32") for shape in shapes]
    weights64 = [weight.astype("float64") for weight in weights]
    alone = [function(each[np.newaxis], *weights64) for each in sequences]
    for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
        tolerance = 1000 * np.finfo(dtype).eps
        for padding in ("pre", "post"):
            x, mask = pad_and_mask(sequences, padding)
            y = keras_rnn(layer_class, weights, x, dtype)
            last = np.concatenate(alone)
            np.testing.assert_allclose(y[:, -1], last, tolerance, tolerance)
            options = {"mask": mask, "return_sequences": True}
            expected = function(x, *weights64, **options)
            np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:**
#    ``go_backwards`` of ``SimpleRNN``, ``LSTM`` and ``GRU`` reverses the
#    outputs, but not the mask that goes with them. The next layer skips the
#    wrong steps.

tolerance = 1000 * np.finfo("float32").eps
outputs = GRU(2, return_sequences=True, go_backwards=True)(Masking()(x))
means = keras.layers.GlobalAveragePooling1D()(outputs)
y, means = map(keras.ops.convert_to_numpy, (outputs, means))
expected = [steps[kept].mean(axis=0) for steps, kept in zip(y, mask)]
np.testing.assert_allclose(means, expected, tolerance, tolerance)

# %%
# Break it
# --------
# Would you leave out the mask, because the padding is only zeros? The bias and
# the recurrent kernel still change the state.

right = keras_rnn(GRU, weights, x)
wrong = gru(x, *weights64, return_sequences=True)
assert not np.allclose(right[:, -1], wrong[:, -1])

# %%
# See it
# ------
# One unit of the GRU and the third sequence: one step, then padding.

y = np.stack([right[2, :, 0], wrong[2, :, 0]])  # (2, steps)
fig, axis = plt.subplots(figsize=(6, 2.4), layout="constrained")
axis.imshow(y, cmap="PuOr", vmin=-0.4, vmax=0.4, aspect="auto")
for (row, column), value in np.ndenumerate(y):
    axis.text(column, row, f"{value:.2f}", ha="center", va="center", color="k")
axis.set(title="With a mask, a GRU repeats its last output over the padding")
axis.set(xticks=range(3), xticklabels=["step 1", "padding", "padding"])
axis.set(yticks=range(2), yticklabels=["with mask", "without"])
plt.show()
