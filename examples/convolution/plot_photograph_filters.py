r"""
Image filters with Conv2D: blur, sharpen, edges, emboss
=======================================================

Blur, sharpening and edge detection are convolutions. ``Conv2D`` does them, once
you write its kernel yourself. One layer with four filters makes four pictures.

.. math::

   y_{i,j,f} = b_f + \sum_{u,v} x_{i+u,\; j+v} \, W_{u,v,f}

Each new pixel :math:`i, j` is a weighted sum of an old one and its eight
neighbours, with the kernel of filter :math:`f`. The bias makes all pixels
brighter or darker.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_sample_image

# %%
# Build it
# --------
# A flower in 60 by 60 pixels, each the mean of 3 by 3. The layer has one input
# channel, so red, green and blue are a batch of three. Without padding, the
# picture loses a pixel at each side.

blur = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16  # nearly a Gaussian
sharpen = np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]])
edges = np.array([[1, 1, 1], [1, -8, 1], [1, 1, 1]])  # a Laplacian
emboss = np.array([[-2, -1, 0], [-1, 0, 1], [0, 1, 2]])
kernel = np.stack([blur, sharpen, edges, emboss], axis=-1)  # (3, 3, filters)
bias = np.array([0, 0, 255, 128])  # (filters,)
flower = load_sample_image("flower.jpg")[129:309, 216:396]
squares = flower.reshape(60, 3, 60, 3, 3)  # 3 colours
photograph = squares.mean(axis=(1, 3)).astype("uint8")  # 0 to 255
x = photograph.transpose(2, 0, 1)[..., np.newaxis]  # (3, height, width, 1)
conv2d = keras.layers.Conv2D(4, 3)
conv2d.build(x.shape)
conv2d.set_weights([kernel[:, :, np.newaxis], bias])  # (3, 3, 1, filters)
y = keras.ops.convert_to_numpy(conv2d(x.astype("float32")))

# %%
# Compute it
# ----------
# A kernel of 3 by 3 adds up nine copies of the picture. Each is moved by some
# pixels, and multiplied by one number of each kernel.

pictures = np.zeros((3, 58, 58, 4)) + bias  # (colours, height, width, filters)
for row, column in np.ndindex(3, 3):
    moved = x[:, row : row + 58, column : column + 58]  # (..., 1)
    pictures += moved * kernel[row, column]

# %%
# Check it
# --------
# Pixels and kernels are whole numbers, or sixteenths of them: nothing is
# rounded. Blur and sharpen add up to 1, so an area of one colour keeps it. The
# others add up to 0, so it gets the colour of the bias: white, or grey.

np.testing.assert_array_equal(y, np.float32(pictures), strict=True)
print("each kernel adds up to", kernel.sum(axis=(0, 1)))

# %%
# Sobel's kernel, ``[[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]``, finds vertical
# edges, and its transpose horizontal ones. ``np.hypot`` of both results is the
# strength of an edge. To blur more, take a larger Gaussian kernel:

curve = np.exp(-0.5 * (np.arange(-6, 7) / 2) ** 2)  # a sigma of 2 pixels
gaussian = np.outer(curve, curve) / curve.sum() ** 2
print("the Gaussian kernel adds up to", gaussian.sum().round(6))

# %%
# Break it
# --------
# A picture has numbers from 0 to 255, in uint8. A cast does not cut off others:
# whole numbers wrap round. Clip the numbers first.

sharpened = pictures[..., 1].astype(int)
dark, bright = sharpened < 0, sharpened > 255
right = np.clip(sharpened, 0, 255).astype("uint8")
wrong = sharpened.astype("uint8")
print("sharpened:", sharpened[dark][:5], sharpened[bright][:5])
print("right:    ", right[dark][:5], right[bright][:5])
print("wrong:    ", wrong[dark][:5], wrong[bright][:5])
assert np.any(right != wrong)

# %%
# See it
# ------
# Edges are dark where a pixel is brighter than its neighbours. Emboss looks
# like a relief in light from one side.

fig, axes = plt.subplots(2, 3, figsize=(6, 4.4))
fig.suptitle("A photograph, and what four kernels make of it")
names = ["photograph", "blur", "sharpen", "edges", "emboss", "wrapped"]
shown = [x[..., 0], *np.moveaxis(pictures, -1, 0), wrong]
for axis, name, picture in zip(axes.flat, names, shown):
    if name in ("edges", "emboss"):
        picture = picture.mean(axis=0, keepdims=True).repeat(3, axis=0)
    pixels = np.clip(picture, 0, 255).astype("uint8").transpose(1, 2, 0)
    axis.imshow(pixels, interpolation="none")
    axis.set(title=name, xticks=[], yticks=[])
plt.show()
