r"""
save_own_variables: weights by number, in any dict
==================================================

``save_own_variables`` puts the weights of a layer into a store, by number. For
``Dense``, ``"0"`` is the kernel and ``"1"`` the bias. ``load_own_variables``
takes them from there. The store may be a file, or a dict of NumPy arrays.

.. math:: y = x W + b
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# There are as many units as features, so shapes hide a transposed kernel.

x = np.arange(12).reshape(4, 3)  # (batch, features)
kernel = np.array([[1, 2, 3], [-4, 5, -6], [7, -8, 10]])  # (features, units)
bias = np.array([10, -20, 3001])  # (units,)

layer = keras.layers.Dense(3)
layer.build((None, 3))
layer.load_own_variables({"0": kernel, "1": bias})

# %%
# Compute it
# ----------


def dense_from_store(x, store):
    """What a Dense layer computes that holds the weights of a store.

    x: (batch, features). The store has a kernel, "0", (features, units), and
    may have a bias, "1", (units,). Returns (batch, units).
    """
    y = x @ store["0"]
    return y + store["1"] if "1" in store else y


def copied(layer):
    """The weights of a layer by number, as arrays of their own."""
    store = {}
    layer.save_own_variables(store)
    to_numpy = keras.ops.convert_to_numpy
    return {key: to_numpy(value).copy() for key, value in store.items()}


# %%
# Check it
# --------
# The layer has taken the arrays, and it gives them back.

y = keras.ops.convert_to_numpy(layer(x.astype("float32")))
expected = dense_from_store(x, {"0": kernel, "1": bias})
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

store = copied(layer)
np.testing.assert_equal(list(store), ["0", "1"])
np.testing.assert_array_equal(store["0"], np.float32(kernel), strict=True)
np.testing.assert_array_equal(store["1"], np.float32(bias), strict=True)

# %%
# Too few arrays, and arrays in the wrong order, are refused. A layer that isn't
# built yet has nothing to save, and says nothing.

for wrong in ({"0": kernel}, {"0": bias, "1": kernel}):
    with np.testing.assert_raises(ValueError):
        layer.load_own_variables(wrong)
np.testing.assert_equal(copied(keras.layers.Dense(3)), {})

# %%
# Quantizing to ``int8`` adds an array, the scale of the kernel. It comes last,
# so kernel and bias keep their numbers.

layer.quantize("int8")
quantized = copied(layer)
print({number: array.dtype.name for number, array in quantized.items()})
np.testing.assert_equal(quantized["0"].dtype, np.int8)
np.testing.assert_array_equal(quantized["1"], bias)
restored = np.rint(quantized["0"] / quantized["2"])
np.testing.assert_array_equal(restored, kernel)

# %%
# Break it
# --------
# Would you keep the dict, to go back to these weights later? It doesn't hold
# copies, but the variables themselves. They change with the layer.
#
# .. warning:: **Seen in Keras 3.15.1:** ``save_own_variables`` puts the layer's
#    variables into a dict, and they change when the layer does. Copy them.

layer = keras.layers.Dense(3)
layer.build((None, 3))
layer.load_own_variables({"0": kernel, "1": bias})
kept = {}
layer.save_own_variables(kept)
layer.load_own_variables({"0": -kernel, "1": bias})
in_dict = keras.ops.convert_to_numpy(kept["0"])
np.testing.assert_array_equal(in_dict, -kernel)
assert np.any(in_dict != kernel)

# %%
# See it
# ------

fig, axes = plt.subplots(1, 2, figsize=(6, 3), layout="constrained")
fig.suptitle('What the layer stores under "0"')
for axis, stored in zip(axes, [store["0"], quantized["0"]]):
    axis.imshow(np.sign(stored), cmap="PuOr", vmin=-3, vmax=3)
    for (row, column), value in np.ndenumerate(stored):
        axis.text(column, row, f"{value:.0f}", color="black", ha="center")
    axis.set(title=f"{stored.dtype} kernel", xticks=[], yticks=[])
plt.show()
