r"""
Bidirectional states: the order of weights and of states
========================================================

``Bidirectional`` runs two layers, and its lists hold the forward layer first.
Around an ``LSTM``, the weights are W, U, b, then W', U', b'. The results are y,
then h, c, then h', c', and so are the initial states. Here ' is the backward
layer.

PyTorch groups them otherwise: h of both directions, then c of both. In the
wrong order, all shapes fit. (What the layer computes is on the page
"Bidirectional".)
"""

import keras
import numpy as np
from keras import layers

from keras_by_hand import lstm

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two sequences, and 2 units in each direction. NumPy runs the two layers, each
# with its half of the lists.

x = rng.normal(size=(2, 2, 3)).astype("float32")  # (batch, steps, features)
shapes = [(3, 8), (2, 8), (8,)] * 2  # kernel, recurrent kernel, bias: twice
weights = [rng.normal(size=shape) for shape in shapes]
start = [rng.normal(size=(2, 2)).astype("float32") for _ in range(4)]
layer = layers.Bidirectional(layers.LSTM(2, return_state=True))
layer.build(x.shape)
layer.set_weights(weights)


def both_ways(h, c, h_back, c_back):
    state = {"return_state": True}
    y, *states = lstm(x, *weights[:3], initial_state=[h, c], **state)
    state |= {"initial_state": [h_back, c_back], "go_backwards": True}
    y_back, *states_back = lstm(x, *weights[3:], **state)
    return [np.concatenate([y, y_back], axis=-1), *states, *states_back]


# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``Bidirectional`` does
#    nothing with its argument ``weights``. Use ``set_weights``.
#
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, error:** A stateful
#    ``Bidirectional`` with ``return_state`` raises a TypeError, with a mask or
#    without one.

results = layer(x, initial_state=start)
results = [keras.ops.convert_to_numpy(result) for result in results]
for pair in zip(results, both_ways(*start), strict=True):
    np.testing.assert_allclose(*pair, rtol=1e-4, atol=1e-4)
unchanged = layers.Bidirectional(layers.LSTM(2), weights=weights)
unchanged.build(x.shape)
assert not np.allclose(unchanged.get_weights()[2], weights[2])
stateful = layers.LSTM(2, stateful=True, return_state=True)
np.testing.assert_raises(TypeError, layers.Bidirectional(stateful), x)

# %%
# Break it
# --------
# The states in the order of PyTorch: h, h', c, c'.

h, c, h_back, c_back = start
wrong, *_ = both_ways(h, h_back, c, c_back)
print("right:", results[0][1].round(2), "wrong:", wrong[1].round(2))
assert not np.allclose(results[0], wrong)
