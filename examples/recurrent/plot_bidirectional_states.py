r"""
Bidirectional states: order of weights and states, masks
========================================================

``Bidirectional`` runs two independent layers. In its lists of weights and of
states, those of the forward layer come first, then those of the backward layer.
Both layers skip masked steps.

.. math::

   \text{weights} &= [W, U, b, \; W', U', b'] \\
   \text{results} &= [y, \; h, c, \; h', c'] \\
   \text{initial state} &= [h_0, c_0, \; h'_0, c'_0]

A prime marks the backward layer. This is for an LSTM; GRU and SimpleRNN have
only h.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

from keras_by_hand import lstm

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two sequences of 5 steps with 3 features, and 2 units in each direction.

x = rng.normal(size=(2, 5, 3)).astype("float32")  # (batch, steps, features)
mask = np.arange(5) < np.array([[5], [3]])  # the second sequence has 3 steps
shapes = [(3, 8), (2, 8), (8,)] * 2  # kernel, recurrent kernel, bias: twice
weights = [rng.normal(size=shape).astype("float32") for shape in shapes]
start = [rng.normal(size=(2, 2)).astype("float32") for _ in range(4)]
options = {"return_sequences": True, "return_state": True}


def keras_bidirectional(layer, dtype):
    bidirectional = layers.Bidirectional(layer, dtype=dtype)
    bidirectional.build(x.shape)
    bidirectional.set_weights(weights)
    results = bidirectional(x, mask=mask, initial_state=start)
    return [keras.ops.convert_to_numpy(result) for result in results]


# %%
# Compute it
# ----------
# The backward layer reads the mask backwards, too.


def both_ways(x, weights, mask, initial_state):
    """All outputs and states of Bidirectional around an LSTM, as a list.

    x: (batch, steps, features), weights and initial_state: those of the forward
    layer, then those of the backward layer, mask: (batch, steps).
    """
    options = {"return_sequences": True, "return_state": True}
    options |= {"zero_output_for_mask": True, "mask": mask}
    start, start_back = initial_state[:2], initial_state[2:]
    y, *states = lstm(x, *weights[:3], initial_state=start, **options)
    options |= {"initial_state": start_back, "go_backwards": True}
    y_back, *back = lstm(x, *weights[3:], **options)
    return [np.concatenate([y, y_back[:, ::-1]], axis=-1), *states, *back]


# %%
# Check it
# --------
# In float32 and float64. (Only TensorFlow computes a whole layer in float64.)

tensorflow = keras.backend.backend() == "tensorflow"
x64 = x.astype("float64")
weights64 = [weight.astype("float64") for weight in weights]
expected = both_ways(x64, weights64, mask, start)
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    tolerance = 1000 * np.finfo(dtype).eps
    layer = layers.LSTM(2, dtype=dtype, **options)
    actual = keras_bidirectional(layer, dtype=dtype)
    for pair in zip(actual, expected, strict=True):
        np.testing.assert_allclose(*pair, tolerance, tolerance)

# %%
# At masked steps the outputs are 0, even without ``zero_output_for_mask``. A
# recurrent layer on its own repeats its last output there.

y = actual[0]
np.testing.assert_array_equal(y[~mask], np.zeros((2, 4)))

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``Bidirectional`` does
#    nothing with its argument ``weights``. Use ``set_weights``.
#
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, error:** A stateful
#    ``Bidirectional`` with ``return_state`` raises a TypeError, with a mask or
#    without one.

unchanged = layers.Bidirectional(layers.LSTM(2), weights=weights)
unchanged.build(x.shape)
assert not np.allclose(unchanged.get_weights()[2], weights[2])
stateful = layers.LSTM(2, stateful=True, return_state=True)
for inputs in (x, layers.Masking()(x)):
    with np.testing.assert_raises(TypeError):
        layers.Bidirectional(stateful)(inputs)

# %%
# Break it
# --------
# PyTorch keeps the h of both directions together, and their c. Would you pass
# the states in this order: h, h', c, c'? All shapes fit.

h_0, c_0, h_back_0, c_back_0 = start
wrong, *_ = both_ways(x, weights, mask, [h_0, h_back_0, c_0, c_back_0])
print(f"wrong by up to {np.max(np.abs(y - wrong)):.2f}")
assert not np.allclose(y, wrong)

# %%
# See it
# ------
# The outputs of the second sequence, of 3 steps. The backward layer starts at
# the last of them, not in the padding.

fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.imshow(y[1].T, cmap="PuOr", vmin=-1.5, vmax=1.5)
for (step, unit), value in np.ndenumerate(y[1]):
    axis.text(step, unit, f"{value:.2f}", ha="center", va="center", color="k")
axis.axhline(1.5, color="k")
axis.set(title="At masked steps, 3 and 4, both halves are 0", xlabel="steps")
axis.set_yticks([0.5, 2.5], ["forward", "backward"])
plt.show()
