r"""
Seeds: what set_random_seed and an initializer's seed fix
=========================================================

An initializer with a seed returns the same numbers at each call. Without one it
draws a seed, once, when it is made. ``set_random_seed`` fixes these draws. The
kernel of a ``Dense`` layer is by default made of numbers :math:`u` of the seed:

.. math::

   W = \sqrt{\frac{6}{\text{features} + \text{units}}} \; (2 u - 1),
   \qquad 0 \le u < 1
"""

import random

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# ``set_random_seed`` seeds Python's ``random``, NumPy and the backend. Here it
# is called again after the layers are made, but before they are built.

features, units = 16, 8  # so that the root above is one half


def kernel_of(layer):
    layer.build((None, features))
    return layer.get_weights()[0]


keras.utils.set_random_seed(313)
layers = [keras.layers.Dense(units) for _ in range(3)]
keras.utils.set_random_seed(2022)
kernels = [kernel_of(layer) for layer in layers]

# %%
# Compute it
# ----------
# Python alone can tell which seeds were drawn.


def seeds_after(seed, count):
    """The first seeds after set_random_seed (Keras, make_default_seed)."""
    generator = random.Random(seed)
    return [generator.randint(1, 10**9) for _ in range(count)]


# %%
# Check it
# --------
# Multiplying by one half rounds nothing, so these are equal to the bit.


def draw(seed):
    """Numbers from -1 up to 1, (features, units)."""
    uniform = keras.initializers.RandomUniform(0, 1, seed=seed)
    return 2 * keras.ops.convert_to_numpy(uniform((features, units))) - 1


for kernel, seed in zip(kernels, seeds_after(313, 3), strict=True):
    np.testing.assert_array_equal(kernel, draw(seed) / 2, strict=True)

# %%
# Break it
# --------
# May two layers share an initializer? They become twins, even without a seed. A
# name makes a new initializer for each layer. A ``SeedGenerator`` moves on with
# each draw, and begins with what the plain number gives.

unseeded = keras.initializers.GlorotUniform()
moving = keras.initializers.GlorotUniform(keras.random.SeedGenerator(7))
kernels = [
    kernel_of(keras.layers.Dense(units, kernel_initializer=initializer))
    for initializer in [unseeded] * 2 + ["glorot_uniform"] * 2 + [moving] * 2
]
np.testing.assert_array_equal(kernels[0], kernels[1])
assert np.any(kernels[2] != kernels[3])
assert np.any(kernels[4] != kernels[5])
np.testing.assert_array_equal(kernels[4], draw(7) / 2)

# %%
# See it
# ------

fig, axes = plt.subplots(1, 4, figsize=(6, 3.4))
fig.suptitle("A shared initializer makes twins")
titles = ["shared", "shared", "by name", "by name"]
for axis, title, kernel in zip(axes, titles, kernels):
    axis.imshow(kernel, cmap="PuOr", vmin=-0.5, vmax=0.5)
    axis.set(title=title, xlabel="units", xticks=[], yticks=[])
axes[0].set(ylabel="features")
plt.show()
