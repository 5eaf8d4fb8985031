r"""
Seeds: what set_random_seed and an initializer's seed fix
=========================================================

An initializer returns the same numbers at each call: those of its seed. If you
give it no seed, it draws one when it is made. ``set_random_seed`` fixes these
draws. So two layers that share an initializer start as twins.

The default kernel of a ``Dense`` layer (Glorot uniform) is made of uniform
numbers :math:`u`, which come from that seed:

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
# The initializers draw their seeds when the layers are made, and their numbers
# when the layers are built. Which of two calls of ``set_random_seed`` counts?

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
# Keras 3.15.1 draws its seeds from Python's ``random``, which
# ``set_random_seed`` seeds, too. So we can list them.


def seeds_after(seed, count):
    """The first seeds after set_random_seed (Keras, make_default_seed)."""
    generator = random.Random(seed)
    return [generator.randint(1, 10**9) for _ in range(count)]


# %%
# Check it
# --------
# The first call counts: the kernels come from the seeds that follow 313. (We
# let Keras draw :math:`u`.) A factor of one half rounds nothing.


def glorot_kernel(seed):
    """The kernel, (features, units), that Keras' numbers u give."""
    uniform = keras.initializers.RandomUniform(0, 1, seed=seed)
    u = keras.ops.convert_to_numpy(uniform((features, units)))
    return (2 * u - 1) / 2


for kernel, seed in zip(kernels, seeds_after(313, 3), strict=True):
    np.testing.assert_array_equal(kernel, glorot_kernel(seed), strict=True)

# %%
# A seed of your own is in the config of a layer, so a copy starts as a twin.

seeded = keras.initializers.GlorotUniform(seed=7)
layer = keras.layers.Dense(units, kernel_initializer=seeded)
copy = keras.layers.Dense.from_config(layer.get_config())
np.testing.assert_array_equal(kernel_of(layer), glorot_kernel(7))
np.testing.assert_array_equal(kernel_of(copy), glorot_kernel(7))

# %%
# Break it
# --------
# May two layers share an initializer without a seed? They become twins, too.
# The name ``"glorot_uniform"`` makes a new initializer for each layer.


def two_kernels(initializer):
    first = keras.layers.Dense(units, kernel_initializer=initializer)
    second = keras.layers.Dense(units, kernel_initializer=initializer)
    return kernel_of(first), kernel_of(second)


shared_1, shared_2 = two_kernels(keras.initializers.GlorotUniform())
np.testing.assert_array_equal(shared_1, shared_2)
named_1, named_2 = two_kernels("glorot_uniform")
assert np.any(named_1 != named_2)

# %%
# With a ``SeedGenerator`` each draw differs. The first one is that of the seed.

generator = keras.random.SeedGenerator(7)
moving_1, moving_2 = two_kernels(keras.initializers.GlorotUniform(generator))
np.testing.assert_array_equal(moving_1, glorot_kernel(7))
assert np.any(moving_1 != moving_2)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** In
#    ``MultiHeadAttention`` and ``GroupQueryAttention``, an initializer with a
#    seed makes twins of weights of the same shape: key and value begin with the
#    same kernel.

for layer in (
    keras.layers.MultiHeadAttention(2, 4, kernel_initializer=seeded),
    keras.layers.GroupQueryAttention(4, 2, 1, kernel_initializer=seeded),
):
    layer.build((1, 5, 6), (1, 5, 6))  # (batch, steps, features)
    _, _, of_key, _, of_value, *_ = layer.get_weights()
    np.testing.assert_array_equal(of_key, of_value)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On TensorFlow,
#    after ``set_random_seed``, all epochs of ``keras.Model.fit`` have the same
#    order of samples. Without a seed, each has its own.

orders = []


class Log(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs):
        orders.append(logs["loss"])  # the mean of all batches so far


keras.utils.set_random_seed(313)
model = keras.Sequential([keras.layers.Dense(1, kernel_initializer="zeros")])
model.compile(keras.optimizers.SGD(0.0), "mse")
options = {"epochs": 2, "callbacks": [Log()], "verbose": 0}
model.fit(np.ones((20, 1)), np.arange(20.0), 1, **options)
if keras.backend.backend() == "tensorflow":
    np.testing.assert_array_equal(orders[:20], orders[20:])
else:
    assert not np.allclose(orders[:20], orders[20:])

# %%
# Would you set the ``seed`` of a layer to get the same weights again? That is
# the seed of its dropout.

layers = [keras.layers.GRU(4, seed=7) for _ in range(2)]
for layer in layers:
    layer.build((1, 5, 6))
assert np.any(layers[0].get_weights()[0] != layers[1].get_weights()[0])

# %%
# See it
# ------

fig, axes = plt.subplots(1, 4, figsize=(6, 3.4))
fig.suptitle("A shared initializer makes twins")
titles = ["shared", "shared", "by name", "by name"]
kernels = [shared_1, shared_2, named_1, named_2]
for axis, title, kernel in zip(axes, titles, kernels):
    axis.imshow(kernel, cmap="PuOr", vmin=-0.5, vmax=0.5)
    axis.set(title=title, xlabel="units", xticks=[], yticks=[])
axes[0].set(ylabel="features")
plt.show()
