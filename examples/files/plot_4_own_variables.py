r"""
A layer puts its weights into any dict
======================================

``save_own_variables`` puts the weights of a layer into a store, by number: the
kernel under ``"0"``, the bias under ``"1"``. ``load_own_variables`` takes them
from there. That is all that a file is made with, and a dict of NumPy arrays
will do as well.

.. math:: y = x W + b
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# As many units as features, so that no shape shows what is exchanged. An entry
# of the bias has more digits than 16 bits hold.

x = np.random.randint(-9, 10, size=(6, 3))  # (batch, features)
kernel = np.array([[1, 2, 3], [-4, 5, -6], [7, -8, 10]])  # (features, units)
bias = np.array([10, -20, 30 + 2.0**-10])  # (units,)

dense, without_bias = (
    keras.layers.Dense(3),
    keras.layers.Dense(3, use_bias=False),
)
inputs = keras.Input(shape=(3,))
model = keras.Model(inputs, [dense(inputs), without_bias(inputs)])

# %%
# Compute it
# ----------
# The weights to load are made by NumPy. Those that are saved are compared with
# what was set.


def dense_of(x, store):
    """What a layer computes that has the weights of a store, (batch, units)."""
    kernel, *bias = [store[number] for number in sorted(store)]
    return x @ kernel + sum(bias)


to_load = {"0": kernel, "1": bias}
to_load_without = {"0": 2 * kernel.T}
expected = dense_of(x, to_load)
expected_without = dense_of(x, to_load_without)

# %%
# Check it
# --------
# Both layers take the arrays, and predict with them.

dense.load_own_variables(to_load)
without_bias.load_own_variables(to_load_without)
for y, wanted in zip(model.predict(x, verbose=0), (expected, expected_without)):
    np.testing.assert_equal((y.shape, y.dtype), ((6, 3), np.float32))
    np.testing.assert_array_equal(y, wanted)

# %%
# What they save has the same numbers. A layer that is not built yet has nothing
# to save, and does not complain.


def saved(layer):
    """What a layer saves, as arrays."""
    store = {}
    layer.save_own_variables(store)
    return {k: keras.ops.convert_to_numpy(store[k]) for k in sorted(store)}


layers = [dense, without_bias, keras.layers.Dense(3)]
stores = [to_load, to_load_without, {}]
for layer, store in zip(layers, stores):
    found = saved(layer)
    print({number: array.shape for number, array in found.items()})
    np.testing.assert_equal(list(found), list(store))
    for number, array in found.items():
        np.testing.assert_equal(array.dtype, np.float32)
        np.testing.assert_array_equal(array, store[number])

# %%
# Quantized to ``int8``, a layer has one array more, the scale of its kernel. It
# comes last, so that kernel and bias stay where they were.

small = keras.layers.Dense(3)
small.build((None, 3))
small.load_own_variables(to_load)
small.quantize("int8")
found = saved(small)
types = {number: array.dtype.name for number, array in found.items()}
print(types)
np.testing.assert_equal(types, {"0": "int8", "1": "float32", "2": "float32"})
np.testing.assert_array_equal(found["1"], bias)
np.testing.assert_array_equal(np.rint(found["0"] / found["2"]), kernel)

# %%
# Break it
# --------
# A dict is given the variables themselves, not copies: whoever keeps it to go
# back later finds that it moved along with the layer. (A file has copies.)

kept, copied = {}, saved(dense)
dense.save_own_variables(kept)
dense.load_own_variables({"0": -kernel, "1": bias})
moved = keras.ops.convert_to_numpy(kept["0"])
print("the dict has the new kernel:", np.array_equal(moved, -kernel))
np.testing.assert_array_equal(moved, -kernel)
np.testing.assert_array_equal(copied["0"], kernel)

# %%
# Too few arrays, and arrays in the wrong order, are an error. The wrong kernel
# of the right shape is none.

for wrong in ({"0": kernel}, {"0": bias, "1": kernel}):
    with np.testing.assert_raises(ValueError):
        dense.load_own_variables(wrong)

dense.load_own_variables({"0": kernel.T, "1": bias})
y_transposed = model.predict(x, verbose=0)[0]
right = np.count_nonzero(y_transposed == expected)
print("right entries with a transposed kernel:", right, "of", expected.size)
np.testing.assert_array_equal(y_transposed, x @ kernel.T + bias)
np.testing.assert_equal(np.array_equal(y_transposed, expected), False)

# %%
# See it
# ------

stores = {"float32": copied, "int8": found}
fig, axes = plt.subplots(2, 3, figsize=(5, 3.6), layout="constrained")
fig.suptitle("What a layer stores, by number")
for row, (name, store) in zip(axes, stores.items()):
    row[0].set_ylabel(name)
    for axis, number in zip(row, "012"):
        if number not in store:
            axis.axis("off")
            continue
        axis.set(title=f'"{number}"', xticks=[], yticks=[])
        values = np.atleast_2d(store[number])
        largest = np.abs(values).max()
        axis.imshow(values, cmap="PuOr", vmin=-largest, vmax=largest)
        for (i, j), value in np.ndenumerate(values):
            shade = "white" if abs(value) > 0.6 * largest else "black"
            axis.text(
                j, i, f"{value:.0f}", color=shade, ha="center", va="center"
            )
plt.show()
