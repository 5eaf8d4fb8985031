r"""
MaxNorm for Conv2D: axis=[0, 1, 2], not "max_norm"
==================================================

``kernel_constraint="max_norm"`` does not limit the norm (length) of a filter:
by default it sums along axis 0 only, the rows of the kernel of a convolution.
Name all axes that make up one filter: rows, columns and channels.

.. math:: \|W_f\| = \sqrt{\sum_{u,v,c} W_{u,v,c,f}^2} \leq \text{max}
"""

import keras
import numpy as np
from keras.constraints import MaxNorm
from keras.layers import Conv2D

# %%
# Build it
# --------
# A constraint acts after each step of training. Here a step with a gradient of
# 0 changes nothing else.

constraint = MaxNorm(2, axis=[0, 1, 2])
layer = Conv2D(4, 3, use_bias=False, kernel_constraint=constraint)
layer.build((None, 8, 8, 5))
kernel = np.random.default_rng(313).normal(size=(3, 3, 5, 4))
kernel[..., 0] /= 10  # a filter that is short enough
layer.set_weights([kernel])
gradient = keras.ops.zeros(kernel.shape)
keras.optimizers.SGD().apply([gradient], layer.trainable_variables)
(limited,) = layer.get_weights()

# %%
# Compute it
# ----------
# A filter that is longer than 2 is divided by its norm, and multiplied by 2.

norms = np.sqrt(np.sum(kernel**2, axis=(0, 1, 2)))  # (filters,)
limited_by_hand = kernel / norms * np.minimum(norms, 2)

# %%
# Check it
# --------
# In a ``Conv2DTranspose`` the axes are ``[0, 1, 3]``, in a ``Conv1D`` and in a
# ``DepthwiseConv2D`` ``[0, 1]``.

np.testing.assert_allclose(limited, limited_by_hand, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# With axis 0, the limit holds for each column of each channel. A whole filter
# stays much longer.

wrong = keras.ops.convert_to_numpy(MaxNorm(2, axis=0)(kernel))
wrong_norms = np.sqrt(np.sum(wrong**2, axis=(0, 1, 2)))
right_norms = np.sqrt(np.sum(limited**2, axis=(0, 1, 2)))
print("norms: right", right_norms.round(2), "wrong", wrong_norms.round(2))
assert np.all(right_norms < 2.001) and np.all(wrong_norms[1:] > 4)
