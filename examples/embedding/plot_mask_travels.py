r"""
Mask propagation: from Embedding to the loss
============================================

A mask tells later layers which steps are padding. ``Embedding`` makes it, many
layers pass it on, and some drop it. Recurrent layers, attention, means over the
steps and the loss use it.

.. math::

   \text{Embedding:} \quad & m_{n,t} = (w_{n,t} \ne 0) \\
   \text{LSTM:} \quad & h_{n,t} = h_{n,t-1} \; \text{unless } m_{n,t} \\
   \text{loss:} \quad &
   \frac{\sum_{n,t} m_{n,t} \, e_{n,t}}{\sum_{n,t} m_{n,t}}

The mask m is true for the steps to keep, w are the tokens, and e is the error
of step t in text n. The loss is one mean, over the steps of all texts.
"""

import warnings

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

from keras_by_hand import lstm
from keras_by_hand.losses import masked_mean_squared_error

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# A model with two outputs at each step, and three sentences padded with 0.

tokens = np.array([[3, 1, 4], [2, 5, 0], [4, 0, 0]])
targets = rng.normal(size=(3, 3, 2)).astype("float32")  # (batch, steps, 2)


def keras_model(dtype="float32"):
    recurrent = layers.LSTM(2, return_sequences=True, dtype=dtype)
    return keras.Sequential(
        [
            keras.Input((3,), dtype="int32"),
            layers.Embedding(6, 4, mask_zero=True, dtype=dtype),
            layers.Bidirectional(recurrent, dtype=dtype),
            layers.Dense(2, dtype=dtype),
        ]
    )


shapes = [weight.shape for weight in keras_model().weights]
weights = [rng.normal(size=shape).astype("float32") for shape in shapes]

# %%
# Compute it
# ----------
# Only the two LSTMs and the loss use the mask. At masked steps, the LSTMs in
# ``Bidirectional`` return zeros. (Any other LSTM repeats its last output.)


def tag_words(tokens, embeddings, *weights):
    """Embedding, Bidirectional LSTM and Dense.

    tokens: (batch, steps), the weights in Keras' order. Returns (batch, steps,
    units), and the mask, (batch, steps).
    """
    *lstms, kernel, bias = weights
    x, mask = embeddings[tokens], tokens != 0
    options = {"return_sequences": True, "zero_output_for_mask": True}
    forward = lstm(x, *lstms[:3], mask=mask, **options)
    backward = lstm(x, *lstms[3:], mask=mask, go_backwards=True, **options)
    x = np.concatenate([forward, backward[:, ::-1]], axis=-1)
    return x @ kernel + bias, mask


# %%
# Check it
# --------
# In float32 and float64. (Only TensorFlow computes a whole layer in float64.)
# The loss gets the mask with ``y_keras``: it is the mean over the kept steps.

tensorflow = keras.backend.backend() == "tensorflow"
y, mask = tag_words(tokens, *[weight.astype("float64") for weight in weights])
expected_loss = masked_mean_squared_error(targets, y, mask)
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    model = keras_model(dtype)
    model.set_weights(weights)
    y_keras = model(tokens)
    loss = keras.losses.MeanSquaredError(dtype=dtype)(targets, y_keras)
    y_keras, loss = map(keras.ops.convert_to_numpy, (y_keras, loss))
    np.testing.assert_allclose(y_keras, y, tolerance, tolerance)
    np.testing.assert_allclose(loss, expected_loss, tolerance, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``RMSNormalization`` and
#    ``EinsumDense`` drop the mask, with a warning. ``LayerNormalization`` and
#    ``Dense``, which work on each step alone in the same way, pass it on.

x = model.layers[0](tokens)  # (batch, steps, 4)
for layer in (layers.LayerNormalization(), layers.BatchNormalization()):
    passed = keras.ops.convert_to_numpy(layer(x)._keras_mask)
    np.testing.assert_array_equal(passed, mask, strict=True)
with warnings.catch_warnings(record=True, action="always") as caught:
    layers.RMSNormalization()(x)
    layers.EinsumDense("btf,fu->btu", output_shape=(None, 2))(x)
    layers.Conv1D(2, kernel_size=3)(x)
    layers.MaxPooling1D()(x)
    layers.Permute((2, 1))(x)
np.testing.assert_equal(len(caught), 5)

# %%
# Break it
# --------
# Would you take the mean over all steps? Then the padding counts.

errors = np.mean((y - targets) ** 2, axis=-1)  # (batch, steps)
print(f"right: {loss:.3f}, wrong: {np.mean(errors):.3f}")
assert not np.allclose(loss, np.mean(errors))

# %%
# See it
# ------
# The error of each step. The masked steps are crossed out.

fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.imshow(errors, cmap="PuOr", vmin=-12, vmax=12, aspect="auto")
for (row, column), error in np.ndenumerate(errors):
    axis.text(column, row, f"{error:.1f}", ha="center", va="center", color="k")
axis.plot(*np.nonzero(~mask)[::-1], "x", color="gray", markersize=24)
axis.set(title="The mask from Embedding reaches the loss: it skips the padding")
axis.set(xlabel="steps", ylabel="sentences", xticks=[], yticks=[])
plt.show()
