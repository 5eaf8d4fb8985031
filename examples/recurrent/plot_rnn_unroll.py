r"""
RNN unroll and use_cudnn: the same results, another loop
========================================================

``unroll`` writes the loop out as one long formula, and ``use_cudnn`` lets a
graphics card run it as a whole. Neither changes the results, but an unrolled
loop goes wrong with some masks.

.. math:: h_3 = f(x_3, \; f(x_2, \; f(x_1, \; h_0)))

These are 3 steps of the cell f, unrolled. Keras must know their number
beforehand.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import GRU, LSTM, SimpleRNN

from keras_by_hand import gru, lstm, simple_rnn

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two sequences of 4 steps with 3 features. Some steps are masked.

x = rng.normal(size=(2, 4, 3)).astype("float32")  # (batch, steps, features)
mask = np.array([[1, 0, 1, 1], [1, 0, 0, 1]], bool)  # (batch, steps)


def keras_rnn(layer_class, weights, mask=None, **options):
    layer = layer_class(2, **options)
    layer.build(x.shape)
    layer.set_weights(weights)
    return keras.ops.convert_to_numpy(layer(x, mask=mask))


# %%
# Compute it
# ----------
# ``zeroed`` puts the zeros where ``zero_output_for_mask`` should.


def zeroed(y, mask):
    """y, (batch, steps, units), and 0 where mask, (batch, steps), is false."""
    return np.where(mask[..., np.newaxis], y, 0)


# %%
# Check it
# --------
# Each way to run the loop: forwards with a mask, and backwards without one.


def draw(*shapes):
    return [rng.normal(size=shape) for shape in shapes]


cases = [
    (SimpleRNN, simple_rnn, draw((3, 2), (2, 2), (2,))),
    (LSTM, lstm, draw((3, 8), (2, 8), (8,))),
    (GRU, gru, draw((3, 6), (2, 6), (2, 6))),
]
tolerance = 1000 * np.finfo("float32").eps
for layer_class, function, weights in cases:
    ways = [{"unroll": False}, {"unroll": True}]
    if layer_class in (LSTM, GRU):
        ways.append({"use_cudnn": False})
    for backwards, given in ((False, mask), (True, None)):
        options = {"return_sequences": True, "go_backwards": backwards}
        expected = function(x, *weights, mask=given, **options)
        for way in ways:
            y = keras_rnn(layer_class, weights, given, **options, **way)
            np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# ``use_cudnn=True`` raises an error if cuDNN has no such layer, as with relu.

for layer_class in (LSTM, GRU):
    layer = layer_class(2, activation="relu", use_cudnn=True)
    np.testing.assert_raises(ValueError, layer, x, mask=mask)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** In an unrolled loop on
#    JAX, ``SimpleRNN``, ``LSTM`` and ``GRU`` ignore ``zero_output_for_mask``.
#    With ``go_backwards``, TensorFlow puts the zeros at the wrong steps, as it
#    does not reverse the mask. PyTorch raises an ``AttributeError`` for
#    ``go_backwards`` with any mask.

backend = keras.backend.backend()
zero = {"zero_output_for_mask": True, **options}
for layer_class, function, weights in cases:
    y = keras_rnn(layer_class, weights, mask, **zero)
    repeated = function(x, *weights, mask=mask, **options)
    right = zeroed(repeated, mask[:, ::-1])
    np.testing.assert_allclose(y, right, tolerance, tolerance)

    if backend == "torch":
        with np.testing.assert_raises(AttributeError):
            keras_rnn(layer_class, weights, mask, unroll=True, **zero)
    else:
        y = keras_rnn(layer_class, weights, mask, unroll=True, **zero)
        unrolled = repeated if backend == "jax" else zeroed(repeated, mask)
        np.testing.assert_allclose(y, unrolled, tolerance, tolerance)

# %%
# Break it
# --------
# Would you put the zeros where the mask is false, as TensorFlow does here? The
# outputs come in reverse, so the mask must be reversed, too.

wrong = zeroed(repeated, mask)
print("right:", right[0, :, 0].round(2), "wrong:", wrong[0, :, 0].round(2))
assert not np.allclose(right, wrong)

# %%
# See it
# ------
# One unit that counts the steps, the last one first, but not the masked ones.

counts = np.cumsum(mask[:, ::-1], axis=1)[..., np.newaxis]
panels = {"the loop": mask[:, ::-1], "unrolled, on TensorFlow": mask}
fig, axes = plt.subplots(1, 2, figsize=(6, 2.4), layout="constrained")
fig.suptitle("Unrolled backwards, the zeros miss the masked steps (grey)")
for axis, (title, given) in zip(axes, panels.items()):
    axis.imshow(~mask[:, ::-1], cmap="Greys", vmax=3)
    for (row, column, _), value in np.ndenumerate(zeroed(counts, given)):
        axis.text(column, row, value, ha="center", va="center", color="k")
    axis.set(title=title, xlabel="order of computation", yticks=[])
plt.show()
