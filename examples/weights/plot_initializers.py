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
# Uniform numbers from -1 to 1 have the variance 1/3. Normal numbers between -2
# and 2 (others are drawn again) have the deviation 0.8796... For Glorot,
# ``mode`` is ``"fan_avg"``. For He, ``scale`` is 2. Those called normal are cut
# off.


def variance_scaling(
    draw, scale=1.0, mode="fan_in", distribution="truncated_normal"
):
    """Scale random numbers to the variance scale / fan (He et al., 2015, 2.2).

    draw: (features, units), or (..., inputs, outputs) for a convolution, from
    -1 to 1 ("uniform"), standard normal ("untruncated_normal"), or the latter
    cut off at -2 and 2. Returns its shape.
    """
    window = np.prod(draw.shape[:-2])  # 1 for Dense
    fan_in, fan_out = window * draw.shape[-2], window * draw.shape[-1]
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
# With the same seed, Keras scales the numbers that a plain initializer draws.

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
