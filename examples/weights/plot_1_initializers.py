r"""
An initializer fits its draw to the layer
=========================================

The first weights are drawn at random and then stretched: the more inputs or
outputs a layer has, the smaller they are. Glorot, He and LeCun differ in the
scale and in the fan only:

.. math:: \operatorname{var}(W) = \frac{\text{scale}}{\text{fan}}

The fan of a ``Dense`` layer is the number of its features (*fan in*), of its
units (*fan out*), or the mean of both (*fan average*).
"""

import math

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# Each of these `initializers`_ is a ``VarianceScaling`` of some scale, fan and
# distribution. ``kernel_initializer`` also takes a name, as in ``"he_normal"``,
# but then no seed.
#
# .. _initializers: https://keras.io/api/layers/initializers/

features, units = 100, 300
recipes = {
    "GlorotUniform": (1, "fan_avg", "uniform"),
    "GlorotNormal": (1, "fan_avg", "truncated_normal"),
    "HeUniform": (2, "fan_in", "uniform"),
    "HeNormal": (2, "fan_in", "truncated_normal"),
    "LecunUniform": (1, "fan_in", "uniform"),
    "LecunNormal": (1, "fan_in", "truncated_normal"),
    "VarianceScaling": (0.5, "fan_out", "untruncated_normal"),
}


def first_kernel(name, *arguments, **options):
    """The kernel of a new Dense layer, (features, units)."""
    initializer = getattr(keras.initializers, name)(*arguments, **options)
    dense = keras.layers.Dense(units, kernel_initializer=initializer)
    dense.build((None, features))
    kernel, bias = dense.get_weights()
    np.testing.assert_equal(kernel.shape, (features, units), name)
    np.testing.assert_equal(kernel.dtype, np.float32, name)
    np.testing.assert_array_equal(bias, np.zeros(units), name)
    return kernel


kernels = {name: first_kernel(name, seed=7) for name in list(recipes)[:6]}
own = recipes["VarianceScaling"]
kernels["VarianceScaling"] = first_kernel("VarianceScaling", *own, seed=7)

# %%
# With the same seed, these draw the numbers that the others stretch.

draws = {
    "uniform": first_kernel("RandomUniform", 0, 1, seed=7),
    "truncated_normal": first_kernel("TruncatedNormal", 0, 1, seed=7),
    "untruncated_normal": first_kernel("RandomNormal", 0, 1, seed=7),
}

# %%
# Compute it
# ----------
# Uniform numbers between plus and minus a limit have a third of its square as
# their variance. A normal distribution cut off at two standard deviations has
# lost some of its variance, which the initializer makes up for.

density = math.exp(-2) / math.sqrt(2 * math.pi)  # at two standard deviations
variances = {  # of the draws
    "uniform": 1 / 12,
    "truncated_normal": 1 - 4 * density / math.erf(math.sqrt(2)),
    "untruncated_normal": 1,
}


def stretch(draw, distribution, variance):
    """A draw of shape (features, units), stretched to a variance."""
    if distribution == "uniform":
        limit = np.sqrt(3 * variance)
        return limit * (2 * draw - 1)
    return np.sqrt(variance / variances[distribution]) * draw


average = (features + units) / 2
fans = {"fan_in": features, "fan_out": units, "fan_avg": average}
expected = {}
for name, (scale, fan, distribution) in recipes.items():
    draw = draws[distribution].astype("float64")
    expected[name] = stretch(draw, distribution, scale / fans[fan])

# %%
# Check it
# --------
# Keras rounds the limit or the deviation, a product, and for uniform numbers a
# difference: four roundings at most, each by half an epsilon of the largest
# entry or less.

epsilon = np.finfo("float32").eps
for name, kernel in kernels.items():
    error = np.abs(kernel - expected[name])
    unit = epsilon * np.abs(kernel).max()
    print(f"{name:15} deviation {kernel.std():.4f}", end="")
    print(f", largest error {np.max(error / unit):.2f} rounding units")
    np.testing.assert_array_less(error, 2.0 * unit, err_msg=name)

# %%
# Each backend draws other numbers, of the same distribution. Their mean and
# mean square stay within six standard errors, but for a few times in a thousand
# million. Where the cut is missing, 4.6 % are beyond it. (On PyTorch, Keras
# gives up after four draws, and leaves a few in a million.)

means = {"uniform": 0.5, "truncated_normal": 0, "untruncated_normal": 0}
for name, draw in draws.items():
    draw, variance = draw - float(means[name]), variances[name]
    error = abs(draw.mean()), abs(np.mean(draw**2) - variance)
    limit = np.sqrt([variance, 2 * variance**2]) * 6 / np.sqrt(draw.size)
    np.testing.assert_array_less(error, limit, err_msg=name)

cut, uncut = (np.mean(np.abs(draws[name]) > 2) for name in list(draws)[1:])
print(f"beyond the cut: {cut:.1%}, without it {uncut:.1%}")
np.testing.assert_equal((cut < 1e-3, uncut > 0.04), (True, True))

# %%
# Some initializers draw nothing. ``bias_initializer`` takes all those that are
# not made for matrices.

dense = keras.layers.Dense(
    3,
    kernel_initializer=keras.initializers.Identity(gain=2),
    bias_initializer=keras.initializers.Constant(0.25),
)
inputs = keras.Input(shape=(4,))
x = np.arange(20).reshape(5, 4)  # (batch, features)
y = keras.Model(inputs, dense(inputs)).predict(x, verbose=0)
np.testing.assert_equal((y.shape, y.dtype), ((5, 3), np.float32))
np.testing.assert_array_equal(y, 2 * x[:, :3] + 0.25)
np.testing.assert_array_equal(first_kernel("Ones"), np.ones((100, 300)))

# %%
# Break it
# --------
# Taking the units for the fan in, or forgetting that the cut has cost variance,
# gets no entry right.

kernel, draw = kernels["HeNormal"], draws["truncated_normal"]
other_fan = stretch(draw, "truncated_normal", 2 / units)
uncorrected = np.sqrt(2 / features) * draw
for wrong in (other_fan, uncorrected):
    print(f"wrong by a factor of {wrong.std() / kernel.std():.2f}")
    np.testing.assert_equal(np.count_nonzero(np.isclose(wrong, kernel)), 0)

# %%
# See it
# ------

fig, axes = plt.subplots(1, 2, figsize=(5.6, 3.6), layout="constrained")
fig.suptitle("Two draws, each stretched to three widths")
for axis, kind in zip(axes, ("Uniform", "Normal")):
    for name in ("He", "Glorot", "Lecun"):
        kernel = kernels[name + kind].ravel()
        axis.hist(kernel, 50, range=(-0.34, 0.34), histtype="step", label=name)
    axis.set(title=kind, xlabel="weight", yticks=[], ylim=(0, 2300))
axes[0].set(ylabel="how often")
axes[1].legend()
plt.show()
