r"""
RNN with initial_state: the mask of the input is ignored
========================================================

Called with an ``initial_state``, as a decoder is, an RNN ignores the mask that
comes with its input. It reads the padding as well, unless you pass the mask as
an argument.

.. math::

   \text{mask} = \begin{cases}
   \text{the argument} & \text{if given} \\
   \text{the input's mask} & \text{without initial state} \\
   \text{no mask} & \text{otherwise}
   \end{cases}

The reason: Keras passes the mask of an input on by itself only if the layer is
called with a single tensor.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import GRU, LSTM, Embedding, SimpleRNN

from keras_by_hand import gru, lstm, simple_rnn

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# ``Embedding`` makes a mask: token 0 is padding. A ``SimpleRNN`` without an
# activation is called in three ways.

tokens = np.array([[3, 1, 0], [2, 0, 0]])  # (batch, steps)
state = rng.integers(-9, 10, size=(2, 4)).astype("float32")  # (batch, units)
vectors = rng.integers(-9, 10, size=(5, 3))  # (tokens, features)
shapes = [(3, 4), (4, 4), (4,)]  # kernel, recurrent kernel and bias
weights = [rng.integers(-2, 3, size=shape) for shape in shapes]

embedding = Embedding(5, 3, mask_zero=True, weights=vectors)
layer = SimpleRNN(4, "linear")
layer.build((2, 3, 3))
layer.set_weights(weights)
x = embedding(tokens)
mask = tokens != 0  # (batch, steps)
y_masked = layer(x)
y_ignored = layer(x, initial_state=state)  # the mask of x is ignored
y_passed = layer(x, initial_state=state, mask=mask)

# %%
# Compute it
# ----------


def mask_in_use(mask_of_input, initial_state=None, mask=None):
    """The mask that an RNN uses, (batch, steps), or None."""
    if mask is None and initial_state is None:
        return mask_of_input
    return mask


# %%
# Check it
# --------
# The three calls. With whole numbers, the results are equal to the bit.

x = vectors[tokens]  # (batch, steps, features)
for y, start, argument in (
    (y_masked, None, None),
    (y_ignored, [state], None),
    (y_passed, [state], mask),
):
    call = {"mask": mask_in_use(mask, start, argument), "initial_state": start}
    expected = simple_rnn(x, *weights, **call, activation=None)
    y = keras.ops.convert_to_numpy(y)
    np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``SimpleRNN``, ``LSTM``
#    and ``GRU`` ignore the mask of their input if they get an
#    ``initial_state``.

cases = [  # and the shapes of their weights
    (LSTM, lstm, [(3, 16), (4, 16), (16,)], [state, state / 2]),
    (GRU, gru, [(3, 12), (4, 12), (2, 12)], [state]),
]
tolerance = 1000 * np.finfo("float32").eps
for layer_class, function, shapes, start in cases:
    random = [rng.normal(size=shape).astype("float32") for shape in shapes]
    random64 = [weight.astype("float64") for weight in random]
    layer = layer_class(4)
    layer.build(x.shape)
    layer.set_weights(random)
    for argument in (None, mask):
        y = layer(embedding(tokens), initial_state=start, mask=argument)
        used = mask_in_use(mask, start, argument)
        expected = function(x, *random64, mask=used, initial_state=start)
        y = keras.ops.convert_to_numpy(y)
        np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# Break it
# --------
# Would you rely on the mask of ``Embedding``, as you do without a state?

call = {"mask": mask, "initial_state": [state]}
wrong = simple_rnn(x, *weights, **call, activation=None)
assert np.any(keras.ops.convert_to_numpy(y_ignored) != wrong)

# %%
# See it
# ------
# One unit that starts at 10 and adds 1 at each step that it reads.

counts = 10 + np.cumsum([[1, 1, 1], [1, 1, 0]], axis=1)  # (2, steps)
fig, axis = plt.subplots(figsize=(6, 2.4), layout="constrained")
axis.imshow(counts, cmap="PuOr", vmin=-30, vmax=30, aspect="auto")
for (row, column), value in np.ndenumerate(counts):
    axis.text(column, row, int(value), ha="center", va="center", color="k")
axis.set(title="With initial_state, a mask must be passed as an argument")
axis.set(xticks=range(3), xticklabels=["step", "step", "padding"])
axis.set(yticks=range(2), yticklabels=["no argument", "mask=mask"])
plt.show()
