r"""
Normalizers look along an axis
==============================

Most activations act on each unit by itself. In four others, what a unit
returns depends on other units too, and so does what training tells it.
``softmax`` divides one whole among all:

.. math::

   p_j = \frac{e^{z_j}}{\sum_k e^{z_k}}, \qquad
   \frac{\partial}{\partial z_k} \sum_j c_j p_j
   = p_k \left( c_k - \sum_j c_j p_j \right)
"""

import functools

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# Each of three steps picks a row of the kernel, in the second sample twice. It
# also picks a row of zeros, in which a training step with learning rate 1 will
# leave minus the gradient, unrounded. Quarters are exact in float32. ``glu``
# gets two units: a value and its gate.

logits = [[3, 1, -2, 1.5], [1.25, 0.75, -1, 0.25], [-0.5, -0.25, -1, -0.75]]
bias = np.array([0.25, -0.75, 0.5, -1])  # (units,)
kernel = np.concatenate([logits - bias, np.zeros((3, 4))])  # (features, units)
pick = np.tile(np.eye(3), 2)  # (steps, features)
x = np.stack([pick, 2 * pick])  # (batch, steps, features)

along_steps = functools.partial(keras.activations.softmax, axis=1)
layers = {
    "softmax": keras.layers.Dense(4, activation="softmax"),
    "softmax, axis=1": keras.layers.Dense(4, activation=along_steps),
    "log_softmax": keras.layers.Dense(4, activation="log_softmax"),
    "sparsemax": keras.layers.Dense(4, activation="sparsemax"),
    "glu": keras.layers.Dense(2, activation="glu"),
}
inputs = keras.Input(shape=(3, 6))
model = keras.Model(inputs, {name: layers[name](inputs) for name in layers})
for layer in layers.values():
    layer.set_weights([kernel[:, : layer.units], bias[: layer.units]])

y = model.predict(x, verbose=0)  # {name: (batch, steps, units)}

shapes = {name: (2, 3, 1 if name == "glu" else 4) for name in layers}
np.testing.assert_equal({name: y[name].shape for name in layers}, shapes)
np.testing.assert_equal({of.dtype for of in y.values()}, {np.dtype("float32")})

# %%
# The loss is ``sum(c * y)``, with another weight for each entry: equal ones
# would hide that one unit moves others.

c = {name: np.random.randint(1, 9, size=shapes[name][1:]) for name in layers}
model.compile(
    optimizer=keras.optimizers.SGD(learning_rate=1.0),
    loss=lambda c, y: keras.ops.sum(c * y),
    run_eagerly=True,  # for a single step, compiling would take longer
)
losses = model.train_on_batch(x[:1], {name: c[name][np.newaxis] for name in c})
kernels = {of: keras.ops.convert_to_numpy(layers[of].kernel) for of in layers}

# %%
# Compute it
# ----------
# ``sparsemax`` lowers all units alike until those above zero add up to one;
# ``as_keras`` is explained below. Derivatives come from difference quotients:
# nudge one number, and see what the loss gains. That of ``softmax`` is written
# out as well. To lower all numbers by the largest changes no quotient, and no
# power overflows.


def softmax(z, axis=-1):
    powers = np.exp(z - np.max(z, axis, keepdims=True))
    return powers / np.sum(powers, axis, keepdims=True)


def softmax_gradient(z, c):
    p = softmax(z)
    return p * (c - np.sum(c * p, axis=-1, keepdims=True))


def log_softmax(z):
    lowered = z - np.max(z, axis=-1, keepdims=True)
    powers = np.exp(lowered)
    return lowered - np.log(np.sum(powers, axis=-1, keepdims=True))


def sparsemax(z, as_keras=False):
    largest = -np.sort(-z, axis=-1)
    totals = np.cumsum(largest, axis=-1)
    support = 1 + np.arange(1, z.shape[-1] + 1) * largest > totals
    added = np.where(support, totals if as_keras else largest, 0)
    excess = np.sum(added, axis=-1, keepdims=True) - 1
    return np.maximum(z - excess / np.sum(support, axis=-1, keepdims=True), 0)


def glu(z):
    value, gate = np.split(z, 2, axis=-1)
    return value / (1 + np.exp(-gate))


def nudged(function, z, c, nudge=1e-5):
    gradient = np.zeros(z.shape)
    for place in np.ndindex(z.shape):
        change = np.zeros(z.shape)
        change[place] = nudge
        gain = function(z + change) - function(z - change)
        gradient[place] = np.sum(c * gain) / (2 * nudge)
    return gradient


