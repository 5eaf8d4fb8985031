r"""
RNN unroll with a mask: zeros at the wrong steps
================================================

With ``unroll=True``, a recurrent layer is built as one long formula instead of
a loop. The results should be the same. But with ``zero_output_for_mask``, they
are not. This option returns zeros for masked steps, and ``Bidirectional`` with
``return_sequences`` sets it. Keep ``unroll=False`` there.

With ``go_backwards``, the outputs come in reverse, the last step first. So the
zeros belong where the *reversed* mask is false.
"""

import keras
import numpy as np

# %%
# Build it
# --------
# This layer counts the steps that it reads. Some steps are masked. NumPy counts
# along the reversed mask, and sets the masked steps to 0.

x = np.ones((2, 4, 1), "float32")  # (batch, steps, features)
mask = np.array([[1, 0, 1, 1], [1, 0, 0, 1]], bool)  # (batch, steps)
ones = {"kernel_initializer": "ones", "recurrent_initializer": "ones"}
zeros = {"return_sequences": True, "zero_output_for_mask": True}


def count_backwards(unroll):
    options = {**ones, **zeros, "go_backwards": True, "unroll": unroll}
    layer = keras.layers.SimpleRNN(1, "linear", **options)
    return keras.ops.convert_to_numpy(layer(x, mask=mask))[..., 0]


right = count_backwards(unroll=False)
counts = np.cumsum(mask[:, ::-1], axis=1)

# %%
# Check it
# --------

np.testing.assert_array_equal(right, np.float32(counts * mask[:, ::-1]))

# %%
# Break it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** In an unrolled loop on
#    JAX, ``SimpleRNN``, ``LSTM`` and ``GRU`` ignore ``zero_output_for_mask``.
#    With ``go_backwards``, TensorFlow puts the zeros at the wrong steps, as it
#    does not reverse the mask. PyTorch raises an ``AttributeError`` for
#    ``go_backwards`` with any mask.

if keras.backend.backend() == "torch":
    np.testing.assert_raises(AttributeError, count_backwards, unroll=True)
else:
    wrong = count_backwards(unroll=True)
    jax = keras.backend.backend() == "jax"
    np.testing.assert_array_equal(wrong, counts if jax else counts * mask)
    print("right:", *right, "wrong:", *wrong)
    assert np.any(right != wrong)
