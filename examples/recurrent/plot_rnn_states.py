r"""
RNN states: initial_state, stateful and reset_state
===================================================

You can pass a long sequence to a recurrent layer in chunks. The result is the
same only if each chunk starts from the last states of the chunk before.

.. math::

   y_1, \ldots, y_4, s_4 &= \text{rnn}(x_1, \ldots, x_4, \, 0) \\
   y_5, y_6, s_6 &= \text{rnn}(x_5, x_6, \, s_4)

Either you pass the states s as ``initial_state``, or a ``stateful`` layer keeps
them until ``reset_state``. They are h, or h and c of an ``LSTM``.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

from keras_by_hand import gru_cell, lstm_cell, simple_rnn_cell

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two sequences of 6 steps, in chunks of 4 and 2 steps.

x = rng.normal(size=(2, 6, 3))  # (batch, steps, features)
options = {"return_sequences": True, "return_state": True}


def keras_in_chunks(layer, weights, pass_on):
    layer.build(x.shape)
    layer.set_weights(weights)
    y, *states = layer(x[:, :4])
    start = states if pass_on else None
    y_next, *states = layer(x[:, 4:], initial_state=start)
    outputs = keras.ops.concatenate([y, y_next], axis=1)
    return [keras.ops.convert_to_numpy(array) for array in (outputs, *states)]


# %%
# Compute it
# ----------


def read_on(cell, x, states, weights):
    """Read a sequence from given states, with cell(step, states, *weights).

    x: (batch, steps, features), states: [h], or [h, c] of LSTM, each (batch,
    units). Returns a list: all outputs, (batch, steps, units), and the states.
    """
    outputs = []
    for t in range(x.shape[1]):
        y, states = cell(x[:, t], states, *weights)
        outputs.append(y)
    return [np.stack(outputs, axis=1), *states]


# %%
# Check it
# --------
# The whole sequence in NumPy, and chunks in Keras, in float64 on TensorFlow.

backend = keras.backend.backend()
zeros = np.zeros((2, 4))  # (batch, units)
dtypes = ["float32", "float64"] if backend == "tensorflow" else ["float32"] * 2
for layer_class, cell, start, shapes in (
    (layers.SimpleRNN, simple_rnn_cell, [zeros], [(3, 4), (4, 4), (4,)]),
    (layers.GRU, gru_cell, [zeros], [(3, 12), (4, 12), (2, 12)]),
    (layers.LSTM, lstm_cell, [zeros, zeros], [(3, 16), (4, 16), (16,)]),
):
    weights = [rng.normal(size=shape) for shape in shapes]
    expected = read_on(cell, x, start, weights)
    for stateful, dtype in zip((False, True), dtypes):
        tolerance = 1000 * np.finfo(dtype).eps
        layer = layer_class(4, stateful=stateful, dtype=dtype, **options)
        actual = keras_in_chunks(layer, weights, pass_on=not stateful)
        for pair in zip(actual, expected, strict=True):
            np.testing.assert_allclose(*pair, tolerance, tolerance)

# %%
# The size of the batch is fixed. ``reset_state`` sets the states to 0.

with np.testing.assert_raises(ValueError):
    layer(x[:1])
layer.reset_state()
np.testing.assert_array_equal(layer.states, np.zeros((2, 2, 4)))

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On JAX, a stateful
#    ``SimpleRNN``, ``LSTM`` or ``GRU`` starts each ``predict`` from 0: call
#    ``model(x)`` instead. And ``reset_state`` doesn't take the states that its
#    documentation mentions.

layer = layers.GRU(4, stateful=True)
model = keras.Sequential([keras.Input(batch_shape=x.shape), layer])
first, second = model.predict_on_batch(x), model.predict_on_batch(x)
np.testing.assert_equal(np.allclose(first, second), backend == "jax")
with np.testing.assert_raises(TypeError):
    layer.reset_state(states=[zeros])

# %%
# Break it
# --------
# Would you read the second chunk without the states of the first? Or give an
# LSTM its states as [c, h]? The shapes fit both times.

_, h_4, c_4 = read_on(lstm_cell, x[:, :4], [zeros, zeros], weights)
for start in ([zeros, zeros], [c_4, h_4]):
    _, wrong, _ = read_on(lstm_cell, x[:, 4:], start, weights)
    print(f"wrong by up to {np.max(np.abs(actual[1] - wrong)):.2f}")
    assert not np.allclose(actual[1], wrong)

# %%
# See it
# ------
# One unit of the LSTM reads 24 steps, at once and in chunks of 8.

x_long = rng.normal(size=(2, 24, 3))
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for size, style in ((24, "C0-"), (8, "C1o--")):
    for first in range(0, 24, size):
        chunk = x_long[:, first : first + size]
        y_chunk, _, _ = read_on(lstm_cell, chunk, [zeros, zeros], weights)
        axis.plot(range(first, first + size), y_chunk[0, :, 0], style)
axis.set(title="A chunk that starts from 0 is wrong until the LSTM forgets")
axis.set(xlabel="steps", ylim=(-0.1, 0.5))
axis.legend(["states carried on", "each chunk from 0"], ncols=2)
plt.show()
