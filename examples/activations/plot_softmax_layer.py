r"""
Softmax layer: its mask is for classes, not for steps
=====================================================

Call ``Softmax`` with a ``mask``, and masked classes get the probability 0. But
it also applies the mask of the steps, from ``Masking`` or ``Embedding`` with
``mask_zero=True``, to classes.

.. math:: p_i = \frac{m_i \, e^{x_i}}{\sum_k m_k \, e^{x_k}}

The mask :math:`m` is 1 for classes to keep, else 0. If none is, each p is 0.
"""

import keras
import numpy as np
from keras.layers import Activation, Masking, Softmax

# %%
# Build it
# --------

x = np.float32([[2, 1, 4, 3], [1, 5, 1, 0], [3, 1, 2, 4]])  # (batch, classes)
mask = np.array([[1, 1, 0, 0], [1, 0, 1, 1], [0, 0, 0, 0]], dtype=bool)
y = keras.ops.convert_to_numpy(Softmax()(x, mask=mask))

# %%
# Compute it
# ----------
# Masked scores become a large negative number, their probabilities 0. The
# function ``softmax_layer`` does the same.

from keras_by_hand import softmax_layer

scores = np.where(mask, x, -1e9)
powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
by_hand = np.where(mask, powers / powers.sum(axis=-1, keepdims=True), 0)

# %%
# Check it
# --------

np.testing.assert_allclose(y, by_hand, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``Softmax`` applies the
#    mask of its input to the last axes. But ``Masking`` and ``Embedding`` mask
#    *steps*, (batch, steps). For scores (batch, steps, classes), this masks
#    classes, or raises an error. ``Activation("softmax")`` ignores the mask.

steps = np.float32([[[1, 2, 4], [3, 2, 1], [0, 0, 0]]])  # the last is padding
masked, right = Masking()(steps), softmax_layer(steps)
wrong = keras.ops.convert_to_numpy(Softmax()(masked))
print("right:", right[0, 0].round(3), "wrong:", wrong[0, 0].round(3))
assert not np.allclose(right, wrong)
no_last_class = softmax_layer(steps, [True, True, False])
np.testing.assert_allclose(wrong, no_last_class, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(Activation("softmax")(masked), right, 1e-4, 1e-4)
np.testing.assert_raises(ValueError, Softmax(), Masking()(steps.repeat(2, 1)))
