r"""
UpSampling2D and Resizing: the kernels of bicubic and lanczos
=============================================================

The ``interpolation`` of ``UpSampling2D`` and ``Resizing`` chooses a kernel: how
much an old pixel counts, by its distance from a new one. "nearest" reads one
pixel, "bilinear" 2 by 2, "bicubic" 4 by 4, and "lanczos3" 6 by 6.

.. math::

   \text{bilinear} &: 1 - |d| \\
   \text{bicubic} &: \tfrac{3}{2} |d|^3 - \tfrac{5}{2} |d|^2 + 1 \\
   \text{and} &: -\tfrac{1}{2} |d|^3 + \tfrac{5}{2} |d|^2 - 4 |d| + 2 \\
   \text{lanczos3} &: \frac{\sin \pi d}{\pi d} \,
   \frac{\sin (\pi d / 3)}{\pi d / 3}

The first formula of "bicubic" is for :math:`|d| < 1`, the second up to 2.
"bilinear" ends at 1, and "lanczos3" at 3. Beyond, the weights are 0.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Resizing, UpSampling2D
from sklearn.datasets import load_sample_image

from keras_by_hand.layers.resizing import pixel_distances

# %%
# Build it
# --------
# A photograph from scikit-learn, made coarse. The model makes it four times as
# large, with each kernel. (PyTorch has no Lanczos kernels.)

flower = load_sample_image("flower.jpg")[129:309, 216:396]
x = flower.reshape(1, 10, 18, 10, 18, 3).mean((2, 4), "float32") / 255
backend = keras.backend.backend()
kernels = ["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"]
available = kernels[:2] if backend == "torch" else kernels
inputs = keras.Input((10, 10, 3))  # height, width, colours
outputs = [Resizing(40, 40, interpolation=k)(inputs) for k in available]
pictures = keras.Model(inputs, outputs).predict(x, verbose=0)

# %%
# Compute it
# ----------
# Take the distance of each new pixel from each old one. "bilinear" falls in a
# straight line. "bicubic" has one formula near the new pixel, and another one
# farther away. "lanczos3" is the product of two sinc functions: ``np.sinc(d)``
# is :math:`\sin(\pi d) / (\pi d)`, and 1 at 0.

d = np.abs(pixel_distances(10, 40))  # (new, old)
near = 1.5 * d**3 - 2.5 * d**2 + 1
far = -0.5 * d**3 + 2.5 * d**2 - 4 * d + 2
by_hand = {
    "bilinear": np.maximum(0, 1 - d),
    "bicubic": np.where(d < 1, near, np.where(d < 2, far, 0)),
    "lanczos3": np.where(d < 3, np.sinc(d) * np.sinc(d / 3), 0),
}

# %%
# The whole function also has "nearest" and "lanczos5".

from keras_by_hand.layers.resizing import interpolation_kernel

# %%
# Check it
# --------
# The weights of a new pixel are divided by their sum, as it is not always 1. We
# print how many pixels in a row each kernel reads.

for kernel, y in zip(available, pictures):
    if kernel in by_hand:
        weights = by_hand[kernel]
        weights = weights / weights.sum(axis=1, keepdims=True)
        picture = np.einsum("yi,nijc,xj->nyxc", weights, x, weights)
        np.testing.assert_allclose(y, picture, rtol=1e-4, atol=1e-4)


def enlarge(x, distance, interpolation):
    weights = interpolation_kernel(distance, interpolation)
    weights = weights / weights.sum(axis=1, keepdims=True)  # (new, old)
    return np.einsum("yi,nijc,xj->nyxc", weights, x, weights)


tolerance = 1000 * np.finfo("float32").eps
halfway = np.arange(-4.5, 5)  # from old pixels to a point between two of them
distance = pixel_distances(10, 40)
for kernel, y in zip(available, pictures):
    print(kernel, np.count_nonzero(interpolation_kernel(halfway, kernel)))
    expected = enlarge(x, distance, kernel)
    np.testing.assert_allclose(y, expected, tolerance, tolerance)
    y_up = keras.ops.convert_to_numpy(UpSampling2D(4, interpolation=kernel)(x))
    np.testing.assert_allclose(y_up, expected, tolerance, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On TensorFlow,
#    ``Resizing`` with "bicubic" and without ``antialias`` rounds distances to
#    multiples of 1/1024. From 10 to 40 pixels this changes nothing, as the
#    distances are eighths.

if backend == "tensorflow":
    y_29 = Resizing(29, 29, interpolation="bicubic")(x)
    rounded = np.round(1024 * pixel_distances(10, 29)) / 1024
    expected = enlarge(x, rounded, "bicubic")
    np.testing.assert_allclose(y_29, expected, tolerance, tolerance)

# %%
# Break it
# --------
# Would you take the "bicubic" of OpenCV and PyTorch? It has -3/4 in place of
# -1/2, and repeats pixels at the edges. On PyTorch, Keras does so as well
# (without ``antialias``), so a model gives other numbers there.

d = np.abs(pixel_distances(14, 56)[8:-8])  # two more pixels at each edge
near = 1.25 * d**3 - 2.25 * d**2 + 1
far = -0.75 * d**3 + 3.75 * d**2 - 6 * d + 3
weights = np.where(d < 1, near, np.where(d < 2, far, 0))
repeated = np.pad(x, [(0, 0), (2, 2), (2, 2), (0, 0)], mode="edge")
wrong = np.einsum("yi,nijc,xj->nyxc", weights, repeated, weights)
assert not np.allclose(wrong, enlarge(x, distance, "bicubic"), atol=0.01)
if backend == "torch":
    y_torch = UpSampling2D(4, interpolation="bicubic")(x)
    np.testing.assert_allclose(y_torch, wrong, tolerance, tolerance)

# %%
# See it
# ------

d = np.linspace(-5, 5, 81)
fig, axes = plt.subplots(2, 5, figsize=(7, 3), sharey="row")
fig.suptitle("Five kernels, and what each makes of a flower")
for (above, below), kernel in zip(axes.T, kernels):
    above.plot(d, interpolation_kernel(d, kernel))
    above.set(title=kernel, xticks=[-5, 0, 5])
    picture = enlarge(x, distance, kernel)[0]
    below.imshow(np.clip(picture, 0, 1), interpolation="none")
    below.set(xticks=[], yticks=[])
plt.show()
