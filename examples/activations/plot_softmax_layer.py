r"""
Softmax layer: its mask is for classes, not for steps
=====================================================

Masked softmax: call ``Softmax`` with a ``mask``, and masked classes get the
probability 0. But after ``Masking``, or ``Embedding`` with ``mask_zero=True``,
it takes the mask of steps for one of classes. Use ``Activation("softmax")``.
"""

import keras
import numpy as np
from keras.layers import Activation, Masking, Softmax

# %%
# Build it
# --------
# The mask is True for classes to keep. The last sample has none.

x = np.float32([[2, 1, 4, 3], [1, 5, 1, 0], [3, 1, 2, 4]])  # (batch, classes)
mask = np.array([[1, 1, 0, 0], [1, 0, 1, 1], [0, 0, 0, 0]], dtype=bool)
y = keras.ops.convert_to_numpy(Softmax()(x, mask=mask))

# %%
# Compute it
# ----------
# Masked scores become a large negative number, so that they do not count in the
# sum. At the end, their probabilities are set to 0.

scores = np.where(mask, x, -1e9)
powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
by_hand = np.where(mask, powers / powers.sum(axis=-1, keepdims=True), 0)

from keras_by_hand import softmax_layer

# %%
# Check it
# --------
# ``softmax_layer`` does the same. (Over two axes: ``Softmax(axis=(1, 2))``.)

np.testing.assert_allclose(y, by_hand, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(y, softmax_layer(x, mask), rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``Softmax`` applies the
#    mask of its input to the last axes. But ``Masking`` and ``Embedding`` mask
#    *steps*, (batch, steps). For scores (batch, steps, classes), this masks
#    classes, or raises an error. ``Activation("softmax")`` ignores the mask.

steps = np.float32([[[1, 2, 4], [3, 2, 1], [0, 0, 0]]])  # the last is padding
masked = Masking()(steps)  # masks steps of zeros
right = keras.ops.convert_to_numpy(Activation("softmax")(masked))
wrong = keras.ops.convert_to_numpy(Softmax()(masked))
print("right:", right[0, 0].round(3), "wrong:", wrong[0, 0].round(3))
np.testing.assert_allclose(right, softmax_layer(steps), 1e-4, 1e-4)
no_last_class = softmax_layer(steps, [True, True, False])
np.testing.assert_allclose(wrong, no_last_class, rtol=1e-4, atol=1e-4)
longer = Masking()(steps.repeat(2, axis=1))  # 6 steps, 3 classes
np.testing.assert_raises(ValueError, Softmax(), longer)
