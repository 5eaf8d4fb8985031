r"""
RNN states: initial_state, stateful and reset_state
===================================================

A long sequence, such as audio, often arrives in chunks. You can pass them to a
recurrent layer one after the other. The result is that of the whole sequence
only if each chunk starts from the last states of the one before.

.. math::

   y_1, \ldots, y_4, s_4 &= \text{rnn}(x_1, \ldots, x_4, \, 0) \\
   y_5, y_6, s_6 &= \text{rnn}(x_5, x_6, \, s_4)

y is the output, s the state. With ``return_state=True``, a layer returns both.
Pass the state as ``initial_state``, or let a layer that is ``stateful`` keep it
for the next call, until ``reset_state``. An ``LSTM`` returns y, its hidden
state h and its cell or carry state c: pass ``initial_state=[h, c]``.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import lstm

# %%
# Build it
# --------
# Two sequences of 6 steps, in chunks of 4 and 2.

rng = np.random.default_rng(313)
x = rng.integers(-9, 10, size=(2, 6, 3)).astype("float32")
weights = [rng.integers(-2, 3, size=shape) for shape in [(3, 4), (4, 4), (4,)]]
layer = keras.layers.SimpleRNN(4, "linear", return_state=True)
stateful = keras.layers.SimpleRNN(4, "linear", stateful=True)
for each in (layer, stateful):
    each.build(x.shape)
    each.set_weights(weights)
_, state = layer(x[:, :4])
y, _ = layer(x[:, 4:], initial_state=state)
stateful(x[:, :4])
y_stateful = stateful(x[:, 4:])  # goes on where the first call stopped
y, y_stateful = map(keras.ops.convert_to_numpy, (y, y_stateful))

# %%
# Compute it
# ----------
# NumPy reads all six steps at once.

kernel, recurrent_kernel, bias = weights
h = np.zeros((2, 4))  # (batch, units)
for t in range(6):
    h = x[:, t] @ kernel + h @ recurrent_kernel + bias

# %%
# Check it
# --------
# Before the next long sequence, ``reset_state`` sets the states to 0. Call it
# for each layer: a model has no ``reset_state``, and no ``reset_states``. Row i
# of a batch goes on where row i of the last one stopped. So a model needs a
# fixed batch size (``batch_shape``), and ``fit`` needs ``shuffle=False``.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On JAX, a stateful
#    ``SimpleRNN``, ``LSTM`` or ``GRU`` starts each ``predict`` from 0: call
#    ``model(x)`` instead. And ``reset_state`` doesn't take the states that its
#    documentation mentions.
#
# .. warning:: **Seen in Keras 3.15.1, wrong shape:** On TensorFlow, a
#    stateful ``SimpleRNN``, ``LSTM`` or ``GRU`` that predicts a last batch of
#    one sample repeats it until the batch is full. Drop the extra rows.
np.testing.assert_array_equal(y, np.float32(h), strict=True)
np.testing.assert_array_equal(y_stateful, np.float32(h), strict=True)
np.testing.assert_raises(TypeError, stateful.reset_state, states=[h])
stateful.reset_state()
model = keras.Sequential([keras.Input(batch_shape=x.shape), stateful])
first, second = model.predict_on_batch(x), model.predict_on_batch(x)
np.testing.assert_array_equal(first, y)
starts_anew = np.array_equal(first, second)
np.testing.assert_equal(starts_anew, keras.backend.backend() == "jax")
if keras.backend.backend() == "tensorflow":
    rows = model.predict(np.concatenate([x, x[:1]]), batch_size=2, verbose=0)
    np.testing.assert_equal(len(rows), 4)

# %%
# Break it
# --------
# Suppose you read the second chunk without the states of the first.
wrong = keras.ops.convert_to_numpy(layer(x[:, 4:])[0])
print("right:", y[0], "wrong:", wrong[0])
assert np.any(y != wrong)

# %%
# See it
# ------
# One unit of an LSTM reads 24 steps, at once and in chunks of 8.

x_long = rng.normal(size=(1, 24, 3))
weights = [rng.normal(size=shape) for shape in [(3, 16), (4, 16), (16,)]]
whole = lstm(x_long, *weights, return_sequences=True)
chunks = lstm(x_long.reshape(3, 8, 3), *weights, return_sequences=True)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(whole[..., 0].ravel(), "o-", chunks[..., 0].ravel(), "o--")
axis.set(title="A chunk that starts from 0 is wrong at first", xlabel="step")
axis.legend(["states carried on", "each chunk of 8 from 0"])
plt.show()
