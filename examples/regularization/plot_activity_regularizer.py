"""
activity_regularizer of LSTM, SimpleRNN and attention: wrong penalties
======================================================================

An ``activity_regularizer`` should penalize the output of its layer. ``LSTM``
and ``GRU`` do so. But with ``return_state=True`` they penalize more, as cells
and attention do. ``SimpleRNN`` penalizes nothing. Instead, leave it out,
and call a layer ``ActivityRegularization(l1=0.25)`` on the output.
"""

import keras
import numpy as np
from keras import layers

# %%
# Build and compute it
# --------------------
# Each layer, and what it is called with. The first two are right.
keras.utils.set_random_seed(313)
option = {"activity_regularizer": keras.regularizers.L1(0.25)}
x = np.random.default_rng(313).normal(size=(2, 5, 3)).astype("float32")
calls = [
    (layers.ActivityRegularization(l1=0.25), [x]),
    (layers.LSTM(4, **option), [x]),
    (layers.LSTM(4, return_state=True, **option), [x]),
    (layers.SimpleRNNCell(4, **option), [x[:, 0], [np.zeros((2, 4))]]),
    (layers.GRUCell(4, **option), [x[:, 0], [np.zeros((2, 4))]]),
    (layers.LSTMCell(4, **option), [x[:, 0], 2 * [np.zeros((2, 4))]]),
    (layers.SimpleRNN(4, **option), [x]),
    (layers.MultiHeadAttention(2, 4, **option), [x, x]),
    (layers.GroupQueryAttention(4, 2, 1, **option), [x, x]),
]

# %%
# ``right`` is a quarter of the sum of the output's absolute values, per sample.
# In ``expected``, (3, 2) means three losses, two of them equal to ``right``.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** The
#    ``activity_regularizer`` of ``SimpleRNNCell``, ``LSTMCell`` and
#    ``GRUCell``, and of ``LSTM`` and ``GRU`` with ``return_state=True``, counts
#    the output twice. It penalizes the states, and the first is the output.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``SimpleRNN`` ignores
#    its ``activity_regularizer``.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** The
#    ``activity_regularizer`` of ``MultiHeadAttention`` and
#    ``GroupQueryAttention`` penalizes the projections of query, key and value,
#    too. ``GroupQueryAttention`` counts its output twice.

found = []
for layer, arguments in calls:
    output = keras.tree.flatten(layer(*arguments))[0]
    right = 0.25 * np.sum(np.abs(keras.ops.convert_to_numpy(output))) / len(x)
    added = [float(loss) for loss in layer.losses]
    print(f"{layer.name}: right {right:.3f}, adds {np.round(added, 3)}")
    found.append((len(added), np.isclose(added, right).sum()))
expected = [(1, 1), (1, 1), (3, 2), (2, 2), (2, 2)]
expected += [(3, 2), (0, 0), (4, 1), (5, 2)]
np.testing.assert_array_equal(found, expected)
