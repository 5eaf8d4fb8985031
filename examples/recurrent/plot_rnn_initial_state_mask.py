"""
RNN with initial_state: the mask of the input is ignored
========================================================

Your decoder starts from the states of an encoder, and reads the padding as if
it were text. Once you pass ``initial_state``, a recurrent layer no longer takes
the mask that its input carries. Pass it by hand, as ``mask=...``.

The reason: called with one tensor, a layer gets its mask as ``mask``. Called
with several, each argument gets its own, named after it, such as ``query_mask``
for ``query``. A recurrent layer calls its input ``sequences``, but has no
``sequences_mask``. (The page "Mask propagation" is about all layers.)
"""

import keras
import numpy as np
from keras.layers import GRU, LSTM, Embedding, SimpleRNN

# %%
# Build it
# --------
# This layer adds what it reads to its state. Token 0 is padding, with vector 7.

tokens = np.array([[3, 1, 0], [2, 0, 0]])  # (batch, steps)
vectors = np.array([[7.0], [1], [2], [3]])  # (tokens, features)
state = np.float32([[10], [20]])  # (batch, units)
x = Embedding(4, 1, mask_zero=True, weights=vectors)(tokens)
ones = {"kernel_initializer": "ones", "recurrent_initializer": "ones"}
layer = SimpleRNN(1, "linear", **ones)
y_passed = layer(x, initial_state=state, mask=tokens != 0)
right = np.float32([[10 + 3 + 1], [20 + 2]])  # without the padding

# %%
# Check it
# --------
# A layer that does have a ``sequences_mask`` gets the mask beside a state.


class Decoder(SimpleRNN):
    def call(self, sequences, initial_state, sequences_mask=None):
        return super().call(sequences, initial_state, mask=sequences_mask)


y_named = Decoder(1, "linear", **ones)(x, initial_state=state)
for y in map(keras.ops.convert_to_numpy, (y_passed, y_named)):
    np.testing.assert_array_equal(y, right, strict=True)

# %%
# Break it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``SimpleRNN``, ``LSTM``
#    and ``GRU`` ignore the mask of their input if they get an
#    ``initial_state``. They return the same as without a mask.

for rnn, start in [(LSTM(1), [state, state]), (GRU(1), state), (layer, state)]:
    arrays = [rnn(z, initial_state=start) for z in (x, vectors[tokens])]
    wrong, unmasked = map(keras.ops.convert_to_numpy, arrays)
    np.testing.assert_allclose(wrong, unmasked, rtol=1e-4, atol=1e-4)
print("right:", right.ravel(), "wrong:", wrong.ravel())
assert np.all(wrong != right)
