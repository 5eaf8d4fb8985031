r"""
set_weights takes an array of the right shape for each weight
=============================================================

``set_weights`` compares what it is given with the weights that a layer has, in
number and in shape, and refuses the first array that does not fit. What came
before it stays set.

.. math::

   y = x W + b, \quad
   W \in \mathbb{R}^{\text{features} \times \text{units}}, \quad
   b \in \mathbb{R}^{\text{units}}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# A layer for three features, and weights as another library stores them: a row
# of the kernel for each unit, and the bias as a column.

x = np.random.randint(1, 100, size=(6, 3)).astype("float32")
stored_kernel = np.array([[2, -1, 4], [7, 3, -6]])  # (units, features)
stored_bias = np.array([[100], [-200]])  # (units, 1)


def built(features, units, **arguments):
    """A Dense layer that has its weights, and a model of it."""
    inputs = keras.Input(shape=(features,))
    dense = keras.layers.Dense(units, **arguments)
    return dense, keras.Model(inputs, dense(inputs))


dense, model = built(3, 2)

# %%
# Compute it
# ----------
# Turned into what Keras has, they are used like this.

kernel = stored_kernel.T  # (features, units)
bias = stored_bias[:, 0]  # (units,)
expected = x @ kernel + bias

# %%
# Check it
# --------

np.testing.assert_equal([w.shape for w in dense.weights], [(3, 2), (2,)])

dense.set_weights([kernel, bias])
y = model.predict(x, verbose=0)  # (batch, units)

np.testing.assert_array_equal(y, expected)
np.testing.assert_equal(y.dtype, np.float32)
print(f"all {y.size} entries are equal")

# %%
# Break it
# --------
# Each of these calls fails, and the part of its error that names the mistake is
# printed, without the name of the layer.


def refused(kind, phrase, call, *arguments):
    """Check that a call raises an error of a kind, with this phrase in it."""
    with np.testing.assert_raises(Exception) as caught:
        call(*arguments)
    text = str(caught.exception)
    found = type(caught.exception).__name__, phrase in text
    np.testing.assert_equal(found, (kind, True), text)
    print(f"{kind}: {phrase}")


# %%
# **Before it is built.** A layer has weights once it has been called on an
# input, or built by ``dense.build((None, 3))``.

new = keras.layers.Dense(2)
NONE = "weight list of length 2, but the layer was expecting 0 weights"
refused("ValueError", NONE, new.set_weights, [kernel, bias])
refused(
    "AttributeError", "object has no attribute 'bias'", getattr, new, "bias"
)

# %%
# **The number.** The weights are kernel and bias, or the kernel alone where
# there is no bias. An array outside of a list counts as one for each row.

unbiased, _ = built(3, 2, use_bias=False)
ONE = "weight list of length 1, but the layer was expecting 2 weights"
TWO = "weight list of length 2, but the layer was expecting 1 weights"
THREE = "weight list of length 3, but the layer was expecting 2 weights"
refused("ValueError", ONE, dense.set_weights, [kernel])
refused("ValueError", TWO, unbiased.set_weights, [kernel, bias])
refused("ValueError", THREE, dense.set_weights, kernel)

# %%
# **The shape.** Transpose a kernel of the other library, flatten its bias, give
# the kernel first, and make lists into arrays. What could be ``dense.kernel =``
# is ``dense.kernel.assign(kernel)``, and takes the same shape only.

FIT = "is not compatible with provided weight shape "
LIST = "'list' object has no attribute 'shape'"
SET = "property 'kernel' of 'Dense' object has no setter"
ASSIGN = "the shape of the target value in `variable.assign(value)` must match"
stored = [stored_kernel, bias]
lists = [kernel.tolist(), bias.tolist()]
refused("ValueError", FIT + "(2, 3)", dense.set_weights, stored)
refused("ValueError", FIT + "(2,)", dense.set_weights, [bias, kernel])
refused("AttributeError", LIST, dense.set_weights, lists)
refused("AttributeError", SET, setattr, dense, "kernel", kernel)
refused("ValueError", ASSIGN, dense.kernel.assign, stored_kernel)

now = model.predict(x, verbose=0)
np.testing.assert_array_equal(now, expected)

# %%
# None of these changed the layer. This one does: the kernel fits and is set,
# then the bias is refused. Whoever catches the error goes on with half of the
# new weights, so compare shapes first.

offered = [-kernel, stored_bias]
refused("ValueError", FIT + "(2, 1)", dense.set_weights, offered)
kernel_after, bias_after = dense.get_weights()
half = keras.ops.convert_to_numpy(dense(x))

np.testing.assert_array_equal(kernel_after, -kernel)
np.testing.assert_array_equal(bias_after, bias)
np.testing.assert_array_equal(half, x @ -kernel + bias)
right = np.count_nonzero(half == expected)
print("right entries:", right, "of", half.size)
np.testing.assert_equal(right, 0)

# %%
# And a square kernel says nothing when it is transposed.

square = np.array([[1, 2], [3, 4]])
dense_2, _ = built(2, 2, use_bias=False)
dense_2.set_weights([square.T])
wrong = keras.ops.convert_to_numpy(dense_2(x[:, :2]))

np.testing.assert_array_equal(wrong, x[:, :2] @ square.T)
np.testing.assert_equal(np.any(wrong == x[:, :2] @ square), False)

# %%
# See it
# ------

before = [kernel, bias[np.newaxis]]
after = [kernel_after, bias_after[np.newaxis]]
panels = {"before": before, "offered": offered, "after": after}
fig, axes = plt.subplots(
    2, 3, figsize=(5, 3.6), height_ratios=[3, 2], layout="constrained"
)
for column, (name, weights) in zip(axes.T, panels.items()):
    for axis, values, label in zip(column, weights, ["kernel", "bias"]):
        axis.imshow(np.sign(values), cmap="PuOr", vmin=-2, vmax=2)
        axis.set(title=f"{label}, {name}", xticks=[], yticks=[])
        for (i, j), value in np.ndenumerate(values):
            axis.text(j, i, f"{value:.0f}", color="black", ha="center")
fig.suptitle("A set_weights that is refused may have set the kernel")
plt.show()
