r"""
RNN cells: write a cell of your own
===================================

``RNN`` is a loop around a cell, and a cell is a layer that turns one step and a
list of states into an output and new states. Any layer of this form will do.

.. math:: y_t = (x_t - x_{t-1}) \, W, \qquad s_t = x_t, \qquad x_0 = 0

This cell is a ``Dense`` layer on what has changed since the last step.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import rnn

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# ``state_size`` lists the size of each state; ``output_size`` is that of y.


class DifferenceCell(keras.layers.Layer):
    def __init__(self, features, units):
        super().__init__()
        self.state_size = [features]
        self.output_size = units

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], self.output_size))

    def call(self, inputs, states):
        return keras.ops.matmul(inputs - states[0], self.kernel), [inputs]


x = rng.integers(-9, 10, size=(2, 4, 3))  # (batch, steps, features)
kernel = rng.integers(-9, 10, size=(3, 4))  # (features, units)


def keras_rnn(x, mask=None, initial_state=None, **options):
    layer = keras.layers.RNN(DifferenceCell(3, 4), return_state=True, **options)
    layer.build(x.shape)
    layer.set_weights([kernel])
    results = layer(np.float32(x), mask=mask, initial_state=initial_state)
    return [keras.ops.convert_to_numpy(result) for result in results]


y, state = keras_rnn(x, return_sequences=True)
print(y.shape, state.shape)

# %%
# Compute it
# ----------
# Everything else is in the loop, ``rnn``, which the page "RNN" explains.


def difference_cell(x, states, kernel):
    """A step of the cell above. x: (batch, features), states: [last x].

    kernel: (features, units). Returns the output and a list of new states.
    """
    return (x - states[0]) @ kernel, [x]


# %%
# Check it
# --------
# The layer takes all arguments of ``RNN``. Nothing is rounded.


def cell(x, states):
    return difference_cell(x, states, kernel)


zeros = [np.zeros((2, 3))]
start = [rng.integers(-9, 10, size=(2, 3)).astype("float32")]
options = {"return_sequences": True, "go_backwards": True}
for given in (None, start):
    actual = keras_rnn(x, None, given, **options)
    expected = rnn(cell, x, given or zeros, return_state=True, **options)
    for pair in zip(actual, map(np.float32, expected), strict=True):
        np.testing.assert_array_equal(*pair, strict=True)

# %%
# With ``stateful``, a second call goes on where the first one stopped.

layer = keras.layers.RNN(DifferenceCell(3, 4), stateful=True)
layer.build((2, 1, 3))
layer.set_weights([kernel])
for t in range(2):
    step = keras.ops.convert_to_numpy(layer(np.float32(x[:, [t]])))
    np.testing.assert_array_equal(step, y[:, t], strict=True)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** At a masked step,
#    ``RNN`` on JAX takes the first state of its cell for its last output. Here
#    they differ in size, and JAX raises a ``ValueError``. For masks on JAX,
#    make the output the first state.

mask = np.array([[1, 1, 0, 1], [0, 1, 1, 0]], bool)  # (batch, steps)
if keras.backend.backend() == "jax":
    np.testing.assert_raises(ValueError, keras_rnn, x, mask)
else:
    y_masked, _ = keras_rnn(x, mask, return_sequences=True)
    expected = rnn(cell, x, zeros, mask, return_sequences=True)
    np.testing.assert_array_equal(y_masked, np.float32(expected), strict=True)

# %%
# Break it
# --------
# Would you expect the first output to be 0, as nothing has changed yet? States
# begin at 0, so the first step is compared with 0.

wrong = np.diff(x, axis=1, prepend=x[:, :1]) @ kernel
print(f"{np.mean(y == wrong):.0%} of the entries are right")
assert np.any(y != wrong)

# %%
# See it
# ------
# One feature, one unit and a kernel of 1.

signal = np.array([2, 2, 2, 5, 5, 5, 5, 1, 1, 1, 3, 3]).reshape(1, -1, 1)
kernel = np.ones((1, 1))
changes = rnn(cell, signal, [np.zeros((1, 1))], return_sequences=True)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.step(range(12), signal.ravel(), where="mid")
axis.bar(range(12), changes.ravel(), color="C1")
axis.set(title="A cell that remembers its last input finds changes (bars)")
plt.show()
