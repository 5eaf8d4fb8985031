r"""
SimpleRNN: the same step again and again
========================================

What a word means depends on the words before it. ``SimpleRNN`` reads a sequence
one step at a time, and keeps what it has read in an array, its *state*. Each
step is a ``Dense`` layer with two inputs: this step, and the state before it.

.. math:: h_t = \tanh(x_t W + h_{t-1} U + b), \qquad h_0 = 0

Every step :math:`t` uses the same kernel :math:`W`, recurrent kernel :math:`U`
and bias :math:`b`. Another activation may take the place of tanh.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two sequences of five steps with three features each, and four units. Without
# tanh, whole numbers stay whole. The layer returns its last state.

x = rng.integers(-9, 10, size=(2, 5, 3))  # (batch, steps, features)
kernel = rng.integers(-5, 6, size=(3, 4))  # (features, units)
recurrent_kernel = rng.integers(-2, 3, size=(4, 4))  # (units, units)
bias = np.array([3, -2, 5, 1])  # (units,)

layer = keras.layers.SimpleRNN(4, activation="linear")
model = keras.Sequential([keras.Input((5, 3)), layer])
layer.set_weights([kernel, recurrent_kernel, bias])
y = model.predict(x, verbose=0)  # (batch, units)
print(y)

# %%
# Compute it
# ----------
# The state begins with zeros. In each step, multiply the step by the kernel and
# the state by the recurrent kernel, and add both and the bias. The activation
# of the sum is the new state.


def read_sequence(x, kernel, recurrent_kernel, bias, activation=np.tanh):
    """The last state, (batch, units), for x of (batch, steps, features)."""
    h = np.zeros((len(x), len(bias)))
    for t in range(x.shape[1]):
        z = x[:, t] @ kernel + h @ recurrent_kernel + bias  # (batch, units)
        h = activation(z)
    return h


# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit.


def linear(z):
    return z


expected = read_sequence(x, kernel, recurrent_kernel, bias, linear)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# With tanh and random weights, they agree up to a tolerance.

layer = keras.layers.SimpleRNN(4, bias_initializer="normal")
x_random = rng.normal(size=(2, 5, 3)).astype("float32")
y_random = keras.ops.convert_to_numpy(layer(x_random))
expected = read_sequence(x_random, *layer.get_weights())
np.testing.assert_allclose(y_random, expected, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# PyTorch's weights must be transposed, Keras' must not. The recurrent kernel is
# square, so it fits either way, and nothing complains.

wrong = read_sequence(x, kernel, recurrent_kernel.T, bias, linear)
print("right:", y[0])
print("wrong:", wrong[0])
assert np.any(y != wrong)

# %%
# See it
# ------
# What is left of an input of 1, if only zeros follow? A single unit without an
# activation multiplies its state by a number in each step: by its recurrent
# kernel :math:`u`.

fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for u in (1.0, 0.9, 0.5, -0.8):
    h = [1.0]  # the state after the input
    for _ in range(11):
        h.append(u * h[-1])
    axis.plot(range(1, 13), h, "o-", label=f"u = {u}")
axis.axhline(0, color="gray", linewidth=0.8)
axis.set(title="The recurrent kernel says how fast the unit forgets")
axis.set(xlabel="step", ylabel="state h", ylim=(-1.1, 1.1))
fig.legend(loc="outside right upper")
plt.show()

# %%
# Try it
# ------
# 1. Find a recurrent kernel ``blind``, with which the layer forgets all but the
#    last step: ``last = x[:, -1] @ kernel + bias`` is all that it sees.
#    ``assert np.all(read_sequence(x, kernel, blind, bias, linear) == last)``
# 2. Two units can remember two inputs. For one feature,
#    ``counts = np.arange(1.0, 6).reshape(1, 5, 1)``, find a kernel ``w`` and a
#    recurrent kernel ``u`` that keep the last input and the one before it:
#    ``assert np.all(read_sequence(counts, w, u, [0, 0], linear) == [[5, 4]])``
