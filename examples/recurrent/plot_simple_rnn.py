r"""
SimpleRNN: the same step again and again
========================================

``SimpleRNN`` reads a sequence one step at a time. Each step is a ``Dense``
layer on two inputs: this step, and the layer's output one step ago.

.. math:: h_t = \tanh(x_t W + h_{t-1} U + b), \qquad h_0 = 0

Every step uses the same kernel W, recurrent kernel U and bias b.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two sequences of 5 steps with 3 features, and 4 units. Without an activation,
# whole numbers stay whole.

x = rng.integers(-9, 10, size=(2, 5, 3))  # (batch, steps, features)
kernel = rng.integers(-5, 6, size=(3, 4))  # (features, units)
recurrent_kernel = rng.integers(-2, 3, size=(4, 4))  # (units, units)
bias = np.array([3, -2, 5, 1])  # (units,)


def keras_simple_rnn(x, weights, activation="tanh", dtype="float32"):
    layer = keras.layers.SimpleRNN(4, activation, dtype=dtype)
    model = keras.Sequential([keras.Input(x.shape[1:]), layer])
    layer.set_weights(weights)
    return model.predict(x, verbose=0)


weights = [kernel, recurrent_kernel, bias]
y = keras_simple_rnn(x, weights, activation="linear")
print(y)

# %%
# Compute it
# ----------
# The loop keeps one array, the state ``h``. By default ``SimpleRNN`` returns
# only its last value. (The page "RNN" adds the layer's other arguments.)


def read_sequence(x, kernel, recurrent_kernel, bias, activation=np.tanh):
    """SimpleRNN with its default arguments (Keras documentation).

    x: (batch, steps, features), kernel: (features, units), recurrent_kernel:
    (units, units), bias: (units,). Returns the last state, (batch, units).
    """
    h = np.zeros((len(x), len(bias)))
    for t in range(x.shape[1]):
        h = activation(x[:, t] @ kernel + h @ recurrent_kernel + bias)
    return h


# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit.


def linear(z):
    return z


expected = read_sequence(x, *weights, activation=linear)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# With tanh they agree up to a tolerance, in float32 and in float64. (Only
# TensorFlow computes a whole layer in float64.)

tensorflow = keras.backend.backend() == "tensorflow"
x_random = rng.normal(size=x.shape).astype("float32")
shapes = [(3, 4), (4, 4), (4,)]
random = [rng.normal(size=shape).astype("float32") for shape in shapes]
expected = read_sequence(x_random, *[w.astype("float64") for w in random])
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    y_random = keras_simple_rnn(x_random, random, dtype=dtype)
    tolerance = 1000 * np.finfo(dtype).eps
    np.testing.assert_allclose(y_random, expected, tolerance, tolerance)

# %%
# Break it
# --------
# The recurrent kernel is square, so it fits both ways round. Would you
# transpose it, as a kernel from PyTorch needs? Only with PyTorch's weights.

wrong = read_sequence(x, kernel, recurrent_kernel.T, bias, activation=linear)
print(f"{np.mean(y == wrong):.0%} of the entries are right")
assert np.any(y != wrong)

# %%
# See it
# ------
# One input of 1, then zeros: what is left of it after each step? One unit with
# a recurrent kernel u keeps a part of about u of its state.

impulse = np.zeros((1, 12, 1))
impulse[:, 0] = 1
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for u in (1.0, 0.9, 0.5, -0.8):
    one_unit = [np.array([[1.0]]), np.array([[u]]), np.zeros(1)]
    steps = range(1, 13)
    h = [read_sequence(impulse[:, :t], *one_unit).item() for t in steps]
    axis.plot(steps, h, "o-", label=f"u = {u}")
axis.axhline(0, color="gray", linewidth=0.8)
axis.set(title="SimpleRNN forgets an input of 1 at the speed that u sets")
axis.set(xlabel="steps since the input", ylabel="state h")
axis.legend(loc="lower right")
plt.show()
