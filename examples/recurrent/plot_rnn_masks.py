r"""
RNN masks: padding does not change the last output
==================================================

The sequences of a batch must have one length, so short ones are padded, before
or after. A mask lets ``SimpleRNN``, ``LSTM`` and ``GRU`` skip the padding.
Then a padded sequence has the same result as the sequence on its own.

.. math::

   h_t = \begin{cases} \tanh(x_t W + h_{t-1} U + b) & \text{if } m_t = 1 \\
   h_{t-1} & \text{if } m_t = 0 \end{cases}

This is a ``SimpleRNN``: h is its state and output, W the kernel, U the
recurrent kernel and b the bias. The mask m is 1 for a real step t.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Sequences of 3, 2 and 1 steps. ``Masking`` masks steps that are all zeros.
# (All about masks is on the page "Mask propagation".)

sequences = [rng.normal(size=(steps, 3)) for steps in (3, 2, 1)]
x = keras.utils.pad_sequences(sequences, dtype="float32", padding="post")
weights = [rng.normal(size=shape) for shape in [(3, 2), (2, 2), (2,)]]
layer = layers.SimpleRNN(2, return_sequences=True)
model = keras.Sequential([layers.Input((3, 3)), layers.Masking(), layer])
model.set_weights(weights)
y = model.predict(x, verbose=0)  # (batch, steps, units)

# %%
# Compute it
# ----------
# A masked step keeps the old state and repeats the old output. (With
# ``zero_output_for_mask=True``, the output of a masked step is zeros.)

kernel, recurrent_kernel, bias = weights
mask = np.any(x != 0, axis=-1)  # (batch, steps)
h = np.zeros((3, 2))  # (batch, units)
outputs = []
for t in range(3):
    new_h = np.tanh(x[:, t] @ kernel + h @ recurrent_kernel + bias)
    h = np.where(mask[:, t, np.newaxis], new_h, h)
    outputs.append(h)

# %%
# Check it
# --------
# Then each sequence alone, without padding.

from keras_by_hand import simple_rnn

np.testing.assert_allclose(y, np.stack(outputs, axis=1), rtol=1e-4, atol=1e-4)
for sequence, last in zip(sequences, y[:, -1]):
    alone = simple_rnn(sequence[np.newaxis], *weights)[0]
    np.testing.assert_allclose(last, alone, rtol=1e-4, atol=1e-4)

# %%
# The next layer, here a mean, gets the mask, too. (Not so in Keras 3.16.0.dev:
# see the page "LSTM mask argument".)
#
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:**
#    ``go_backwards`` of ``SimpleRNN``, ``LSTM`` and ``GRU`` reverses the
#    outputs, but not the mask that goes with them.

layer.go_backwards = True
backwards = layer(layers.Masking()(x))
y_mean = layers.GlobalAveragePooling1D()(backwards)
y, wrong = map(keras.ops.convert_to_numpy, (backwards, y_mean))
expected = [steps[kept].mean(axis=0) for steps, kept in zip(y, mask)]
np.testing.assert_allclose(wrong, expected, rtol=1e-4, atol=1e-4)
assert not np.allclose(y[2, -1], wrong[2])  # should be equal

# %%
# Break it
# --------
# Suppose you leave out the mask, as the padding is only zeros. The bias and the
# recurrent kernel still change the state.

right, wrong = h, simple_rnn(x, *weights)
print("right:", right[2].round(2), "wrong:", wrong[2].round(2))
assert not np.allclose(right, wrong)

# %%
# See it
# ------
# One unit and the third sequence: one step, then padding.
without = simple_rnn(x, *weights, return_sequences=True)
shown = np.stack([outputs, without.swapaxes(0, 1)])[:, :, 2, 0]  # (2, steps)
fig, axis = plt.subplots(figsize=(6, 2.4), layout="constrained")
axis.imshow(shown, cmap="PuOr", vmin=-2, vmax=2, aspect="auto")
for (row, column), value in np.ndenumerate(shown):
    axis.text(column, row, f"{value:.2f}", ha="center", va="center", color="k")
axis.set(title="With a mask, a layer repeats its last output over the padding")
axis.set_xticks(range(3), ["step 1", "padding", "padding"])
axis.set_yticks(range(2), ["with mask", "without"])
plt.show()
