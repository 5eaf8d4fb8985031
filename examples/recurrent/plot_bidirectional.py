r"""
Bidirectional: one layer reads forwards, another backwards
==========================================================

``Bidirectional`` makes two recurrent layers of one. The second reads the steps
from the last to the first. The outputs of both are merged.

.. math::

   f_t &= \text{forward}(x_t, f_{t-1}) \\
   b_t &= \text{backward}(x_t, b_{t+1}) \\
   y_t &= \text{merge}(f_t, b_t)

With ``return_sequences=True``; by default, y merges the last f and first b.
"""

from functools import partial

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

from keras_by_hand import simple_rnn

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two sequences, and 2 units in each direction. The weights of the forward layer
# come first.

x = rng.integers(-3, 4, size=(2, 4, 3))  # (batch, steps, features)
shapes = [(3, 2), (2, 2), (2,)]  # kernel, recurrent kernel and bias
weights = [rng.integers(-2, 3, size=shape) for shape in [*shapes, *shapes]]


def keras_bidirectional(layer, mask=None, start=None, **arguments):
    wrapper = layers.Bidirectional(layer, **arguments)
    wrapper.build(x.shape)
    wrapper.set_weights(weights)
    y = wrapper(np.float32(x), mask=mask, initial_state=start)
    return keras.tree.map_structure(keras.ops.convert_to_numpy, y)


y = keras_bidirectional(layers.SimpleRNN(2, "linear", return_sequences=True))
print(y[0])

# %%
# Compute it
# ----------
# The first loop reads forwards. The second reads backwards, with its own
# weights. Each writes its output at the step that it has just read: f in the
# first two columns, and b in the last two.

kernel, recurrent_kernel, bias = weights[:3]
kernel_back, recurrent_kernel_back, bias_back = weights[3:]
outputs = np.zeros((2, 4, 4))  # (batch, steps, 2 * units)
f = b = np.zeros((2, 2))  # (batch, units)
for t in range(4):
    f = x[:, t] @ kernel + f @ recurrent_kernel + bias
    outputs[:, t, :2] = f
for t in reversed(range(4)):
    b = x[:, t] @ kernel_back + b @ recurrent_kernel_back + bias_back
    outputs[:, t, 2:] = b

# %%
# The whole function takes any recurrent layer, and has all ways to merge. Its
# backward layer returns its outputs in the order of its computation: the last
# step first. They are turned round, so that ``f_t`` meets ``b_t``.

from keras_by_hand import bidirectional

# %%
# Check it
# --------
# Whole numbers: equal to the bit. Then all ways to merge, with a mask, initial
# states and a ``backward_layer``.

np.testing.assert_array_equal(y, np.float32(outputs), strict=True)

linear_rnn = partial(simple_rnn, activation=np.positive)  # linear
relu_rnn = partial(simple_rnn, activation=partial(np.maximum, 0))
expected = bidirectional(linear_rnn, x, *weights, return_sequences=True)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

mask = np.array([[True, True, False, True], [False, True, True, False]])
start = [np.full((2, 2), 3, "float32"), np.full((2, 2), -2, "float32")]
for mode in ("concat", "sum", "ave", "mul", None):
    options = {"return_sequences": mode != "concat", "return_state": True}
    first = layers.SimpleRNN(2, "linear", go_backwards=True, **options)
    second = layers.SimpleRNN(2, "relu", **options)
    both = {"merge_mode": mode, "backward_layer": second}
    actual = keras_bidirectional(first, mask, start, **both)
    options |= {"merge_mode": mode, "backward_layer": relu_rnn}
    options |= {"mask": mask, "initial_state": start, "go_backwards": True}
    expected = bidirectional(linear_rnn, x, *weights, **options)
    for array, right in zip(actual, expected, strict=True):
        np.testing.assert_array_equal(array, np.float32(right), strict=True)

# %%
# Break it
# --------
# Would you take the last of all outputs for the default output? There, the
# backward layer has read only one step. It ends at the first.

right = keras_bidirectional(layers.SimpleRNN(2, "linear"))
ends = [y[:, -1, :2], y[:, 0, 2:]]  # of the forward and the backward half
np.testing.assert_array_equal(right, np.concatenate(ends, axis=-1))
wrong = y[:, -1]
print(f"{np.mean(right == wrong):.0%} of the entries are right")
assert np.any(right != wrong)

# %%
# See it
# ------
# Two layers count the steps they have read. Circled: the default output.

x_ones, one = np.ones((1, 6, 1)), np.ones((1, 1))
counts = bidirectional(linear_rnn, x_ones, *[one] * 4, return_sequences=True)[0]
fig, axis = plt.subplots(figsize=(6, 2.4), layout="constrained")
axis.imshow(counts.T, cmap="PuOr", vmin=-12, vmax=12)
for (step, half), value in np.ndenumerate(counts):
    axis.text(step, half, int(value), ha="center", va="center", color="k")
axis.plot([5, 0], [0, 1], "o", color="none", markeredgecolor="k", markersize=24)
axis.set(title="How many steps each half has read", xlabel="steps", xticks=[])
axis.set_yticks([0, 1], ["forward", "backward"])
plt.show()
