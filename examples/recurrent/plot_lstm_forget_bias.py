r"""
LSTM unit_forget_bias: a new layer forgets slowly
=================================================

In a new ``LSTM``, the bias of the forget gate is 1 and the other biases are 0.
So the layer remembers before it has learned what to remember.

.. math::

   c_t &= \sigma(f) \odot c_{t-1} + \sigma(i) \odot \tanh(g) \\
   c_t &= \sigma(f)^t \odot c_0 \quad \text{if } g = 0

With f = 1, a cell state to which nothing is added keeps 73 % of itself at each
step, because sigmoid(1) is 0.73. With f = 0 it would keep half.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# The bias has four parts, here of two units each: input gate i, forget gate f,
# candidate g, output gate o.


def new_bias(layer_class, **arguments):
    layer = layer_class(2, **arguments)
    layer.build((1, 5, 3))  # (batch, steps, features)
    return layer.get_weights()[2]


print(new_bias(keras.layers.LSTM))

# %%
# Compute it
# ----------


def lstm_bias(units, other=0, unit_forget_bias=True):
    """The bias of a new LSTM (Jozefowicz et al., 2015), (4 * units,).

    other: the number that bias_initializer sets, 0 by default.
    """
    bias = np.full((4, units), other)  # a row each for i, f, g and o
    if unit_forget_bias:
        bias[1] = 1
    return bias.ravel()


def remaining_state(c, forget_bias, steps):
    """A cell state after some steps, if the inputs and all kernels are 0.

    c: (batch, units), forget_bias: (units,), steps: a number. Returns (batch,
    units).
    """
    return c / (1 + np.exp(-forget_bias)) ** steps


# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, documentation:** The documentation of
#    ``LSTM`` says that ``unit_forget_bias`` adds 1, and forces
#    ``bias_initializer="zeros"``. It does neither: with an initializer of 7,
#    the bias of f is 1, the others 7.

seven = keras.initializers.Constant(7)
for layer_class in (keras.layers.LSTM, keras.layers.LSTMCell):
    bias = new_bias(layer_class)
    np.testing.assert_array_equal(bias, lstm_bias(2))
    for forget in (True, False):
        bias = new_bias(
            layer_class, bias_initializer=seven, unit_forget_bias=forget
        )
        print(bias)
        np.testing.assert_array_equal(bias, lstm_bias(2, 7, forget))

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** With a random
#    ``bias_initializer``, ``LSTM`` gives i and g the same bias: it calls the
#    initializer twice, each time with the same seed.

normal = keras.initializers.RandomNormal(seed=7)
drawn = keras.ops.convert_to_numpy(normal((2,)))
bias = new_bias(keras.layers.LSTM, bias_initializer=normal).reshape(4, 2)
np.testing.assert_array_equal(bias[[0, 2]], [drawn, drawn])  # i and g

# %%
# Now the cell states of three units after 10 steps. No argument sets a forget
# bias of 5; ``set_weights`` does. (Only TensorFlow computes a whole layer in
# float64.)

c = np.array([[2, -1, 3]], "float32")  # (batch, units)
forget_bias = np.array([0, 1, 5])
bias = lstm_bias(3)
bias[3:6] = forget_bias
tensorflow = keras.backend.backend() == "tensorflow"
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    lstm = keras.layers.LSTM(3, return_state=True, dtype=dtype)
    lstm.build((1, 10, 1))
    lstm.set_weights([np.zeros((1, 12)), np.zeros((3, 12)), bias])
    x = np.zeros((1, 10, 1))  # (batch, steps, features)
    _, _, state = lstm(x, initial_state=[np.zeros_like(c), c])
    state = keras.ops.convert_to_numpy(state)
    expected = remaining_state(c.astype("float64"), forget_bias, 10)
    tolerance = 1000 * np.finfo(dtype).eps
    np.testing.assert_allclose(state, expected, tolerance, tolerance)
print(state.round(3))
print(f"with f = 1 it keeps {remaining_state(1, 1, steps=1):.1%} a step")

# %%
# Break it
# --------
# ``BasicLSTMCell`` of TensorFlow 1 did not store this 1: it added 1 to the bias
# at each step. Would you do so with a bias from Keras? There the 1 is inside.

wrong = remaining_state(c, forget_bias + 1, 10)
print(wrong.round(3))
assert not np.allclose(state, wrong)

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
steps = np.arange(31)
for f in (0, 1, 5):
    label = f"f = {f}: keeps {remaining_state(1, f, 1):.1%} a step"
    axis.plot(steps, remaining_state(1, f, steps), ".-", label=label)
axis.set(title="How long a cell state lasts: forget biases of 0, 1 and 5")
axis.set(xlabel="steps", ylabel="part that is left")
axis.legend()
plt.show()
