r"""
Initializers: Glorot, He and LeCun fit the weights to the layer
===============================================================

These initializers draw random numbers and scale them to a given variance. A
layer with more inputs or outputs gets smaller first weights:

.. math:: \operatorname{var}(W) = \frac{\text{scale}}{\text{fan}}

The fan of a ``Dense`` layer is the number of its features (*fan in*), of its
units (*fan out*), or the mean of both, which Glorot takes. He and LeCun take
the fan in. He has scale 2, as ``relu`` sets about half of the numbers to zero.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import initializers

# %%
# Build it
# --------
dense = keras.layers.Dense(300, kernel_initializer=initializers.HeNormal(7))
dense.build((None, 100))
kernel = dense.get_weights()[0]  # (features, units)
print(f"variance {kernel.var():.4f}, close to 2 / 100")

# %%
# Compute it
# ----------
# With the same seed, ``TruncatedNormal`` draws the numbers that ``HeNormal``
# scales: normal numbers between -2 and 2 (others are drawn again). They have
# the deviation 0.8796... Divide by it, and the variance is 1. Multiply by the
# root of 2 / fan, and the variance is 2 / fan.

draw = initializers.TruncatedNormal(0, 1, seed=7)((100, 300))
draw = keras.ops.convert_to_numpy(draw)
features, units = draw.shape  # the fan in, and the fan out
he_kernel = np.sqrt(2 / features) * draw / 0.8796257  # (features, units)

# %%
# The whole function takes any fan, scale and distribution. Uniform numbers from
# -1 to 1 have the variance 1/3. For Glorot, ``mode`` is ``"fan_avg"``. For He,
# ``scale`` is 2. Those called normal are cut off.

from keras_by_hand import variance_scaling

# %%
# Check it
# --------
# With the same seed, Keras scales the numbers that a plain initializer draws.

np.testing.assert_allclose(kernel, he_kernel, rtol=1e-4, atol=1e-5)

tolerance = 1000 * np.finfo("float32").eps
uniform = initializers.RandomUniform(-1, 1, seed=7)
normal = initializers.RandomNormal(0, 1, seed=7)
truncated = initializers.TruncatedNormal(0, 1, seed=7)


def drawn(initializer, shape=(100, 300)):
    return keras.ops.convert_to_numpy(initializer(shape)).astype("float64")


def check(initializer, plain, **arguments):
    for shape in [(100, 300), (3, 3, 16, 32)]:  # of Dense and Conv2D
        w = drawn(initializer, shape)
        expected = variance_scaling(drawn(plain, shape), **arguments)
        np.testing.assert_allclose(w, expected, tolerance, tolerance)


flat = {"distribution": "uniform"}
check(initializers.GlorotUniform(7), uniform, mode="fan_avg", **flat)
check(initializers.GlorotNormal(7), truncated, mode="fan_avg")
check(initializers.HeUniform(7), uniform, scale=2, **flat)
check(initializers.HeNormal(7), truncated, scale=2)
check(initializers.LecunUniform(7), uniform, **flat)
check(initializers.LecunNormal(7), truncated)
own = {"mode": "fan_out", "distribution": "untruncated_normal", "scale": 0.5}
check(initializers.VarianceScaling(**own, seed=7), normal, **own)
np.testing.assert_array_equal(kernel, drawn(initializers.HeNormal(7)))

# %%
# The plain numbers have mean 0 and the deviations that the function assumes.
for plain, deviation in [(uniform, 3**-0.5), (normal, 1), (truncated, 0.8796)]:
    draw = drawn(plain) / deviation
    np.testing.assert_allclose([draw.mean(), draw.std()], [0, 1], atol=0.03)

# %%
# An ``Embedding`` does not ask for its size: by default, it draws uniform
# numbers between -0.05 and 0.05. PyTorch draws normal ones with a deviation of
# 1, about 35 times as large.

embedding = keras.layers.Embedding(1000, 64)
embedding.build()
(table,) = embedding.get_weights()
np.testing.assert_allclose([table.min(), table.max()], [-0.05, 0.05], rtol=0.01)
np.testing.assert_allclose(1 / np.std(table), 35, atol=1)

# %%
# Break it
# --------
# Are your kernels (units, features), as in PyTorch? Then the function takes the
# units for the fan in. Pass ``mode="fan_out"`` instead.

pytorch_kernel = variance_scaling(drawn(truncated).T, scale=2)
assert not np.allclose(pytorch_kernel.T, kernel)
pytorch_kernel = variance_scaling(drawn(truncated).T, 2, mode="fan_out")
np.testing.assert_allclose(pytorch_kernel.T, kernel, tolerance, tolerance)

# %%
# See it
# ------
# Numbers go through twenty ``relu`` layers. Only He roughly keeps their size.

rng = np.random.default_rng(313)
fig, axis = plt.subplots(figsize=(6, 3.4))
for name, scale in [("He", 2), ("LeCun, Glorot", 1)]:
    y, sizes = rng.normal(size=(200, 256)), []  # y: (batch, features)
    for _ in range(20):
        w = variance_scaling(rng.uniform(-1, 1, (256, 256)), scale, **flat)
        y = np.maximum(0, y @ w)
        sizes.append(np.mean(y**2))
    axis.semilogy(np.arange(1, 21), sizes, "o-", label=name)
    np.testing.assert_equal(0.1 < sizes[-1] < 10, name == "He")
axis.set(xlabel="layer", ylabel="mean square", title="Size of a signal")
axis.legend()
plt.show()
