r"""
save_own_variables: weights by number, but not as copies
========================================================

``save_own_variables`` writes the weights of a layer to a dict, or to a file.
Their keys are numbers, and ``load_own_variables`` takes them from there. So you
can move the weights of a ``Dense`` layer without a file:

.. math:: \text{store} = \{\text{"0"}: W, \; \text{"1"}: b\}

A layer of your own can override both, to choose what Keras saves. But a dict
holds the variables themselves, which change with the layer.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------

x = np.arange(12).reshape(4, 3)  # (batch, features)
kernel = np.array([[1, 2], [-4, 5], [7, -8]])  # (features, units)
bias = np.array([10, 3001])  # (units,)

layer = keras.layers.Dense(2)
layer.build((None, 3))
layer.load_own_variables({"0": kernel, "1": bias})

# %%
# Compute it
# ----------
# ``copied`` is how to keep the weights of a layer. NumPy computes the layer
# from what was kept.


def copied(layer):
    """The weights of a layer by number, as arrays of their own."""
    store = {}
    layer.save_own_variables(store)
    to_numpy = keras.ops.convert_to_numpy
    return {key: to_numpy(value).copy() for key, value in store.items()}


def dense_from_store(x, store):
    """What a Dense layer computes that holds the weights of a store.

    x: (batch, features), store: a kernel, "0", (features, units), and maybe a
    bias, "1", (units,). Returns (batch, units).
    """
    if "2" in store:
        raise ValueError("The layer was quantized: its kernel has a scale.")
    y = x @ store["0"]
    return y + store["1"] if "1" in store else y


# %%
# Check it
# --------
# The layer has taken the arrays, and it gives them back.

store = copied(layer)
np.testing.assert_equal(list(store), ["0", "1"])
np.testing.assert_array_equal(store["0"], np.float32(kernel), strict=True)
np.testing.assert_array_equal(store["1"], np.float32(bias), strict=True)

y = keras.ops.convert_to_numpy(layer(x.astype("float32")))
expected = dense_from_store(x, {"0": kernel, "1": bias})
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# Too few arrays, and arrays in the wrong order, are refused. A layer that isn't
# built yet has nothing to save, and raises no error.

for wrong in ({"0": kernel}, {"0": bias, "1": kernel}):
    np.testing.assert_raises(ValueError, layer.load_own_variables, wrong)
np.testing.assert_equal(copied(keras.layers.Dense(2)), {})

# %%
# Break it
# --------
# Would you keep the dict, to go back to these weights later?
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:**
#    ``Layer.save_own_variables`` puts the layer's variables into a dict, and
#    they change when the layer does. Copy them.

kept = {}
layer.save_own_variables(kept)
copies = copied(layer)

layer.load_own_variables({"0": -kernel, "1": bias})  # as if it were trained

kept_kernel = keras.ops.convert_to_numpy(kept["0"])
np.testing.assert_array_equal(kept_kernel, -kernel)
np.testing.assert_array_equal(copies["0"], kernel)
assert np.any(kept_kernel != kernel)

# %%
# See it
# ------

fig, axes = plt.subplots(1, 3, figsize=(6, 3), layout="constrained")
fig.suptitle("A dict of the layer's variables changes with the layer")
titles = ["at first", "in the dict, later", "in the copy, later"]
kernels = [kernel, kept_kernel, copies["0"]]
for axis, title, values in zip(axes, titles, kernels):
    axis.imshow(values, cmap="PuOr", vmin=-16, vmax=16)
    for (row, column), value in np.ndenumerate(values):
        axis.text(column, row, f"{value:.0f}", color="black", ha="center")
    axis.set(title=title, xticks=[], yticks=[])
plt.show()
