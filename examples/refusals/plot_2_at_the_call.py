r"""
A layer takes arrays whose last axis fits its kernel
====================================================

A ``Dense`` layer takes any array of two axes or more whose last axis is as long
as its kernel has rows. Arrays of other shapes it refuses, before it multiplies.

.. math::

   (\text{batch}, \ldots, \text{features}) \;
   (\text{features}, \text{units}) \to (\text{batch}, \ldots, \text{units})
"""

import contextlib

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# Three layers, for one, three and four features, and inputs of many shapes.


def built(kernel, bias):
    """A Dense layer with these weights."""
    features, units = kernel.shape
    dense = keras.layers.Dense(units)
    dense.build((None, features))
    dense.set_weights([kernel, bias])
    return dense


bias = np.array([1001, -2003])  # (units,)
kernels = [np.random.randint(-9, 10, (rows, 2)) for rows in (1, 3, 4)]
shapes = [(3,), (4, 3), (3, 4), (4, 1), (2, 4, 3), (4, 3, 1), (0, 3)]
inputs = [np.random.randint(1, 100, shape) for shape in shapes]

# %%
# Compute it
# ----------


def is_taken(shape, features):
    """Whether a layer for so many features takes an input of this shape."""
    return len(shape) >= 2 and shape[-1] == features


def product(x, kernel, bias):
    """(batch, ..., features) to (batch, ..., units)."""
    return np.tensordot(x, kernel, axes=(-1, 0)) + bias


# %%
# Check it
# --------
# Each layer refuses just what it should, and computes the rest; integers make
# it exact. A batch may be empty.

results = {}
for kernel in kernels:
    dense = built(kernel, bias)
    for x in inputs:
        case = x.shape, kernel.shape
        result = None
        with contextlib.suppress(Exception):
            result = dense(x)
        taken = result is not None
        expected = is_taken(x.shape, len(kernel))
        np.testing.assert_equal(taken, expected, str(case))
        if taken:
            y = keras.ops.convert_to_numpy(result)
            np.testing.assert_array_equal(y, product(x, kernel, bias))
            np.testing.assert_equal(y.dtype, np.float32)
            results[case] = y.shape
print(f"{len(results)} of {len(kernels) * len(inputs)} pairs are taken")

# %%
# See it
# ------
# Each cell has the shape of the result, where there is one.

taken = [[(x.shape, w.shape) in results for x in inputs] for w in kernels]
fig, axis = plt.subplots(figsize=(6, 3.6), layout="constrained")
colors = np.where(taken, 1, np.nan)  # nothing is drawn where it is refused
axis.imshow(colors, cmap="PuOr", vmin=-1, vmax=1.4, aspect="auto")
for row, kernel in enumerate(kernels):
    for column, x in enumerate(inputs):
        shape = results.get((x.shape, kernel.shape), "refused")
        color = "gray" if shape == "refused" else "white"
        text = axis.text(column, row, shape, color=color, fontsize=8)
        text.set(horizontalalignment="center", verticalalignment="center")
axis.set(title="The last axis of an input must fit the kernel")
axis.set(xlabel="shape of the input", ylabel="shape of the kernel")
axis.set_xticks(range(len(inputs)), shapes)
axis.set_yticks(range(len(kernels)), [kernel.shape for kernel in kernels])
plt.show()

# %%
# Break it
# --------
# What the errors say. Each call fails, and the part of its message that names
# the mistake is printed.


def refused(phrase, call, *arguments, **options):
    """Check that a call raises a ValueError with this phrase in it."""
    with np.testing.assert_raises(Exception) as caught:
        call(*arguments, **options)
    kind, text = type(caught.exception).__name__, str(caught.exception)
    np.testing.assert_equal((kind, phrase in text), ("ValueError", True), text)
    print(f"{kind}: {phrase}")


x, kernel = inputs[1], kernels[1]  # (4, 3), (3, 2)
dense = built(kernel, bias)

# %%
# **A layer is called.** One sample is no batch: write ``x[:1]``. Samples in
# columns need ``.T``. A list means several inputs, so rows in a list become one
# array first, ``np.array(rows)``, and two arrays are joined along their
# features. ``None`` is often from a function that forgot its ``return``.

AXIS = "expected axis -1 of input shape to have value 3"
LIST = "Only input tensors may be passed as positional arguments"
refused("expected min_ndim=2, found ndim=1", dense, x[0])
refused(AXIS, dense, x.T)
refused(LIST, dense, x.tolist())
refused("expects 1 input(s), but it received 2", dense, [x, x])
refused("Inputs to a layer should be tensors. Got 'None'", dense, None)

one = keras.ops.convert_to_numpy(dense(x[:1]))
joined = np.concatenate([x, x[::-1]], axis=-1)  # (batch, 2 features)
wide = built(np.concatenate([kernel, -kernel]), bias)
two = keras.ops.convert_to_numpy(wide(joined))

np.testing.assert_array_equal(one, [x[0] @ kernel + bias])
np.testing.assert_array_equal(two, (x - x[::-1]) @ kernel + bias)

# %%
# **A model is made.** A shape is a tuple even of one number, ``(3,)``, and the
# number of features must be known: it is the number of rows of the kernel.

LAST = "Shapes used to initialize variables must be fully-defined"
any_width = keras.Input((None,))
refused("Cannot convert '3' to a shape", keras.Input, 3)
refused(LAST, keras.layers.Dense(2), any_width)

# %%
# **A model predicts.** The same mistakes in other words. Each gets a new model
# here: with JAX, a model that has refused an input predicts no more.


def predict(x):
    """What a new model of the layer predicts."""
    features = keras.Input((3,))
    model = keras.Model(features, built(kernel, bias)(features))
    return model.predict(x, verbose=0)


refused("Unrecognized data type: x=[[", predict, x.tolist())
refused("incompatible with the layer: expected", predict, x.T)
refused("Expected shape (None, 3), but input has", predict, x[0])

np.testing.assert_array_equal(predict(np.array(x.tolist())), x @ kernel + bias)

# %%
# Not every cure is one. Samples in columns, reshaped instead of transposed,
# have the right shape, and the layer is content.

columns = x.T  # (features, batch)
y = predict(columns.reshape(4, 3))
print("right entries:", np.count_nonzero(y == x @ kernel + bias), "of", y.size)

np.testing.assert_array_equal(y, columns.reshape(4, 3) @ kernel + bias)
np.testing.assert_equal(np.count_nonzero(y == x @ kernel + bias), 0)
