r"""
Find the bug: an LSTM
=====================

This LSTM was written from the formula, and is nearly right: there are two
mistakes in its loop. One of them hides behind the other. Nobody would find
them by looking at the last output. Compare step by step instead.

.. math::

   (z_i, z_f, z_g, z_o) &= x_t W + h_{t-1} U + b \\
   c_t &= \sigma(z_f) \odot c_{t-1} + \sigma(z_i) \odot \tanh(z_g) \\
   h_t &= \sigma(z_o) \odot \tanh(c_t)

You need the page "LSTM".
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import sigmoid  # 1 / (1 + exp(-z))

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# With ``return_sequences=True``, the layer returns the output of each step.

x = rng.normal(size=(1, 12, 3)).astype("float32")  # (batch, steps, features)
kernel = rng.normal(size=(3, 8))  # (features, 4 * units)
recurrent_kernel = rng.normal(size=(2, 8))  # (units, 4 * units)
bias = rng.normal(size=8)  # (4 * units,)

layer = keras.layers.LSTM(2, return_sequences=True)
layer.build(x.shape)
weights = [kernel, recurrent_kernel, bias]
layer.set_weights(weights)
y = keras.ops.convert_to_numpy(layer(x))  # (batch, steps, units)

# %%
# As it was written
# -----------------
# This is the layer as it was written. All shapes fit, and nothing complains.


def written_lstm(x, kernel, recurrent_kernel, bias):
    h = c = np.zeros((len(x), len(recurrent_kernel)))
    outputs = []
    for t in range(x.shape[1]):
        z = x[:, t] @ kernel + h @ recurrent_kernel + bias
        z_i, z_f, z_o, z_g = np.split(z, 4, axis=-1)  # each (batch, units)
        c = sigmoid(z_f) * h + sigmoid(z_i) * np.tanh(z_g)
        h = sigmoid(z_o) * np.tanh(c)
        outputs.append(h)
    return np.stack(outputs, axis=1)  # (batch, steps, units)


written = written_lstm(x, *weights)

# %%
# Check it
# --------
# Both sides have the same weights, so these are not to blame. But the outputs
# differ: ``assert_raises`` expects their comparison to fail.

for of_keras, of_numpy in zip(layer.get_weights(), weights):
    np.testing.assert_array_equal(of_keras, np.float32(of_numpy))
np.testing.assert_raises(
    AssertionError, np.testing.assert_allclose, written, y, 1e-4, 1e-4
)
for step in (0, 1):
    print(f"Keras,   step {step}:", y[0, step])
    print(f"written, step {step}:", written[0, step])

# %%
# See it
# ------
# The first step differs already. Both states are 0 before it, so the mistake
# that shows there has nothing to do with them. Mend it first, and plot again.

fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(y[0, :, 0], "o-", label="Keras")
axis.plot(written[0, :, 0], "s--", label="written")
axis.set(title="One unit: the two differ from the first step", xlabel="step")
axis.legend()
plt.show()

# %%
# Try it
# ------
# 1. Write ``first_difference(a, b)``: the first step at which two outputs
#    (batch, steps, units) differ by more than 1e-4, or None if none does.
# 2. Mend the function, and call it ``right``. After the first mistake, ask
#    ``first_difference`` again.
