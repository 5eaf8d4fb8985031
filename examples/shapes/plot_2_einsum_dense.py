r"""
EinsumDense: the equation says which axes meet
==============================================

``Dense`` always sums over the last axis. ``EinsumDense`` sums over the axes
that its equation leaves out of the result: it computes what ``np.einsum``
computes, and adds a bias over the axes of your choice.

.. math:: y_{b t u} = \sum_{s, f} x_{b s f} \, W_{s f t u} + b_{t u}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# A letter names an axis, such as ``b`` the batch, ``s`` the steps, ``f`` the
# features. `EinsumDense`_ takes an equation, the shape of the output after the
# batch, and the letters over which the bias varies: without them, there is
# none.
#
# .. _EinsumDense: https://keras.io/api/layers/core_layers/einsum_dense/

bias_axes = {
    "bsf,fu->bsu": "u",  # sums over the features, as Dense does
    "bsf,st->btf": "t",  # over the steps
    "bsf,sftu->btu": "tu",  # over both
    "bsf,sfu->bsu": "su",  # over the features, each step with its own kernel
    "bsf,fhd->bshd": "hd",  # over the features, for two heads
}
lengths = {"b": 8, "s": 3, "f": 4, "t": 5, "u": 6, "h": 2, "d": 7}


def shape(letters):
    return tuple(lengths[letter] for letter in letters)


def letters_of(equation):
    """The letters of the input, of the kernel, and of the result."""
    return equation.replace("->", ",").split(",")


inputs = keras.Input(shape=shape("sf"))
layers = {}
for equation, axes in bias_axes.items():
    output_shape = shape(letters_of(equation)[-1])[1:]
    layers[equation] = keras.layers.EinsumDense(
        equation, output_shape, bias_axes=axes
    )
model = keras.Model(inputs, [layer(inputs) for layer in layers.values()])

# %%
# The kernel has the axes of its letters. The bias has those of its own, and a
# length of 1 where it has to stretch: ``(t, 1)`` in the second equation.

bias_shapes = {equation: shape(axes) for equation, axes in bias_axes.items()}
bias_shapes["bsf,st->btf"] = (5, 1)
weight_shapes = {}
for equation, layer in layers.items():
    kernel_shape = shape(letters_of(equation)[1])
    weight_shapes[equation] = [kernel_shape, bias_shapes[equation]]
    found = [tuple(weight.shape) for weight in layer.weights]
    print(f"{equation:13} kernel and bias {found}")
    np.testing.assert_equal(found, weight_shapes[equation], err_msg=equation)

# %%
# Compute it
# ----------


def einsum_dense(equation, x, kernel, bias):
    """What EinsumDense computes: the bias broadcasts over the axes it lacks."""
    return np.einsum(equation, x, kernel) + bias


def terms(equation):
    """How many products each entry is the sum of."""
    _, meeting, kept = letters_of(equation)
    return np.prod(shape(set(meeting) - set(kept)))


# %%
# Check it
# --------
# With one more term for the bias, half of the terms is the limit in rounding
# units.

np.testing.assert_equal(
    [terms(equation) for equation in layers], [4, 3, 12, 4, 4]
)

x = np.random.normal(size=shape("bsf")).astype("float32")
weights = {}
for equation, layer in layers.items():
    drawn = [np.random.normal(size=size) for size in weight_shapes[equation]]
    weights[equation] = [array.astype("float32") for array in drawn]
    layer.set_weights(weights[equation])

for equation, y in zip(layers, model.predict(x, verbose=0)):
    kernel, bias = (array.astype("float64") for array in weights[equation])
    expected = einsum_dense(equation, x, kernel, bias)
    np.testing.assert_equal((y.shape, y.dtype), (expected.shape, np.float32))
    magnitude = einsum_dense(equation, np.abs(x), np.abs(kernel), np.abs(bias))
    rounding_unit = np.finfo("float32").eps * magnitude
    error = np.abs(y - expected)
    print(f"{equation:13} {np.max(error / rounding_unit):.2f} rounding units")
    limit = (terms(equation) + 1) / 2 * rounding_unit
    np.testing.assert_array_less(error, limit, err_msg=equation)

# %%
# With integers, to the bit:

x = np.random.randint(-9, 10, size=x.shape).astype("float32")
for equation, layer in layers.items():
    weights[equation] = [
        np.random.randint(-9, 10, size=size) for size in weight_shapes[equation]
    ]
    layer.set_weights(weights[equation])

y = dict(zip(layers, model.predict(x, verbose=0)))
for equation in layers:
    expected = einsum_dense(equation, x, *weights[equation])
    np.testing.assert_equal(y[equation].dtype, np.float32)
    np.testing.assert_array_equal(y[equation], expected, err_msg=equation)

# %%
# ``Dense`` layers that hold the same numbers, folded, find the same. The first
# equation *is* ``Dense``; the second is ``Dense`` between two swaps of axes;
# the third comes after ``Flatten``; the heads are one wide layer, to be cut up.
# Only a kernel for each step is nothing that ``Dense`` could do.

steps_last = np.swapaxes(x, 1, 2)
y_steps_last = np.swapaxes(y["bsf,st->btf"], 1, 2)
folded = {  # the input of a Dense layer, and its output
    "bsf,fu->bsu": (x, y["bsf,fu->bsu"]),
    "bsf,st->btf": (steps_last, y_steps_last),
    "bsf,sftu->btu": (x.reshape(8, 12), y["bsf,sftu->btu"].reshape(8, 30)),
    "bsf,fhd->bshd": (x, y["bsf,fhd->bshd"].reshape(8, 3, 14)),
}
for equation, (x_folded, y_folded) in folded.items():
    dense = keras.layers.Dense(y_folded.shape[-1])
    dense.build(x_folded.shape)
    kernel, bias = weights[equation]
    kernel = kernel.reshape(x_folded.shape[-1], -1)
    np.testing.assert_equal(dense.kernel.shape, kernel.shape, err_msg=equation)
    dense.set_weights([kernel, bias.reshape(-1)])
    y_dense = keras.ops.convert_to_numpy(dense(x_folded))
    np.testing.assert_equal(y_dense.dtype, np.float32)
    np.testing.assert_array_equal(y_dense, y_folded, err_msg=equation)

# %%
# Break it
# --------
# In the wide layer, the seven numbers of a head lie side by side. Whoever cuts
# it into seven rows of two, and transposes them, gets the right shape, but only
# the first number of the first head and the last of the second, and a few by
# chance.

heads = y["bsf,fhd->bshd"]  # (batch, steps, heads, depth)
wrong = heads.reshape(8, 3, 7, 2).swapaxes(-1, -2)
print("right entries:", np.count_nonzero(heads == wrong), "of", heads.size)

np.testing.assert_equal(wrong.shape, heads.shape)
np.testing.assert_equal(np.count_nonzero(heads == wrong) < heads.size / 5, True)

# %%
# See it
# ------
# Change one number of the input: which numbers of the output move?

moved = x.copy()
moved[0, 1, 2] += 1
panels = {"x: steps, features": (moved != x)[0]}
for equation in list(layers)[:3]:
    y_moved = keras.ops.convert_to_numpy(layers[equation](moved))
    expected = einsum_dense(equation, moved, *weights[equation])
    np.testing.assert_array_equal(y_moved, expected, err_msg=equation)
    panels[equation] = (y_moved != y[equation])[0]

fig, axes = plt.subplots(1, 4, figsize=(6, 2.4), layout="constrained")
fig.suptitle("What one number of x reaches, by the equation")
for axis, (name, reached) in zip(axes, panels.items()):
    axis.pcolormesh(reached, cmap="Purples", vmax=1.4, edgecolor="gray")
    axis.set(title=name, xticks=[], yticks=[], aspect="equal")
    axis.invert_yaxis()
plt.show()
