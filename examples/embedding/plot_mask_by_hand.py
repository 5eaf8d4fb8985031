r"""
LSTM mask argument: pass the mask to every layer by hand
========================================================

In Keras 3.15.1, a recurrent layer passes its mask on to the next layer. Keras
3.16.0.dev does not. If you pass the mask to each layer by hand, your model does
not depend on this.

.. math::

   m &= (w \ne 0) \\
   h &= \text{LSTM}(E[w], m) \\
   y &= \text{Bidirectional}(h, m)

The mask m is made from the tokens w, and E is the table of ``Embedding``.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

from keras_by_hand import global_average_pooling1d, lstm
from keras_by_hand.losses import masked_mean_squared_error

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# ``compute_mask`` makes the mask from the tokens. With ``mask=None``, a layer
# takes the mask that its input carries, if there is one.

tokens = np.array([[3, 1, 4], [2, 5, 0], [4, 0, 0]])  # (batch, steps)


def keras_model(by_hand, dtype="float32"):
    embedding = layers.Embedding(6, 2, mask_zero=True, dtype=dtype)
    first = layers.LSTM(2, return_sequences=True, dtype=dtype)
    second = layers.LSTM(2, return_sequences=True, dtype=dtype)
    both_ways = layers.Bidirectional(second, dtype=dtype)
    dense = layers.TimeDistributed(layers.Dense(2, dtype=dtype), dtype=dtype)
    mean = layers.GlobalAveragePooling1D(dtype=dtype)

    inputs = keras.Input((3,), dtype="int32")
    mask = embedding.compute_mask(inputs) if by_hand else None
    y = first(embedding(inputs), mask=mask)
    y = dense(both_ways(y, mask=mask), mask=mask)
    return keras.Model(inputs, [y, mean(y, mask=mask)])


shapes = [weight.shape for weight in keras_model(by_hand=True).weights]
weights = [rng.normal(size=shape).astype("float32") for shape in shapes]

# %%
# Compute it
# ----------


def read_twice(tokens, embeddings, *weights, handed_on=True):
    """Embedding, LSTM, Bidirectional LSTM, then Dense for each step.

    tokens: (batch, steps), the weights in Keras' order. handed_on: whether the
    layers after the first LSTM get the mask. Returns (batch, steps, units), and
    its mean over the steps.
    """
    mask = tokens != 0
    x = embeddings[tokens]
    h = lstm(x, *weights[:3], mask=mask, return_sequences=True)
    mask = mask if handed_on else None
    options = {"return_sequences": True, "zero_output_for_mask": True}
    forward = lstm(h, *weights[3:6], mask=mask, **options)
    backward = lstm(h, *weights[6:9], mask=mask, go_backwards=True, **options)
    y = np.concatenate([forward, backward[:, ::-1]], axis=-1)
    y = y @ weights[9] + weights[10]
    return y, global_average_pooling1d(y, mask)


# %%
# Check it
# --------
# By hand, and not. (Only TensorFlow computes a whole layer in float64.)
#
# .. warning:: **Seen in Keras 3.16.0.dev, not in 3.15.1, wrong numbers:**
#    ``SimpleRNN``, ``LSTM``, ``GRU``, ``Bidirectional`` and ``TimeDistributed``
#    drop the mask, with a warning (`keras#23235
#    <https://github.com/keras-team/keras/issues/23235>`__). Keras 3.15.1 passes
#    it on.

tensorflow = keras.backend.backend() == "tensorflow"
weights64 = [weight.astype("float64") for weight in weights]
expected, expected_mean = read_twice(tokens, *weights64)
for dtype in ["float64", "float32"] if tensorflow else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    for by_hand in (True, False):
        model = keras_model(by_hand, dtype)
        model.set_weights(weights)
        y, y_mean = map(keras.ops.convert_to_numpy, model(tokens))
        np.testing.assert_allclose(y, expected, tolerance, tolerance)
        np.testing.assert_allclose(y_mean, expected_mean, tolerance, tolerance)

# %%
# The loss needs the mask, too. Pass it as ``sample_weight``, with a reduction
# that divides by the sum of the weights. (Here ``y`` carries no mask.)

targets = rng.normal(size=y.shape).astype("float32")
mask = tokens != 0
squares = keras.losses.MeanSquaredError(reduction="mean_with_sample_weight")
loss = keras.ops.convert_to_numpy(squares(targets, y, sample_weight=mask))
expected_loss = masked_mean_squared_error(targets, expected, mask)
np.testing.assert_allclose(loss, expected_loss, tolerance, tolerance)

# %%
# Break it
# --------
# Would you leave out the ``mask`` arguments in Keras 3.16.0.dev? Then the layer
# ``Bidirectional`` reads the padding, and the mean counts it.

_, wrong = read_twice(tokens, *weights64, handed_on=False)
print("right:", y_mean[-1], "wrong:", wrong[-1])
assert not np.allclose(y_mean, wrong)

# %%
# See it
# ------
# The first unit of the mean, for each sentence.

fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
places = np.arange(3)
axis.bar(places - 0.2, y_mean[:, 0], 0.4, label="mask passed on")
axis.bar(places + 0.2, wrong[:, 0], 0.4, label="not passed on")
axis.set(title="Padded sentences change if the mask is not passed on")
axis.set_xticks(places, ["3 words", "2 words", "1 word"])
axis.legend()
plt.show()
