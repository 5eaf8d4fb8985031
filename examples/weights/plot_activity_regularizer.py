r"""
activity_regularizer: returned states are penalized, too
========================================================

An ``activity_regularizer`` keeps the outputs of a layer small: it adds a
penalty on them to the loss. Of an ``LSTM`` that returns its states, Keras
penalizes these, too.

.. math::

   \text{penalty} = \frac{1}{n}
   \left( \text{L1}(y) + \text{L1}(h) + \text{L1}(c) \right)

Here y is the output, h and c are the states, and n is the number of samples.
L1 is a sum of absolute values, times a factor.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers
from keras.regularizers import L1

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# After a call, ``losses`` holds the penalties: here there are three.

x = rng.normal(size=(2, 5, 3)).astype("float32")  # (batch, steps, features)
lstm = layers.LSTM(4, return_state=True, activity_regularizer=L1(0.25))
returned = [keras.ops.convert_to_numpy(array) for array in lstm(x)]
penalties = [float(penalty) for penalty in lstm.losses]
print("penalties:", np.round(penalties, 3))

# %%
# Compute it
# ----------
# Add up the absolute values of each array, and divide by the number of samples,
# whatever the other axes are. The first state h is the last output, y, so it is
# counted twice.

y, h, c = returned  # each (batch, units)
of_y = 0.25 * np.sum(np.abs(y)) / len(x)
of_h = 0.25 * np.sum(np.abs(h)) / len(x)
of_c = 0.25 * np.sum(np.abs(c)) / len(x)
penalty = of_y + of_h + of_c

# %%
# Check it
# --------
# First the ``LSTM``, then the cells, which return their output and their
# states. An ``Embedding`` has no states: its output counts once.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** The
#    ``activity_regularizer`` of ``SimpleRNNCell``, ``LSTMCell`` and
#    ``GRUCell``, and of ``LSTM`` and ``GRU`` with ``return_state=True``, counts
#    the output twice. It penalizes the output and the states, and the first
#    state is the output.

tolerance = 1000 * np.finfo("float32").eps
np.testing.assert_allclose(sum(penalties), penalty, tolerance)


def compare(layer, *inputs):
    """The layer's penalty is that of all that it returns."""
    arrays = keras.tree.flatten(layer(*inputs))
    arrays = [keras.ops.convert_to_numpy(array) for array in arrays]
    expected = 0.25 * sum(np.sum(np.abs(array)) for array in arrays) / len(x)
    np.testing.assert_allclose(float(sum(layer.losses)), expected, tolerance)


option = {"activity_regularizer": L1(0.25)}
state = rng.normal(size=(2, 4)).astype("float32")  # (batch, units)
compare(layers.SimpleRNNCell(4, **option), x[:, 0], [state])
compare(layers.GRUCell(4, **option), x[:, 0], [state])
compare(layers.LSTMCell(4, **option), x[:, 0], [state, state])
compare(layers.GRU(4, return_state=True, **option), x)
compare(layers.Embedding(6, 4, **option), np.array([[2, 4, 0], [1, 2, 5]]))

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``SimpleRNN`` ignores
#    its ``activity_regularizer``.

ignoring = layers.SimpleRNN(4, **option)
ignoring(x)
np.testing.assert_equal(ignoring.losses, [])

# %%
# Attention is made of ``Dense`` layers, and hands its regularizer to each.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** The
#    ``activity_regularizer`` of ``MultiHeadAttention`` and
#    ``GroupQueryAttention`` penalizes the projections of query, key and value,
#    too. ``GroupQueryAttention`` counts its output twice: in its last ``Dense``
#    layer, and once more itself.

for layer, times in (
    (layers.MultiHeadAttention(2, 4, use_bias=False, **option), 1),
    (layers.GroupQueryAttention(4, 2, 1, use_bias=False, **option), 2),
):
    y = keras.ops.convert_to_numpy(layer(x, x))
    *kernels, _ = layer.get_weights()  # of query, key, value; and of the output
    projected = [np.sum(np.abs(np.tensordot(x, w, 1))) for w in kernels]
    parts = [0.25 * part / len(x) for part in projected]
    parts += [0.25 * np.sum(np.abs(y)) / len(x)] * times
    np.testing.assert_allclose(float(sum(layer.losses)), sum(parts), tolerance)

# %%
# Break it
# --------
# The penalty of the output alone, as of a ``Dense`` layer, is too small.

print(f"right: {sum(penalties):.2f}, wrong: {of_y:.2f}")
assert not np.allclose(sum(penalties), of_y)

# %%
# See it
# ------
# Only the first ``y`` is what one would expect.

fig, axis = plt.subplots(figsize=(6, 2.4), layout="constrained")
names = ["query", "key", "value", "y", "y, again"]
axis.barh(names, parts, color=["C1"] * 3 + ["C0"] * 2)
axis.invert_yaxis()
axis.set(title="GroupQueryAttention: what an activity_regularizer adds")
axis.set(xlabel="penalty")
plt.show()
