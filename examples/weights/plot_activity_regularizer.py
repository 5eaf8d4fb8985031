r"""
activity_regularizer of recurrent layers and attention
======================================================

An ``activity_regularizer`` adds a penalty on the outputs of a layer to the
loss, so that they stay small. For most layers that is

.. math::

   \text{penalty} = \frac{\lambda}{n} \sum |y|

with ``L1``: :math:`\lambda` is its factor, y the output, and n the number of
samples. But a layer that returns its states penalizes them, too. Attention also
penalizes its projections, and ``SimpleRNN`` penalizes nothing.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers
from keras.regularizers import L1

# %%
# Build it
# --------
# After a call, ``losses`` holds the penalties.

x = np.random.default_rng(313).normal(size=(2, 5, 3)).astype("float32")
option = {"activity_regularizer": L1(0.25)}
lstm = layers.LSTM(4, return_state=True, **option)
y, h, c = map(keras.ops.convert_to_numpy, lstm(x))  # each (batch, units)

# %%
# Compute it
# ----------
# Add up the absolute values of each array that the layer returns. The first
# state, h, is the output, y, so it counts twice.

right = 0.25 * np.sum(np.abs(y)) / len(x)
wrong = right + 0.25 * np.sum(np.abs(h)) / len(x)
wrong = wrong + 0.25 * np.sum(np.abs(c)) / len(x)

# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** The
#    ``activity_regularizer`` of ``SimpleRNNCell``, ``LSTMCell`` and
#    ``GRUCell``, and of ``LSTM`` and ``GRU`` with ``return_state=True``, counts
#    the output twice. It penalizes the output and the states, and the first
#    state is the output.

np.testing.assert_allclose(float(sum(lstm.losses)), wrong, rtol=1e-4)
state = np.ones((2, 4), "float32")  # (batch, units)
for kind, number in [("SimpleRNN", 1), ("GRU", 1), ("LSTM", 2)]:
    cell = getattr(layers, f"{kind}Cell")(4, **option)
    arrays = keras.tree.flatten(cell(x[:, 0], [state] * number))
    arrays = [keras.ops.convert_to_numpy(array) for array in arrays]
    expected = 0.25 * sum(np.sum(np.abs(array)) for array in arrays) / len(x)
    np.testing.assert_allclose(float(sum(cell.losses)), expected, rtol=1e-4)
print(f"right: {right:.2f}, wrong: {wrong:.2f}")
assert not np.allclose(right, wrong)

# %%
# Break it
# --------
# ``SimpleRNN`` penalizes nothing, and attention more than its output. Instead,
# call a layer ``ActivityRegularization`` on the output that you mean.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``SimpleRNN`` ignores
#    its ``activity_regularizer``.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** The
#    ``activity_regularizer`` of ``MultiHeadAttention`` and
#    ``GroupQueryAttention`` penalizes the projections of query, key and value,
#    too. ``GroupQueryAttention`` counts its output twice: in its last ``Dense``
#    layer, and once more itself.

rnn = layers.SimpleRNN(4, **option)
y = keras.ops.convert_to_numpy(rnn(x))
print("SimpleRNN, right:", 0.25 * np.sum(np.abs(y)) / 2, "wrong:", rnn.losses)
np.testing.assert_equal(rnn.losses, [])
attention = layers.MultiHeadAttention(2, 4, use_bias=False, **option)
of_groups = layers.GroupQueryAttention(4, 2, 1, use_bias=False, **option)
for layer, times in [(attention, 1), (of_groups, 2)]:
    y = keras.ops.convert_to_numpy(layer(x, x))
    kernels = layer.get_weights()[:-1]  # of query, key and value
    parts = [np.tensordot(x, kernel, 1) for kernel in kernels] + times * [y]
    parts = [0.25 * np.sum(np.abs(part)) / len(x) for part in parts]
    wrong = float(sum(layer.losses))
    print(f"{layer.name}, right: {parts[-1]:.2f}, wrong: {wrong:.2f}")
    np.testing.assert_allclose(wrong, sum(parts), rtol=1e-4)
    assert wrong > parts[-1]

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
