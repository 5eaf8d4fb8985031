r"""
LSTM unit_forget_bias: a new layer forgets slowly
=================================================

An ``LSTM`` must remember before it can learn what to remember. So in a new
layer, the bias of the forget gate is 1, and the other biases are 0.

.. math:: c_t = \sigma(b_f) \, c_{t-1} = \sigma(b_f)^t \, c_0

This is a cell state c to which nothing is added, after t steps. The forget gate
keeps a part of it at each step: the sigmoid of its bias :math:`b_f`. With 1, it
keeps 73.1 % of it. With 0, it would keep half. (The kernel is drawn by
``GlorotUniform``, the recurrent kernel by ``Orthogonal``.)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import sigmoid  # 1 / (1 + exp(-z))

# %%
# Build it
# --------
# The bias has a part for each gate: i, f, g and o. ``unit_forget_bias`` can set
# only 1 for f. For others, change the second of the four parts, as below. (To
# see f alone, this page also sets the kernels to 0. Keep yours.)

units = 3
layer = keras.layers.LSTM(units, return_state=True)
layer.build((1, 10, 1))  # (batch, steps, features)
kernel, recurrent_kernel, first_bias = layer.get_weights()
forget_bias = np.array([0, 1, 5])
bias = first_bias.copy()
bias[units : 2 * units] = forget_bias
layer.set_weights([0 * kernel, 0 * recurrent_kernel, bias])
c_0 = np.array([[2, -1, 3]], "float32")  # (batch, units)
start = [np.zeros_like(c_0), c_0]
_, _, c = layer(np.zeros((1, 10, 1)), initial_state=start)
c = keras.ops.convert_to_numpy(c)

# %%
# Compute it
# ----------
# The bias of a new layer, and what ten steps leave of the state.

new_bias = np.repeat([0, 1, 0, 0], 3)  # of i, f, g and o
left = c_0 * sigmoid(forget_bias) ** 10

# %%
# Check it
# --------

print(f"kept at each step: {sigmoid(1):.1%}")
np.testing.assert_array_equal(first_bias, np.float32(new_bias), strict=True)
np.testing.assert_allclose(c, left, rtol=1e-4, atol=1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1, documentation:** The documentation of
#    ``LSTM`` says that ``unit_forget_bias`` adds 1, and forces
#    ``bias_initializer="zeros"``. It does neither: with an initializer of 7,
#    the bias of f is 1, the others 7.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** With a random
#    ``bias_initializer``, ``LSTM`` gives i and g the same bias: it calls the
#    initializer twice, each time with the same seed.


def bias_with(initializer):
    layer = keras.layers.LSTM(3, bias_initializer=initializer)
    layer.build((1, 10, 1))
    return layer.get_weights()[2].reshape(4, 3)  # (gates, units)


sevens = bias_with(keras.initializers.Constant(7))
np.testing.assert_array_equal(sevens[:, 0], [7, 1, 7, 7])
initializer = keras.initializers.RandomNormal(seed=7)
drawn = keras.ops.convert_to_numpy(initializer((3,)))
np.testing.assert_array_equal(bias_with(initializer)[::2], [drawn, drawn])

# %%
# Break it
# --------
# ``BasicLSTMCell`` of TensorFlow 1 did not store the 1: it added it at each
# step. A bias from Keras has the 1 inside: added once more, it counts twice.
# (For weights of TensorFlow 1, add the 1 to the bias, once.)

wrong = c_0 * sigmoid(forget_bias + 1) ** 10
print("right:", c.round(3), "wrong:", wrong.round(3))
assert not np.allclose(c, wrong)

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
steps = np.arange(31)
for f in (0, 1, 5):
    label = f"bias {f}: keeps {sigmoid(f):.1%} a step"
    axis.plot(steps, sigmoid(f) ** steps, ".-", label=label)
axis.set(title="How long a cell state lasts: forget biases of 0, 1 and 5")
axis.set(xlabel="steps", ylabel="part that is left")
axis.legend()
plt.show()
