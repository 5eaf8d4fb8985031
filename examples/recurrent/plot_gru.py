r"""
GRU: formula, gates and weights in NumPy
========================================

A story names its hero once, and relies on it pages later. A ``SimpleRNN``
overwrites its state at each step, so the name is soon gone. A ``GRU``, a gated
recurrent unit, decides at each step, and for each unit, how much to keep.

Its only state is its output, :math:`h`. The *update gate* :math:`z`, from 0 to
1, says how much of :math:`h` stays. A candidate :math:`g` fills the rest. The
*reset gate* :math:`r` says how much of the old state enters the candidate.

.. math::

   z &= \sigma(x_z + h_z) \\
   r &= \sigma(x_r + h_r) \\
   g &= \tanh(x_g + r \odot h_g) \\
   h_t &= z \odot h_{t-1} + (1 - z) \odot g

:math:`x_z, x_r, x_g` are the thirds of :math:`x_t W + b`, made of the input;
:math:`h_z, h_r, h_g` those of :math:`h_{t-1} U + b'`, made of the old state.
:math:`W` is the kernel, :math:`U` the recurrent kernel; the bias has two rows.
:math:`\sigma` is the sigmoid, and :math:`\odot` multiplies entry by entry.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import sigmoid  # 1 / (1 + exp(-z))

# %%
# Build it
# --------
# Two units: the kernels have six columns, two each in the gate order z, r, g.

rng = np.random.default_rng(313)
x = rng.normal(size=(2, 4, 3)).astype("float32")  # (batch, steps, features)
shapes = [(3, 6), (2, 6), (2, 6)]  # of W, of U, and of b and b'
kernel, recurrent_kernel, bias = [rng.normal(size=shape) for shape in shapes]
layer = keras.layers.GRU(2)
layer.build(x.shape)
layer.set_weights([kernel, recurrent_kernel, bias])
y = keras.ops.convert_to_numpy(layer(x))

# %%
# Compute it
# ----------
# The state begins with zeros. Each step, a ``GRUCell``, follows the equations.
# ``gru`` is the whole layer, with masks, other first states and activations,
# and ``reset_after``.

h = np.zeros((2, 2))  # (batch, units)
for t in range(4):
    old_h = h
    x_z, x_r, x_g = np.split(x[:, t] @ kernel + bias[0], 3, axis=1)
    h_z, h_r, h_g = np.split(old_h @ recurrent_kernel + bias[1], 3, axis=1)
    z = sigmoid(x_z + h_z)
    r = sigmoid(x_r + h_r)
    g = np.tanh(x_g + r * h_g)
    h = z * old_h + (1 - z) * g

from keras_by_hand import gru

# %%
# Check it
# --------
for expected in (h, gru(x, kernel, recurrent_kernel, bias)):
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# In many textbooks, z says how much of g *enters*: z and 1 - z change places.
# Suppose you load the weights of such a GRU as they are: all shapes fit, but y
# is wrong. Instead, negate their columns of z, the first third: sigmoid(-a) is
# 1 - sigmoid(a). (It is so in `Chung et al. <https://arxiv.org/abs/1412.3555>`__,
# whose GRU needs ``reset_after=False``, too.)

in_textbook = (1 - z) * old_h + z * g  # the last step once more
signs = np.array([-1, -1, 1, 1, 1, 1])  # of z, r and g: two columns each
layer.set_weights([signs * kernel, signs * recurrent_kernel, signs * bias])
right = keras.ops.convert_to_numpy(layer(x[:, 3:], initial_state=old_h))
np.testing.assert_allclose(right, in_textbook, rtol=1e-4, atol=1e-4)
print("right:", right[1].round(2), "wrong:", y[1].round(2))
assert not np.allclose(right, y)

# %%
# See it
# ------
# One unit, with weights made by hand. The first feature is a number, the second
# says whether to store it. If so, z is 0, and the tanh of the number becomes
# the state. If not, z is 1, and the state stays as it is.

number = np.array([0.4, 0.9, -0.5, 0.7, -0.9, -0.3])
store = np.array([1, 0, 0, 1, 1, 0])
x = np.stack([number, store], axis=-1)[np.newaxis]  # (batch, steps, features)
kernel = np.array([[0, 0, 1], [-200, 0, 0]])  # columns z, r, g
bias = np.array([[100, 0, 0], [0, 0, 0]])
h = gru(x, kernel, np.zeros((1, 3)), bias, return_sequences=True).ravel()
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.bar(range(6), number, color=np.where(store, "C1", "lightgray"))
axis.step(range(6), h, "C0o-", where="post")
axis.set(title="A GRU holds a number (line) until it stores another (orange)")
plt.show()
