r"""
Bicubic and Lanczos: kernels of Resizing and UpSampling2D
=========================================================

A new pixel lies between old ones. How much each of them counts depends on its
distance d, and on the ``interpolation``. "nearest" reads one pixel, "bilinear"
2 by 2, "bicubic" 4 by 4, and "lanczos3" 6 by 6.

.. math::

   \text{bilinear} &: 1 - d \\
   \text{bicubic, } d < 1 &: (a + 2) d^3 - (a + 3) d^2 + 1 \\
   \text{bicubic, } d < 2 &: a \, (d^3 - 5 d^2 + 8 d - 4) \\
   \text{lanczos3} &: \text{sinc}(d) \; \text{sinc}(d / 3)

The number a is -1/2 on TensorFlow and JAX. Farther away, weights are 0: for
"bilinear" from 1 on, for "lanczos3" from 3 on. sinc d is
:math:`\sin(\pi d) / (\pi d)`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Resizing
from sklearn.datasets import load_sample_image

if keras.backend.backend() == "torch":
    raise SystemExit("This page needs TensorFlow or JAX: they have Lanczos")

# %%
# Build it
# --------
# A coarse photograph from scikit-learn becomes four times as large.

flower = load_sample_image("flower.jpg")[129:309, 216:396]
x = flower.reshape(10, 18, 10, 18, 3).mean((1, 3), "float32") / 255
kernels = ["bilinear", "bicubic", "lanczos3"]
layers = [Resizing(40, 40, interpolation=kernel) for kernel in kernels]
pictures = [keras.ops.convert_to_numpy(layer(x)) for layer in layers]

# %%
# Compute it
# ----------
# ``distances`` has a row for each new pixel, and a column for each old one.
# ``weigh`` is the formulas. ``enlarge`` divides the weights of a new pixel by
# their sum, which is not always 1. Then it takes weighted means: of rows i for
# the new rows y, and of columns j for the new columns x.

distances = np.abs((np.arange(40)[:, None] + 0.5) / 4 - 0.5 - np.arange(10))


def weigh(d, kernel, a=-0.5):
    if kernel == "bilinear":
        return np.maximum(0, 1 - d)
    if kernel == "lanczos3":
        return np.where(d < 3, np.sinc(d) * np.sinc(d / 3), 0)
    near = (a + 2) * d**3 - (a + 3) * d**2 + 1
    far = a * (d**3 - 5 * d**2 + 8 * d - 4)
    return np.where(d < 1, near, np.where(d < 2, far, 0))


def enlarge(weights):
    w = weights / weights.sum(axis=1, keepdims=True)
    return np.einsum("yi,ijc,xj->yxc", w, x, w)


# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On TensorFlow,
#    ``Resizing`` with "bicubic" and without ``antialias`` rounds distances to
#    multiples of 1/1024. When you enlarge, ``antialias=True`` avoids this. From
#    10 to 40 pixels nothing changes, as the distances are eighths.

for y, kernel in zip(pictures, kernels):
    np.testing.assert_allclose(y, enlarge(weigh(distances, kernel)), 1e-4, 1e-4)
up = keras.layers.UpSampling2D(4, interpolation="bicubic")(x[np.newaxis])
np.testing.assert_allclose(up[0], pictures[1], rtol=1e-4, atol=1e-4)
if keras.backend.backend() == "tensorflow":
    y_29 = Resizing(29, 29, interpolation="bicubic")(x)
    d = (np.arange(29)[:, None] + 0.5) * 10 / 29 - 0.5 - np.arange(10)
    expected = enlarge(weigh(np.abs(np.round(1024 * d) / 1024), "bicubic"))
    np.testing.assert_allclose(y_29, expected, rtol=1e-5, atol=1e-5)

# %%
# Break it
# --------
# OpenCV, and PyTorch without ``antialias``, have another a in "bicubic": -3/4.
# Edges get sharper. No argument of Keras changes a. For the pixels of OpenCV,
# call OpenCV before the model, or ``enlarge`` with this a, as here.
wrong = enlarge(weigh(distances, "bicubic", a=-0.75))
print("a pixel, right:", pictures[1][20, 20], "wrong:", wrong[20, 20])
assert not np.allclose(pictures[1], wrong, atol=0.01)

# %%
# See it
# ------
fig, axes = plt.subplots(2, 3, figsize=(6, 3.8), sharey="row")
fig.suptitle("Three kernels, and what each makes of a flower")
for (above, below), picture, kernel in zip(axes.T, pictures, kernels):
    above.plot(np.linspace(0, 3), weigh(np.linspace(0, 3), kernel))
    above.set(title=kernel, xticks=range(4), xlabel="distance d")
    below.imshow(np.clip(picture, 0, 1), interpolation="none")
    below.axis("off")
plt.show()
