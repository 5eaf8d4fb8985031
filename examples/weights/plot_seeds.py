r"""
Seeds: what set_random_seed and an initializer's seed fix
=========================================================

A training run is reproducible, with the same results each time, only if it
begins with the same weights. So call ``keras.utils.set_random_seed(313)``, or
any other seed, before you make layers. Each initializer has a seed, and returns
the same numbers at each call. If you pass no seed, it draws one when it is
made; ``set_random_seed`` fixes which. It also fixes shuffling and dropout. On a
GPU, TensorFlow is deterministic only if you also call
``tf.config.experimental.enable_op_determinism()``.

The default kernel of a ``Dense`` layer (Glorot uniform) is made of uniform
numbers :math:`u` from 0 to 1, which come from the seed:

.. math:: W = \sqrt{\frac{6}{\text{features} + \text{units}}} \; (2 u - 1)
"""

import random

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

# %%
# Build it
# --------
# The second call of ``set_random_seed`` changes nothing here: the initializers
# drew their seeds when the layers were made.


def kernel_of(layer):
    layer.build((None, 16))
    return layer.get_weights()[0]  # (features, units)


keras.utils.set_random_seed(313)
first, second = layers.Dense(8), layers.Dense(8)
keras.utils.set_random_seed(2022)
kernels = [kernel_of(first), kernel_of(second)]

# %%
# Compute it
# ----------
# Keras draws its seeds from Python's ``random``, which ``set_random_seed``
# seeds. We let Keras draw u. With 16 features and 8 units, the root is 1/2.

generator = random.Random(313)
seeds = [generator.randint(1, 10**9) for _ in range(2)]
kernels_by_hand = []
for seed in seeds:
    draw = keras.initializers.RandomUniform(0, 1, seed=seed)
    u = keras.ops.convert_to_numpy(draw((16, 8)))
    kernels_by_hand.append((2 * u - 1) / 2)

# %%
# Check it
# --------

np.testing.assert_array_equal(kernels, kernels_by_hand)

# %%
# Break it
# --------
# Layers that share one initializer object begin as twins. Pass its name: each
# layer makes its own. With a ``SeedGenerator`` as its seed, each call differs.

shared, name = keras.initializers.GlorotUniform(), "glorot_uniform"
twins = [kernel_of(layers.Dense(8, kernel_initializer=shared)) for _ in "12"]
moving = keras.initializers.GlorotUniform(keras.random.SeedGenerator(7))
moved = [kernel_of(layers.Dense(8, kernel_initializer=moving)) for _ in "12"]
named = [kernel_of(layers.Dense(8, kernel_initializer=name)) for _ in "12"]
print("right:", named[0][0, :2], named[1][0, :2])
print("wrong:", twins[0][0, :2], twins[1][0, :2])
np.testing.assert_array_equal(*twins)
assert np.all(named[0] != named[1]) and np.all(moved[0] != moved[1])

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** In
#    ``MultiHeadAttention`` and ``GroupQueryAttention``, an initializer with a
#    seed makes twins of weights of the same shape: key and value begin with the
#    same kernel. Pass no seed here, and call ``set_random_seed`` instead.

seeded = keras.initializers.GlorotUniform(seed=7)
attention = layers.MultiHeadAttention(2, 4, kernel_initializer=seeded)
of_groups = layers.GroupQueryAttention(4, 2, 1, kernel_initializer=seeded)
for layer in (attention, of_groups):
    layer.build((1, 5, 6), (1, 5, 6))  # (batch, steps, features)
    _, _, of_key, _, of_value, *_ = layer.get_weights()
    np.testing.assert_array_equal(of_key, of_value)

# %%
# See it
# ------
# The kernels of both pairs of layers: dark orange is -1/2, dark purple 1/2.

fig, axes = plt.subplots(1, 4, figsize=(6, 3), layout="constrained")
fig.suptitle("A shared initializer makes twins")
titles = ["shared", "shared", "by name", "by name"]
for axis, title, kernel in zip(axes, titles, [*twins, *named]):
    axis.imshow(kernel, cmap="PuOr", vmin=-0.5, vmax=0.5)
    axis.set(title=title, xlabel="units", xticks=[], yticks=[])
axes[0].set(ylabel="features")
plt.show()
