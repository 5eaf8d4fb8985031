r"""
GRU gates: z and 1 - z change places in many textbooks
======================================================

You have loaded the weights of another GRU, all shapes fit, and the numbers are
wrong. In Keras (and PyTorch), the update gate z says how much of the old state
h *stays*. In many textbooks, and in `Chung et al.
<https://arxiv.org/abs/1412.3555>`__, it says how much of the candidate g
*enters*. So negate the columns of z, the first third of all weights, as
sigmoid(-a) is 1 - sigmoid(a). (Chung et al. also need ``reset_after=False``.)
"""

import keras
import numpy as np

from keras_by_hand import sigmoid

# %%
# Build it
# --------
# One step of two units. NumPy mixes state and candidate in both ways.

rng = np.random.default_rng(313)
x = rng.normal(size=(2, 3)).astype("float32")  # (batch, features)
h = rng.normal(size=(2, 2)).astype("float32")  # the old state: (batch, units)
shapes = [(3, 6), (2, 6), (2, 6)]  # kernel, recurrent kernel, bias: 3 * units
kernel, recurrent_kernel, bias = [rng.normal(size=shape) for shape in shapes]


def keras_step(signs):
    cell = keras.layers.GRUCell(2)
    cell.build(x.shape)
    weights = kernel, recurrent_kernel, bias
    cell.set_weights([signs * weight for weight in weights])
    return keras.ops.convert_to_numpy(cell(x, [h])[0])


x_z, x_r, x_g = np.split(x @ kernel + bias[0], 3, axis=1)
h_z, h_r, h_g = np.split(h @ recurrent_kernel + bias[1], 3, axis=1)
z = sigmoid(x_z + h_z)
g = np.tanh(x_g + sigmoid(x_r + h_r) * h_g)
in_keras = z * h + (1 - z) * g
in_textbooks = (1 - z) * h + z * g

# %%
# Check it
# --------

as_they_are = keras_step(np.ones(6))
np.testing.assert_allclose(as_they_are, in_keras, rtol=1e-4, atol=1e-4)
negated = keras_step(np.array([-1, -1, 1, 1, 1, 1]))  # z, r, g: 2 units each
np.testing.assert_allclose(negated, in_textbooks, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Load the textbook's weights as they are.

print("right:", negated[0].round(2), "wrong:", as_they_are[0].round(2))
assert not np.allclose(negated, as_they_are)
