r"""
Conv2D on a photograph: blur, sharpen, edges, emboss
====================================================

A photo editor blurs and sharpens by convolution. ``Conv2D`` does it, too, once
you write its kernel yourself. One layer with four filters makes four pictures.

.. math::

   y_{i,j,f} = b_f + \sum_{u,v} x_{i+u,\; j+v} \, W_{u,v,f}

Each new pixel is a weighted sum of an old one and its eight neighbours. The
bias makes all pixels brighter or darker.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_sample_image

# %%
# Build it
# --------
# The photograph comes with scikit-learn. We cut out the flower, and make it
# smaller: the mean of each square of 3 by 3 pixels. The layer has one input
# channel, so it takes the red, green and blue pictures as a batch of three.

blur = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16
sharpen = np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]])
edges = np.array([[1, 1, 1], [1, -8, 1], [1, 1, 1]])
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
print(photograph.shape, "as", x.shape, "becomes", y.shape)

# %%
# Compute it
# ----------
# A kernel of 3 by 3 adds up nine copies of the picture. Each is moved by some
# pixels, and multiplied by one number of the kernel.


def filter_picture(picture, kernel, bias=0):
    """picture: (height, width, colours), kernel: (rows, columns). Returns
    (height - rows + 1, width - columns + 1, colours), neither rounded nor
    clipped."""
    rows, columns = kernel.shape
    height = picture.shape[0] - rows + 1
    width = picture.shape[1] - columns + 1
    total = bias
    for row, column in np.ndindex(rows, columns):
        moved = picture[row : row + height, column : column + width]
        total = total + kernel[row, column] * moved
    return total


# %%
# Check it
# --------
# Pixels and kernels are whole numbers, or sixteenths of them, so nothing is
# rounded: the pictures are equal to the bit. Where the numbers of a kernel add
# up to 1, an area of one colour keeps it. Where they add up to 0, it gets the
# colour of the bias: 255 is white, and 128 is grey.

pictures = [
    ("blur", y[..., 0], filter_picture(photograph, blur)),
    ("sharpen", y[..., 1], filter_picture(photograph, sharpen)),
    ("edges", y[..., 2], filter_picture(photograph, edges, bias=255)),
    ("emboss", y[..., 3], filter_picture(photograph, emboss, bias=128)),
]
for name, result, picture in pictures:
    expected = np.float32(picture.transpose(2, 0, 1))  # (3, height, width)
    np.testing.assert_array_equal(result, expected, strict=True)
    print(f"{name}: from {result.min()} to {result.max()}")
print("each kernel adds up to", kernel.sum(axis=(0, 1)))

# %%
# Break it
# --------
# A picture has numbers from 0 to 255, in uint8. Would you simply cast to uint8?
# Whole numbers wrap round: 256 becomes 0, which is black, and -1 becomes 255.
# (What floats become depends on the processor.) Clip the numbers first.

print(np.array([256, -1]).astype("uint8"))
sharpened = filter_picture(photograph, sharpen)
clipped = np.clip(sharpened, 0, 255).astype("uint8")
wrapped = sharpened.astype("uint8")
print(f"{np.mean(clipped != wrapped):.0%} of the numbers are wrong")
assert np.any(clipped != wrapped)

# %%
# See it
# ------
# Edges and emboss are shown in grey. Edges are dark where a pixel is brighter
# than its neighbours. Emboss subtracts what is above and on the left from what
# is below and on the right: it looks like a relief in light from one side.

fig, axes = plt.subplots(2, 3, figsize=(6, 4.4))
fig.suptitle("A photograph, and what four kernels make of it")
panels = [("photograph", photograph)]
panels += [(name, picture) for name, _, picture in pictures]
panels += [("sharpen, not clipped", wrapped)]
for axis, (title, picture) in zip(axes.flat, panels):
    if title in ("edges", "emboss"):
        picture = picture.mean(axis=2)
    pixels = np.clip(picture, 0, 255).astype("uint8")
    axis.imshow(pixels, interpolation="none", cmap="gray", vmin=0, vmax=255)
    axis.set(title=title, xticks=[], yticks=[])
plt.show()
