r"""
RNN masks: padding does not change the last output
==================================================

Sequences of variable length are padded, to fit into one batch. A mask (see the
page "Mask propagation") lets ``SimpleRNN``, ``LSTM`` and ``GRU`` skip the
padding. Then a padded sequence has the same result as the sequence on its own.

.. math::

   h_t = \begin{cases} \tanh(x_t W + h_{t-1} U + b) & \text{if } m_t = 1 \\
   h_{t-1} & \text{if } m_t = 0 \end{cases}

This is a ``SimpleRNN``: h is its state and output, W the kernel, U the
recurrent kernel and b the bias. The mask m is 1 for a real step t.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import GRU, LSTM, GlobalAveragePooling1D, Masking, SimpleRNN

from keras_by_hand import simple_rnn

# %%
# Build it
# --------
# Sequences of 3, 2 and 1 steps. The padding is "post" (default: "pre"), as LSTM
# and GRU on TensorFlow with a GPU need it. ``Masking`` masks steps of zeros. If
# real steps may be zeros, pad with ``value=v``, and take ``Masking(v)``.

rng = np.random.default_rng(313)
sequences = [rng.normal(size=(steps, 3)) for steps in (3, 2, 1)]
x = keras.utils.pad_sequences(sequences, dtype="float32", padding="post")
weights = [rng.normal(size=shape) for shape in [(3, 2), (2, 2), (2,)]]
layer = SimpleRNN(2, return_sequences=True)
model = keras.Sequential([keras.Input((3, 3)), Masking(), layer])
model.set_weights(weights)
y = model.predict(x, verbose=0)  # (batch, steps, units)

# %%
# Compute it
# ----------
# A masked step keeps the old state and repeats the old output. (With
# ``zero_output_for_mask=True``, the output of a masked step is zeros.)

kernel, recurrent_kernel, bias = weights
mask = np.any(x != 0, axis=-1)  # (batch, steps)
h, outputs = np.zeros((3, 2)), []  # h: (batch, units)
for t in range(3):
    new_h = np.tanh(x[:, t] @ kernel + h @ recurrent_kernel + bias)
    h = np.where(mask[:, t, np.newaxis], new_h, h)
    outputs.append(h)

# %%
# Check it
# --------
np.testing.assert_allclose(y, np.stack(outputs, axis=1), rtol=1e-4, atol=1e-4)
for sequence, last in zip(sequences, y[:, -1]):  # each without padding
    alone = simple_rnn(sequence[np.newaxis], *weights)[0]
    np.testing.assert_allclose(last, alone, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Without the mask, the bias and the recurrent kernel change the state at the
# padding, too. This happens when a decoder starts from the states of an encoder
# (sequence to sequence, seq2seq). There, pass the mask by hand: ``mask=mask``.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``SimpleRNN``, ``LSTM``
#    and ``GRU`` ignore the mask of their input if they get an
#    ``initial_state``. They return the same as without a mask.

masked, start = Masking()(x), np.ones((3, 2), "float32")
for run, states in [(LSTM(2), [start, start]), (GRU(2), start), (layer, start)]:
    arrays = [run(z, initial_state=states) for z in (masked, x)]
    wrong, unmasked = map(keras.ops.convert_to_numpy, arrays)
    np.testing.assert_allclose(wrong, unmasked, rtol=1e-4, atol=1e-4)
right = keras.ops.convert_to_numpy(layer(x, mask=mask, initial_state=start))
print("right:", right[2, -1].round(2), "wrong:", wrong[2, -1].round(2))
assert not np.allclose(right, wrong)

# %%
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:**
#    ``go_backwards`` of ``SimpleRNN``, ``LSTM`` and ``GRU`` reverses the
#    outputs, but not the mask that goes with them. Pass it reversed, by hand.

back = SimpleRNN(2, go_backwards=True, return_sequences=True)(masked)
mean = GlobalAveragePooling1D()
arrays = back, mean(back), mean(back, mask=mask[:, ::-1])
y_back, wrong, right = map(keras.ops.convert_to_numpy, arrays)
np.testing.assert_allclose(right[2], y_back[2, -1], rtol=1e-4)  # its only step
np.testing.assert_allclose(wrong[2], y_back[2, 0], rtol=1e-4)  # padding
assert not np.allclose(right[2], wrong[2])

# %%
# See it
# ------
without = simple_rnn(x, *weights, return_sequences=True)
fig, axis = plt.subplots(figsize=(6, 2.4), layout="constrained")
axis.plot(y[2, :, 0], "o-", without[2, :, 0], "o--")
axis.set(title="A masked step repeats the last output", ylabel="output")
axis.set_xticks(range(3), ["step 1", "padding", "padding"])
axis.legend(["with mask", "without"])
plt.show()
