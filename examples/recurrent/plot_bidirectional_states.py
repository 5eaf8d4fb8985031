r"""
Bidirectional states: the order of weights and of states
========================================================

A wrong order raises no error, as all shapes fit. For an ``LSTM``, the weights
are W, U, b, then those of the backward layer: W', U', b'. The states are h, c,
h', c'; in PyTorch they are h, h', c, c'. (See the page "Bidirectional".)
"""

import keras
import numpy as np
from keras import layers

from keras_by_hand import lstm

# %%
# Build it
# --------
# NumPy runs two LSTMs of 2 units, the second one with ``go_backwards``.

rng = np.random.default_rng(313)
x = rng.normal(size=(2, 2, 3)).astype("float32")  # (batch, steps, features)
weights = [rng.normal(size=shape) for shape in [(3, 8), (2, 8), (8,)] * 2]
start = list(rng.normal(size=(4, 2, 2)).astype("float32"))
layer = layers.Bidirectional(layers.LSTM(2, return_state=True))
layer.build(x.shape)
layer.set_weights(weights)
results = map(keras.ops.convert_to_numpy, layer(x, initial_state=start))
state = {"return_state": True}
y, h, c = lstm(x, *weights[:3], initial_state=start[:2], **state)
state |= {"initial_state": start[2:], "go_backwards": True}
y_back, h_back, c_back = lstm(x, *weights[3:], **state)
right = np.hstack([y, y_back])

# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``Bidirectional`` does
#    nothing with its argument ``weights``. Use ``set_weights``.
#
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, error:** A stateful
#    ``Bidirectional`` with ``return_state`` raises a TypeError.

for pair in zip(results, [right, h, c, h_back, c_back], strict=True):
    np.testing.assert_allclose(*pair, rtol=1e-4, atol=1e-4)
ignoring = layers.Bidirectional(layers.LSTM(2), weights=weights)
ignoring.build(x.shape)
assert not np.allclose(ignoring.get_weights()[2], weights[2])
stateful = layers.LSTM(2, stateful=True, return_state=True)
np.testing.assert_raises(TypeError, layers.Bidirectional(stateful), x)

# %%
# Break it
# --------
# The states in the order of PyTorch: h, h', c, c'.

start = [start[index] for index in (0, 2, 1, 3)]
wrong = keras.ops.convert_to_numpy(layer(x, initial_state=start)[0])
print("right:", right[1].round(2), "wrong:", wrong[1].round(2))
assert not np.allclose(right, wrong)
