r"""
ConvLSTM with a mask on JAX: use unroll=True
============================================

On JAX, a ``ConvLSTM2D`` that gets a mask stops with an error about shapes, or
it goes on, and masks the wrong numbers. With ``unroll=True`` it is right, as it
is on TensorFlow and PyTorch: at a masked step, it keeps its states. The same
is true of ``ConvLSTM1D`` and ``ConvLSTM3D``. (Where masks come from is on the
page "Mask propagation", what the layer computes on the page "ConvLSTM2D".)
"""

import keras
import numpy as np

from keras_by_hand import conv_lstm1d

# %%
# Build it
# --------
# Two sequences of 3 steps, with 3 positions and 3 channels. A kernel of size 2
# leaves 2 positions. The batch is 2, too: so JAX goes on, and masks wrongly.

rng = np.random.default_rng(313)
x = rng.normal(size=(2, 3, 3, 3)).astype("float32")
mask = np.array([[1, 0, 1], [1, 1, 0]], bool)  # (batch, steps)
shapes = [(2, 3, 8), (2, 2, 8), (8,)]  # kernel, recurrent kernel, bias
weights = [rng.normal(size=shape) for shape in shapes]


def keras_conv_lstm(**arguments):
    layer = keras.layers.ConvLSTM1D(2, 2, **arguments)
    layer.build(x.shape)
    layer.set_weights(weights)
    return keras.ops.convert_to_numpy(layer(x, mask=mask))


right = keras_conv_lstm(unroll=True)

# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On JAX, ``ConvLSTM1D``,
#    ``ConvLSTM2D`` and ``ConvLSTM3D`` need ``unroll=True`` for a mask. Without
#    it they raise an error. Worse, if the output's last axis of space is as
#    long as the batch, they mask positions instead of samples.

expected = conv_lstm1d(x, *weights, mask=mask)
np.testing.assert_allclose(right, expected, rtol=1e-4, atol=1e-4)
is_right = np.allclose(keras_conv_lstm(), right, rtol=1e-4, atol=1e-4)
np.testing.assert_equal(is_right, keras.backend.backend() != "jax")

# %%
# Break it
# --------
# Suppose you leave the mask out, as a way around the error.

wrong = conv_lstm1d(x, *weights)
print("right:", right[1, 0].round(2), "wrong:", wrong[1, 0].round(2))
assert not np.allclose(right, wrong)
