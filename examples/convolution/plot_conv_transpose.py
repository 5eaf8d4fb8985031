r"""
Conv2DTranspose: each pixel adds a copy of the kernel
=====================================================

Decoders and generators must make images larger (upsampling), with weights that
they learn. A transposed convolution does: each pixel puts a copy of the kernel,
times its own value, into the output. Where copies overlap, they add up.

.. math::

   y_{p,f} = b_f + \sum_{s\,i + u = p} \sum_c x_{i,c} \, W_{u,f,c}

Here :math:`p`, :math:`i` and :math:`u` are pixels of output, input and kernel,
:math:`f` is a filter and :math:`c` a channel. The copy of pixel :math:`i`
begins at :math:`s \, i`: strides :math:`s` are steps in the output. (The page
"Transposed convolution" explains the name; "fractionally strided" is another.)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv2DTranspose

# %%
# Build it
# --------
# Copies begin two pixels apart, and are 3 by 4 pixels large, so they overlap.

rng = np.random.default_rng(313)
x = rng.integers(-9, 10, size=(2, 5, 6, 3))  # (batch, height, width, channels)
kernel = rng.integers(-9, 10, size=(3, 4, 2, 3))  # (rows, columns, out, in)
bias = np.array([3, -2])
layer = Conv2DTranspose(2, (3, 4), strides=2)
layer.build(x.shape)
layer.set_weights([kernel, bias])
y = keras.ops.convert_to_numpy(layer(x.astype("float32")))

# %%
# Compute it
# ----------
# The last copies begin at row 2 * 4 = 8 and column 2 * 5 = 10. The loop goes
# from pixel to pixel, in all images at once.

by_hand = np.zeros((2, 8 + 3, 10 + 4, 2)) + bias
for i, j in np.ndindex(5, 6):
    copy = np.einsum("bc,uvfc->buvf", x[:, i, j], kernel)
    by_hand[:, 2 * i : 2 * i + 3, 2 * j : 2 * j + 4] += copy

# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit.

np.testing.assert_array_equal(y, np.float32(by_hand), strict=True)

# %%
# In full
# -------
# ``Conv1DTranspose`` and ``Conv3DTranspose`` do the same along one and three
# axes. (The page "Conv2DTranspose output size" explains ``padding``.)
#
# .. warning:: **Seen in Keras 3.15.1, error:** On a CPU, TensorFlow computes
#    ``Conv1DTranspose``, ``Conv2DTranspose`` and ``Conv3DTranspose`` with
#    ``dilation_rate`` and ``data_format="channels_first"`` only by oneDNN.
#    Without oneDNN, which not every processor has, it raises an error.
#    ``jit_compile=True`` helps: XLA computes them on any processor.

from keras_by_hand import conv1d_transpose, conv2d_transpose

options = {"dilation_rate": 2, "data_format": "channels_first"}
model = keras.Sequential([Conv2DTranspose(2, (3, 4), **options)])
model.build((2, 3, 5, 6))
model.set_weights([kernel, bias])
model.compile(jit_compile=keras.backend.backend() == "tensorflow")
y_first = model.predict_on_batch(x.transpose(0, 3, 1, 2))
expected = conv2d_transpose(x.transpose(0, 3, 1, 2), kernel, bias, **options)
np.testing.assert_array_equal(y_first, np.float32(expected), strict=True)

# %%
# Break it
# --------
# Suppose you make a kernel as for ``Conv2D``, (rows, columns, in, out). With as
# many filters as channels it fits, too. Swap its last two axes. Do not flip it.

square = rng.integers(-9, 10, size=(3, 3, 3, 3))  # (rows, columns, in, out)
right = conv2d_transpose(x, square.swapaxes(2, 3))
flipped = square[::-1, ::-1].swapaxes(2, 3)
for name, kernel in (("as for Conv2D", square), ("flipped", flipped)):
    wrong = conv2d_transpose(x, kernel)
    print("right:", right[0, 0, 0], f"wrong, {name}:", wrong[0, 0, 0])
    assert np.any(right != wrong)

# %%
# See it
# ------
# Three steps, a kernel of 1, 2, 3, and strides of 2. Orange lines: each copy.

steps, kernel = np.array([1, 3, 2]).reshape(1, 3, 1), np.array([1, 2, 3])
total = conv1d_transpose(steps, kernel.reshape(3, 1, 1), strides=2)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.bar(range(7), total.ravel(), color="lightgray")
for i, step in enumerate(steps.ravel()):
    axis.plot(range(2 * i, 2 * i + 3), step * kernel, "C1o-")
axis.set(title="Conv1DTranspose, strides=2: three copies of 1, 2, 3 add up")
plt.show()