functions = {
    "softmax": softmax,
    "softmax, axis=1": functools.partial(softmax, axis=-2),
    "log_softmax": log_softmax,
    "sparsemax": functools.partial(sparsemax, as_keras=True),
    "glu": glu,
}
z = x @ kernel + bias  # (batch, steps, units)

# %%
# Check it
# --------
# The limit is four rounding units, ``2**-23`` of the value. ``log_softmax`` and
# ``sparsemax`` subtract a sum that was rounded at the size of 1: for them, 1 is
# added to the value. A gradient has four units of the sum of its weights.

eps, terms = np.finfo("float32").eps, []
for name, function in functions.items():
    its_z = z[..., : layers[name].units]
    expected = function(its_z)
    unit = eps * (np.abs(expected) + (name in ("log_softmax", "sparsemax")))
    error = np.abs(y[name] - expected)
    gradient = -kernels[name][3:]  # (steps, units)
    slope_error = np.abs(gradient - nudged(function, its_z[0], c[name]))
    slope_unit = eps * np.sum(c[name])
    parts = np.max(error / unit), np.max(slope_error / slope_unit)
    print("{:15} {:.2f} units, gradient {:.2f}".format(name, *parts))
    np.testing.assert_array_less(error, 4 * unit, name)
    np.testing.assert_array_less(slope_error, 4 * slope_unit, name)
    terms += [*np.ravel(c[name] * expected[0])]

loss_limit = (len(terms) / 2 + 4) * eps * np.sum(np.abs(terms))
np.testing.assert_array_less(np.abs(losses[0] - np.sum(terms)), loss_limit)

gradient = -kernels["softmax"][3:]  # by the formula on top, without any nudge
error = np.abs(gradient - softmax_gradient(z[0], c["softmax"]))
np.testing.assert_array_less(error, 4 * eps * np.sum(c["softmax"]))

# %%
# What Keras gets wrong
# ---------------------
# ``sparsemax`` of Keras 3.15.1 adds up running totals instead of the numbers
# themselves (`mended later`_). That is right where one unit leads by 1 or more,
# and gets all. Where several share, the sum is hardly ever one.
#
# .. _mended later: https://github.com/keras-team/keras/pull/23469

right = sparsemax(z)
alone = np.count_nonzero(right, axis=-1) == 1  # (batch, steps)
sums = np.sum(y["sparsemax"], axis=-1)
print("sums where one gets all:", sums[alone], "several share:", sums[~alone])

np.testing.assert_equal(np.allclose(np.sum(right, axis=-1), 1), True)
np.testing.assert_array_equal(y["sparsemax"][alone], right[alone])
np.testing.assert_equal(np.any(np.isclose(sums[~alone], 1)), False)

# %%
# And ``Dense`` does not know that ``glu`` halves its units. It declares all of
# them, and a layer after it is built for the wrong number. ``glu`` by itself is
# declared right.

by_itself = keras.activations.glu(keras.layers.Dense(2)(inputs))
print("declared:", layers["glu"].output.shape, "by itself:", by_itself.shape)

np.testing.assert_equal(layers["glu"].output.shape, (None, 3, 2))
np.testing.assert_equal(by_itself.shape, (None, 3, 1))

# %%
# Break it
# --------
# ``np.sum`` without an axis divides one whole among all samples. And the
# derivative :math:`p (1 - p)` leaves out what the others win or lose.

over_all = np.exp(z) / np.sum(np.exp(z))
lonely = c["softmax"] * softmax(z[0]) * (1 - softmax(z[0]))
for wrong, found in ((over_all, y["softmax"]), (lonely, gradient)):
    differs = ~np.isclose(found, wrong)
    print(f"{np.count_nonzero(differs)} of {wrong.size} are wrong")
    np.testing.assert_equal(np.all(differs), True)

# %%
# See it
# ------
# One unit goes from -3 to 3 while three others stay. For ``glu`` it is a gate.
# ``sparsemax`` is drawn as it should be.

z = np.tile([0, 0.5, -0.5, 0], (121, 1))  # (samples, units)
z[:, 0] = t = np.linspace(-3, 3, 121)
panels = {f.__name__: f(z) for f in (softmax, log_softmax, sparsemax)}
panels["glu"] = glu(z[:, [1, 2, 0, 3]])
fig, axes = plt.subplots(
    2, 2, figsize=(6, 3.6), sharex=True, layout="constrained"
)
for axis, (name, values) in zip(axes.flat, panels.items()):
    for unit, color in enumerate(["C0", "C1"]):
        axis.plot(t, values[:, unit], color=color, label=f"unit {unit}")
        axis.plot(t, np.gradient(values[:, unit], t), "--", color=color)
    axis.set_title(name)
axes[0, 0].legend()
fig.suptitle("One unit moves others: value (solid), derivative (dashed)")
plt.show()
