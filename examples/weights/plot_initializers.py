r"""
Initializers: Glorot, He and LeCun fit the weights to the layer
===============================================================

These initializers draw random numbers and stretch them to a variance. The more
inputs or outputs a layer has, the smaller its first weights are:

.. math:: \operatorname{var}(W) = \frac{\text{scale}}{\text{fan}}

The fan of a ``Dense`` layer is the number of its features (*fan in*), of its
units (*fan out*), or the mean of both, which Glorot takes. He and LeCun take
the fan in, and He doubles the scale, as ``relu`` sets one half to zero.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import initializers as init

# %%
# Build it
# --------
dense = keras.layers.Dense(300, kernel_initializer=init.HeNormal(seed=7))
dense.build((None, 100))
kernel, bias = dense.get_weights()  # (features, units), (units,)
print(f"variance {kernel.var():.4f}, and 2 / 100 is {2 / 100}")

# %%
# Compute it
# ----------
# A draw from -1 to 1 has the variance 1/3. A normal draw cut off at -2 and 2
# has lost some variance, for which the odd number makes up.


def variance_scaling(
    draw, scale=1.0, mode="fan_in", distribution="truncated_normal"
):
    """Stretch a draw to the variance scale / fan (He et al., 2015, 2.2).

    draw: (..., inputs, outputs), from -1 to 1 ("uniform"), standard normal
    ("untruncated_normal"), or the latter cut off at -2 and 2. Returns its
    shape.
    """
    fan_in, fan_out = np.multiply(draw.shape[-2:], np.prod(draw.shape[:-2]))
    fan_avg = (fan_in + fan_out) / 2
    fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": fan_avg}[mode]
    if distribution == "uniform":
        draw = np.sqrt(3) * draw
    elif distribution == "truncated_normal":
        draw = draw / 0.87962566103423978
    return np.sqrt(scale / fan) * draw


# %%
# Check it
# --------
# With the same seed, Keras stretches the numbers of a plain draw.


def drawn(initializer, shape=(100, 300)):
    return np.float64(keras.ops.convert_to_numpy(initializer(shape)))


uniform, normal = init.RandomUniform(-1, 1, 7), init.RandomNormal(0, 1, 7)
cut = init.TruncatedNormal(0, 1, 7)
own = (0.5, "fan_out", "untruncated_normal")
cases = [
    (init.GlorotUniform(7), uniform, (1, "fan_avg", "uniform")),
    (init.GlorotNormal(7), cut, (1, "fan_avg")),
    (init.HeUniform(7), uniform, (2, "fan_in", "uniform")),
    (init.HeNormal(7), cut, (2,)),
    (init.LecunUniform(7), uniform, (1, "fan_in", "uniform")),
    (init.LecunNormal(7), cut, ()),
    (init.VarianceScaling(*own, 7), normal, own),
]
tolerance = 1000 * np.finfo("float32").eps
for keras_initializer, base, arguments in cases:
    for shape in [(100, 300), (3, 3, 16, 32)]:  # of Dense and Conv2D
        w = drawn(keras_initializer, shape)
        expected = variance_scaling(drawn(base, shape), *arguments)
        np.testing.assert_allclose(w, expected, tolerance, tolerance)
np.testing.assert_array_equal(kernel, drawn(init.HeNormal(7)))
np.testing.assert_array_equal(bias, np.zeros(300))

# %%
# The plain draws have mean 0 and the variances that we took for granted, up to
# six standard errors. ``Identity`` and ``Constant`` draw nothing.

for base, variance in [(uniform, 1 / 3), (normal, 1), (cut, 0.8796256610**2)]:
    draw = drawn(base) / np.sqrt(variance)
    error = abs(draw.mean()), abs(np.mean(draw**2) - 1)
    np.testing.assert_array_less(error, 6 * np.sqrt(2 / draw.size))
np.testing.assert_array_equal(drawn(init.Identity(2), (3, 4)), 2 * np.eye(3, 4))
np.testing.assert_array_equal(drawn(init.Constant(0.25), (3,)), [0.25] * 3)

# %%
# Break it
# --------
# Are your kernels (units, features), as in PyTorch? Then the fans trade places.

assert not np.allclose(kernel, variance_scaling(drawn(cut).T, 2).T)

# %%
# See it
# ------
# Numbers go through twenty layers with ``relu``. Only He keeps their size.

rng = np.random.default_rng(313)
fig, axis = plt.subplots(figsize=(6, 3.4))
for name, scale in [("He", 2), ("LeCun, Glorot", 1), ("deviation 0.05", 0.64)]:
    y, sizes = rng.normal(size=(200, 256)), []  # (batch, features)
    for _ in range(20):
        draw = rng.uniform(-1, 1, size=(256, 256))
        y = y @ variance_scaling(draw, scale, distribution="uniform")
        y = np.maximum(0, y)
        sizes.append(np.mean(y**2))
    axis.semilogy(np.arange(1, 21), sizes, "o-", label=name)
axis.set(xlabel="layer", ylabel="mean square", title="Size of a signal")
axis.legend()
plt.show()
