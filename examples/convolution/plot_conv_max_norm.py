r"""
MaxNorm for Conv2D: a limit on the norm of each filter
======================================================

``MaxNorm`` limits the norm (length) of the weights along its ``axis``. For the
filters of a ``Conv2D``, this is ``axis=[0, 1, 2]``, and not the default 0.

.. math:: \|W_f\| = \sqrt{\sum_{u,v,c} W_{u,v,c,f}^2} \leq \text{max}

The axes are all those that make up one filter: rows, columns and channels. The
same goes for ``UnitNorm`` and ``MinMaxNorm``.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.constraints import MaxNorm
from keras.layers import Conv1D, Conv2D, Conv2DTranspose, DepthwiseConv2D

from keras_by_hand import max_norm

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# A constraint acts after each training step. Here a step with a gradient of 0
# changes nothing else.


def keras_max_norm(layer, x_shape, kernel):
    layer.build(x_shape)
    layer.set_weights([kernel])
    gradient = keras.ops.zeros(kernel.shape)
    keras.optimizers.SGD().apply([gradient], layer.trainable_variables)
    return layer.get_weights()[0]


layer = Conv2D(
    8, 3, use_bias=False, kernel_constraint=MaxNorm(1, axis=[0, 1, 2])
)
kernel = rng.normal(size=(3, 3, 16, 8))  # (rows, columns, in, filters)
limited = keras_max_norm(layer, (2, 8, 8, 16), kernel)

# %%
# Compute it
# ----------


def filter_norms(kernel, axis=(0, 1, 2)):
    """The norm of each filter of a kernel, (rows, columns, in, filters)."""
    return np.sqrt(np.sum(np.square(kernel), axis=axis))


print("before:", filter_norms(kernel).round(2))
print("after: ", filter_norms(limited).round(2))

# %%
# Check it
# --------
# Which axes make up a filter depends on the layer. A transposed kernel is
# (rows, columns, filters, in), a depthwise one (rows, columns, in, multiplier).

tolerance = 1000 * np.finfo("float32").eps
scaled_back = limited * filter_norms(kernel)  # they were all longer than 1
np.testing.assert_allclose(scaled_back, kernel, tolerance, tolerance)
cases = [  # layer, shape of x, axes of a filter
    (Conv1D(8, 3), (2, 8, 16), (0, 1)),
    (Conv2D(8, 3), (2, 8, 8, 16), (0, 1, 2)),
    (Conv2DTranspose(8, 3), (2, 8, 8, 16), (0, 1, 3)),
    (DepthwiseConv2D(3), (2, 8, 8, 16), (0, 1)),
]
for layer, x_shape, axis in cases:
    layer.build(x_shape)
    shape = layer.get_weights()[0].shape
    w = rng.normal(size=shape).astype("float32")
    shortened = keras.ops.convert_to_numpy(MaxNorm(1, axis=list(axis))(w))
    expected = max_norm(w, 1, axis)
    np.testing.assert_allclose(shortened, expected, tolerance, tolerance)
    norms = filter_norms(shortened, axis)
    np.testing.assert_allclose(norms, np.ones_like(norms), tolerance)
    print(layer.name, shape, f"{norms.size} filters of norm 1")

# %%
# Break it
# --------
# Would you write ``kernel_constraint="max_norm"``, as in ``Dense``? Its axis is
# 0. In ``Conv2D`` that axis has the rows. The limit then holds for each column
# of each channel, and a whole filter can be much longer.

wrong = max_norm(kernel, 1, axis=0)
print("with axis 0:", filter_norms(wrong).round(2))
assert not np.allclose(limited, wrong)

# %%
# See it
# ------
# The kernel from above, with each limit at 1. With axis 0, filters stay longer.

fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(filter_norms(kernel), "o", label="no constraint")
axis.plot(filter_norms(wrong), "x", label="axis=0")
axis.plot(filter_norms(limited), "s", label="axis=[0, 1, 2]")
axis.axhline(1, color="gray", linestyle="--")
axis.set(title="MaxNorm(1): only axis=[0, 1, 2] limits the norm of a filter")
axis.set(xlabel="filter", ylabel="norm", ylim=(0, None))
axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()
