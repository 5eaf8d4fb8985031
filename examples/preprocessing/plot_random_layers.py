r"""
Data augmentation: RandomRotation as an affine map
==================================================

Rotated images are new examples for a network, at no cost. In training,
``RandomRotation`` draws an angle for each image, and rebuilds the image. It
asks for each new pixel where it comes from, so that none is left out:

.. math::

   \begin{pmatrix} u \\ v \end{pmatrix} =
   \begin{pmatrix} \cos \theta & -\sin \theta \\
   \sin \theta & \cos \theta \end{pmatrix}
   \begin{pmatrix} x \\ y \end{pmatrix}

The new pixel is at column x and row y, counted from the center of the image;
the old one is at u and v. :math:`\theta` is the angle, counterclockwise. Such a
map is called affine. ``RandomFlip``, ``RandomZoom`` and ``RandomShear`` have
other matrices, and ``RandomTranslation`` adds a shift instead. (``MixUp`` is no
such map: it adds w times one image and 1 - w times another, and mixes their
one-hot labels alike.)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import RandomBrightness, RandomRotation
from sklearn.datasets import load_sample_image

# %%
# Build it
# --------
# Two copies of a photograph from scikit-learn. The layer tells which angles it
# draws, in degrees: up to 0.2 of a full turn to either side.

flower = load_sample_image("flower.jpg")[129:309, 216:396]
photograph = flower.reshape(45, 4, 45, 4, 3).mean(axis=(1, 3))
images = np.float32([photograph, photograph])  # (batch, height, width, colours)
layer = RandomRotation(0.2, fill_mode="constant", seed=3)
drawn = layer.get_random_transformation(images, training=True)
angles = keras.ops.convert_to_numpy(drawn["angle"])
y = layer.transform_images(images, drawn, training=True)
y = keras.ops.convert_to_numpy(y)
print("angles:", angles)

# %%
# Compute it
# ----------
# Count the 45 columns and rows from -22 to 22 (n of them from -(n - 1) / 2 on).
# Find where each new pixel comes from. That is between four old pixels: the
# nearer one of them is, the more it counts, along both axes. Outside of the
# image, all is black. (By default, ``fill_mode="reflect"`` mirrors it there.)


def rotate(image, angle):
    y, x = np.mgrid[-22:23, -22:23]  # (height, width) each
    cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    u = cosine * x - sine * y  # the old column of each new pixel
    v = sine * x + cosine * y  # the old row
    old = np.arange(-22, 23)
    by_column = np.maximum(0, 1 - np.abs(u[:, :, np.newaxis] - old))
    by_row = np.maximum(0, 1 - np.abs(v[:, :, np.newaxis] - old))
    return np.einsum("yxj,yxi,jic->yxc", by_row, by_column, image)


rotated = [rotate(image, angle) for image, angle in zip(images, angles)]

# %%
# Check it
# --------
# Put the layer first in your model. In ``predict``, images stay as they are.
np.testing.assert_allclose(y, rotated, rtol=1e-3, atol=0.1)
model = keras.Sequential([keras.Input((45, 45, 3)), layer])
np.testing.assert_array_equal(model.predict(images, verbose=0), images)

# %%
# Break it
# --------
# ``Dropout`` does nothing if you call ``model(x)``. But layers for images act
# then as in training, unless you pass ``training=False``. This one makes all
# pixels white.

brightness = RandomBrightness([1, 1])
wrong = keras.ops.convert_to_numpy(brightness(images))
right = keras.ops.convert_to_numpy(brightness(images, training=False))
print("right:", right[0, 0, 0], "wrong:", wrong[0, 0, 0])
np.testing.assert_array_equal(right, images)
np.testing.assert_array_equal(wrong, np.full_like(images, 255))
assert np.all(right != wrong)

# %%
# See it
# ------
# The map leads from new pixels to old ones. In the other direction, the image
# would turn the other way.

panels = {"predict": images[0], f"{angles[0]:.0f} degrees": y[0]}
panels |= {f"{angles[1]:.0f} degrees": y[1]}
panels["wrong way"] = rotate(images[1], -angles[1])
fig, axes = plt.subplots(1, 4, figsize=(6, 2), layout="constrained")
fig.suptitle("RandomRotation draws an angle for each image")
for axis, (title, image) in zip(axes, panels.items()):
    axis.imshow(np.clip(image, 0, 255).astype("uint8"), interpolation="none")
    axis.set(title=title, xticks=[], yticks=[])
plt.show()
