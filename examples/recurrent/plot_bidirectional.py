r"""
Bidirectional: one layer reads forwards, another backwards
==========================================================

What a word means may depend on the words after it. ``Bidirectional`` runs two
copies of a recurrent layer: one reads from the first step to the last, the
other from the last to the first. Their outputs stand side by side.

.. math::

   f_t &= \text{forward}(x_t, f_{t-1}) \\
   b_t &= \text{backward}(x_t, b_{t+1}) \\
   y_t &= (f_t, b_t)

At step t, f has read the steps up to t, and b those from t on. By default, the
layer returns the last f and the *first* b: both have read all steps.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two sequences, and 2 units in each direction. Both layers skip masked steps.

x = rng.integers(-3, 4, size=(2, 4, 3)).astype("float32")
mask = np.array([[1, 1, 1, 1], [1, 1, 0, 0]], bool)  # (batch, steps)
shapes = [(3, 2), (2, 2), (2,)] * 2  # kernel, recurrent kernel, bias: twice
weights = [rng.integers(-2, 3, size=shape) for shape in shapes]
forward = layers.SimpleRNN(2, "linear", return_sequences=True)
layer = layers.Bidirectional(forward)
layer.build(x.shape)
layer.set_weights(weights)
y = keras.ops.convert_to_numpy(layer(x, mask=mask))

# %%
# Compute it
# ----------
# The first loop reads forwards, the second backwards, with its own weights.
# Each writes its output at the step that it has just read. At masked steps the
# states stay, and the outputs are 0. (Without ``Bidirectional``, a recurrent
# layer repeats its last output there.) ``bidirectional`` takes any recurrent
# layer, and can add or multiply both outputs, too (``merge_mode``). The order
# of weights is on the page "Bidirectional states".

W, U, bias, W_back, U_back, bias_back = weights
outputs = np.zeros((2, 4, 4))  # (batch, steps, 2 * units)
f = b = np.zeros((2, 2))  # (batch, units)
for t in range(4):
    kept = mask[:, t, np.newaxis]
    f = np.where(kept, x[:, t] @ W + f @ U + bias, f)
    outputs[:, t, :2] = f * kept
for t in reversed(range(4)):
    kept = mask[:, t, np.newaxis]
    b = np.where(kept, x[:, t] @ W_back + b @ U_back + bias_back, b)
    outputs[:, t, 2:] = b * kept

from keras_by_hand import bidirectional, simple_rnn

# %%
# Check it
# --------

np.testing.assert_array_equal(y, np.float32(outputs), strict=True)
options = {"mask": mask, "activation": np.positive, "return_sequences": True}
expected = bidirectional(simple_rnn, x, *weights, **options)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# Break it
# --------
# Suppose you take the last of all outputs for the default output. There, the
# backward layer has read one step only: it has read all at the *first* step.

default = layers.Bidirectional(layers.SimpleRNN(2, "linear"))
default.build(x.shape)
default.set_weights(weights)
right = keras.ops.convert_to_numpy(default(x, mask=mask))
np.testing.assert_array_equal(right, np.hstack([f, b]))
wrong = y[:, -1]
print("right:", right[0], "wrong:", wrong[0])
assert np.any(right != wrong)

# %%
# See it
# ------
# Two layers count the steps they have read. Circled: the default output.

ones, one = np.ones((1, 6, 1)), np.ones((1, 1))
options = {"activation": np.positive, "return_sequences": True}
counts = bidirectional(simple_rnn, ones, *[one] * 4, **options)[0]
fig, axis = plt.subplots(figsize=(6, 2.4), layout="constrained")
axis.imshow(counts.T, cmap="PuOr", vmin=-12, vmax=12)
for (step, half), value in np.ndenumerate(counts):
    axis.text(step, half, int(value), ha="center", va="center", color="k")
axis.plot([5, 0], [0, 1], "o", color="none", markeredgecolor="k", markersize=24)
axis.set(title="How many steps each half has read", xlabel="steps", xticks=[])
axis.set_yticks([0, 1], ["forward", "backward"])
plt.show()
