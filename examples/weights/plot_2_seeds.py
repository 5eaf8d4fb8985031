r"""
A layer's seed is drawn when the layer is made
==============================================

An initializer that is given no seed draws one from Python's ``random``, once,
and from then on it returns the same numbers at each call. In formulas, for a
kernel of the default initializer, with :math:`u` drawn from the seed:

.. math:: W = \text{limit} \cdot (2 u - 1), \qquad 0 \le u < 1
"""

import random

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# `set_random_seed`_ seeds Python's ``random``, NumPy and the backend. Two
# layers are made after it, and a third just before it is called again.
#
# .. _set_random_seed: https://keras.io/api/utils/python_utils/

features, units = 16, 8


def build(**options):
    """Make a Dense layer; return its kernel, (features, units)."""
    dense = keras.layers.Dense(units, **options)
    dense.build((None, features))
    return kernel_of(dense)


def kernel_of(dense):
    kernel, bias = dense.get_weights()
    np.testing.assert_equal(kernel.shape, (features, units))
    np.testing.assert_equal(kernel.dtype, np.float32)
    np.testing.assert_array_equal(bias, np.zeros(units))
    return kernel


keras.utils.set_random_seed(313)
first, second = build(), build()
third = keras.layers.Dense(units)
keras.utils.set_random_seed(2022)
third.build((None, features))
kernels = [first, second, kernel_of(third)]

# %%
# Compute it
# ----------
# Python alone can tell which seeds were drawn. The limit of the default
# initializer, ``glorot_uniform``, is one half for this many features and units.


def seeds_after(seed, count):
    """The seeds that initializers draw after set_random_seed(seed)."""
    generator = random.Random(seed)
    return [generator.randint(1, 10**9) for _ in range(count)]


def uniform(seed):
    """Numbers from 0 up to 1, (features, units), drawn from a seed."""
    initializer = keras.initializers.RandomUniform(0, 1, seed=seed)
    return build(kernel_initializer=initializer)


seeds = seeds_after(313, 3)
limit = np.sqrt(6 / (features + units))
expected = [limit * (2 * uniform(seed) - 1) for seed in seeds]

# %%
# ``Orthogonal`` makes right angles out of a normal draw, whatever its scale.
# `np.linalg.qr`_ does the same in float64: a matrix is split into an orthogonal
# and a triangular one, and the signs on the diagonal of the second are given to
# the first. (With fewer features than units, Keras draws them the other way
# round, and transposes what it gets.)
#
# .. _np.linalg.qr: https://numpy.org/doc/stable/reference/generated/numpy.linalg.qr.html


def orthogonal(normal):
    """The orthogonal kernel of a normal draw, (features, units or fewer)."""
    q, r = np.linalg.qr(normal)
    return q * np.sign(np.diag(r))


normal = build(kernel_initializer=keras.initializers.RandomNormal(seed=7))
expected_orthogonal = orthogonal(normal.astype("float64"))

# %%
# Check it
# --------
# A limit of one half leaves nothing to round. The third layer ignores the seed
# that was set after it had been made.

print("seeds:", seeds)
np.testing.assert_array_equal(kernels, expected)

# %%
# How far rounding moves an orthogonal matrix depends on how close to each other
# the columns of the draw are, which its condition number tells. A rounding unit
# is that number of epsilons here, and the limit is one for each of the eight
# columns, which are found one after the other. A wrong sign is far beyond it.

initializer = keras.initializers.Orthogonal(gain=3, seed=7)
kernel = build(kernel_initializer=initializer).astype("float64")
rounding_unit = np.finfo("float32").eps * np.linalg.cond(normal)
error = np.abs(kernel / 3 - expected_orthogonal)
print(f"orthogonal: largest error {np.max(error / rounding_unit):.2f} units")
np.testing.assert_array_less(error, units * rounding_unit)

right_angles = np.abs(kernel.T @ kernel / 9 - np.eye(units))
np.testing.assert_array_less(right_angles, units * rounding_unit)

# %%
# Any function of a shape and a dtype is an initializer, and so is an array.


def countdown(shape, dtype):
    """Whole numbers down to 0, in the given shape."""
    falling = np.arange(np.prod(shape))[::-1].reshape(shape)
    return keras.ops.convert_to_tensor(falling, dtype=dtype)


falling = np.arange(127, -1, -1).reshape(16, 8)
for initializer in (countdown, falling):
    kernel = build(kernel_initializer=initializer)
    np.testing.assert_array_equal(kernel, falling)

# %%
# Break it
# --------
# One initializer handed to two layers gives both the same kernel, seed or no
# seed, and what is the same at the start can stay the same in training. A name
# makes a new initializer for each layer; a ``SeedGenerator`` as the seed moves
# on with each draw, and begins with what the plain number gives.

unseeded = keras.initializers.GlorotUniform()
moving = keras.initializers.GlorotUniform(keras.random.SeedGenerator(7))
shared = [build(kernel_initializer=unseeded) for _ in range(2)]
named = [build(kernel_initializer="glorot_uniform") for _ in range(2)]
moved = [build(kernel_initializer=moving) for _ in range(2)]

np.testing.assert_array_equal(shared[0], shared[1])
np.testing.assert_array_equal(moved[0], 0.5 * (2 * uniform(7) - 1))
for one, other in (kernels[:2], named, moved):
    print("equal entries:", np.count_nonzero(one == other), "of", one.size)
    np.testing.assert_equal(np.count_nonzero(one == other) < one.size / 8, True)

seeds = seeds_after(2022, 3)
computed = [0.5 * (2 * uniform(seed) - 1) for seed in seeds]
np.testing.assert_array_equal([shared[0], *named], computed)
np.testing.assert_equal(np.array_equal(moved[1], moved[0]), False)

# %%
# See it
# ------

panels = {"initializer shared": shared, "initializer by name": named}
fig, axes = plt.subplots(1, 4, figsize=(5, 3.2), layout="constrained")
fig.suptitle("A shared initializer makes twins")
for axis, kernel in zip(axes, [*shared, *named]):
    axis.imshow(kernel, cmap="PuOr", vmin=-0.5, vmax=0.5)
    axis.set(xticks=[], yticks=[])
for axis, name in zip(axes[::2], panels):
    axis.set_title(name, loc="left")
plt.show()
