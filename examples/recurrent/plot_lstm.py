r"""
LSTM: formula, gates and weights in NumPy
=========================================

``SimpleRNN`` soon forgets, because each step overwrites its state. An ``LSTM``
has a second state, the *cell state* :math:`c`, and three *gates*: numbers from
0 to 1, made by a sigmoid :math:`\sigma`. The forget gate :math:`f` says how
much of :math:`c` to keep. The input gate :math:`i` says how much of a candidate
:math:`g` to add. The output gate :math:`o` says how much of :math:`c` to show.

.. math::

   (z_i, z_f, z_g, z_o) &= x_t W + h_{t-1} U + b \\
   i, f, o &= \sigma(z_i), \sigma(z_f), \sigma(z_o) \\
   g &= \tanh(z_g) \\
   c_t &= f \odot c_{t-1} + i \odot g \\
   h_t &= o \odot \tanh(c_t)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import sigmoid  # 1 / (1 + exp(-z))

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# One kernel holds the weights of all gates side by side: i, f, g, o. With
# ``return_state=True`` the layer returns its last states, too.

x = rng.normal(size=(2, 5, 3)).astype("float32")  # (batch, steps, features)
kernel = rng.normal(size=(3, 8))  # (features, 4 * units)
recurrent_kernel = rng.normal(size=(2, 8))  # (units, 4 * units)
bias = rng.normal(size=8)  # (4 * units,)

layer = keras.layers.LSTM(2, return_state=True)
layer.build(x.shape)
weights = [kernel, recurrent_kernel, bias]
layer.set_weights(weights)
y, h, c = map(keras.ops.convert_to_numpy, layer(x))  # y is h

# %%
# Compute it
# ----------
# Both states begin with zeros. Each step computes ``z`` for all gates at once,
# and ``np.split`` cuts it into four. The rest is the formula.


def read_sequence(x, kernel, recurrent_kernel, bias):
    """The last states h and c, each (batch, units)."""
    h = c = np.zeros((len(x), len(recurrent_kernel)))
    for t in range(x.shape[1]):
        z = x[:, t] @ kernel + h @ recurrent_kernel + bias
        z_i, z_f, z_g, z_o = np.split(z, 4, axis=-1)  # each (batch, units)
        i, f, o, g = sigmoid(z_i), sigmoid(z_f), sigmoid(z_o), np.tanh(z_g)
        c = f * c + i * g
        h = o * np.tanh(c)
    return h, c


# %%
# Check it
# --------

last_h, last_c = read_sequence(x, *weights)
for actual, expected in [(y, last_h), (h, last_h), (c, last_c)]:
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Suppose you write the gates in another order, such as i, f, o, g. All shapes
# fit, and nothing complains.

order = [0, 1, 2, 3, 6, 7, 4, 5]  # the columns of i, f, o, g
wrong, _ = read_sequence(x, *[array[..., order] for array in weights])
print("right:", y[0])
print("wrong:", wrong[0])
assert not np.allclose(y, wrong)

# %%
# See it
# ------
# One unit counts the steps whose input is 1. Only these open the input gate.
# The candidate is always 1, and the forget and output gates are always open.
# On the site, close the forget gate ``f`` of a step by half: what is left then?

# sphinx_gallery_moving_picture = True
ones = np.array([0, 1, 0, 0, 1, 1, 0, 1, 0]).reshape(1, 9, 1)
counting = np.array([[200, 0, 0, 0]]), np.zeros((1, 4)), [-100, 100, 100, 100]
z = (ones[0] @ counting[0] + counting[2]).T  # (gates, steps), as U is zero
gates = {"i": sigmoid(z[0]), "f": sigmoid(z[1])}
gates |= {"g": np.tanh(z[2]), "o": sigmoid(z[3])}
counts = [read_sequence(ones[:, :t], *counting)[1].item() for t in range(1, 10)]
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.bar(range(1, 10), ones.ravel(), color="C1", alpha=0.4, label="input x")
axis.step(range(1, 10), counts, where="mid", label="cell state c")
axis.set(title="With its forget gate open, an LSTM can count", xlabel="step")
axis.legend()
plt.show()

# %%
# In full
# -------
# ``lstm`` from keras_by_hand also begins with given states, reads backwards,
# and skips padding. Here it reads on from h and c.

from keras_by_hand import lstm

actual = keras.ops.convert_to_numpy(layer(x, initial_state=[h, c])[0])
expected = lstm(x, *weights, initial_state=[h, c])
np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-4)

# %%
# Try it
# ------
# 1. Write ``latch()``, the weights of one unit for ``read_sequence``. Its cell
#    state is 0 until the input is 1 for the first time, and then stays 1. Its
#    recurrent kernel is zero.
# 2. Let the recurrent kernel be zero. Write ``blind(bias)``, which returns
#    another bias: with it, the last h depends on the last step alone.
