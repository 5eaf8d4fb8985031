r"""
get_config and from_config: the same layer with new weights
===========================================================

``get_config`` returns the arguments that a layer was made with, and
``from_config`` makes another layer of them. Its weights are drawn anew.

.. math:: \text{layer} = \text{config} + \text{weights}

So it takes both to compute the same.
"""

import json

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------

x = np.array([[1, 2, 0, -1], [-1, 0, 2, 3], [2, -2, 1, 1]])  # (batch, features)
kernel = np.array([[2, -9, 4], [-3, 9, 1], [1, 5, -5], [9, -8, 7]])
bias = np.array([10, -20, 30])  # (units,)

dense = keras.layers.Dense(
    3,
    activation="relu",
    kernel_initializer=keras.initializers.RandomUniform(-8, 8, seed=7),
    bias_initializer="ones",
    kernel_regularizer=keras.regularizers.L2(0.5),
    trainable=False,
    name="scores",
)
dense.build((None, 4))
dense.set_weights([kernel, bias])
config = json.loads(json.dumps(dense.get_config()))
for name in ("name", "units", "activation", "use_bias", "kernel_initializer"):
    print(f"{name}:", config[name])

# %%
# Compute it
# ----------
# NumPy, too, needs no more than the config and the weights.


def dense_of(config, weights, x):
    """The layer of a config; x: (batch, features), returns (batch, units).

    It knows the activations "relu" and "linear".
    """
    y = x @ weights[0]
    if config["use_bias"]:
        y = y + weights[1]
    return np.maximum(y, 0) if config["activation"] == "relu" else y


# %%
# Check it
# --------
# A restored layer has no weights before it is built. ``get_build_config``
# keeps the shape for that. Then it draws its first weights, by the seed in the
# config.

restored = keras.layers.Dense.from_config(config)
np.testing.assert_equal(restored.get_config(), dense.get_config())
np.testing.assert_equal((restored.name, restored.trainable), ("scores", False))
np.testing.assert_equal(restored.weights, [])
np.testing.assert_equal(dense.get_build_config(), {"input_shape": (None, 4)})
restored.build_from_config(dense.get_build_config())

uniform = keras.initializers.RandomUniform(0, 1, seed=7)((4, 3))
first = np.float32(16 * keras.ops.convert_to_numpy(uniform) - 8)
np.testing.assert_array_equal(restored.get_weights()[0], first, strict=True)
np.testing.assert_array_equal(restored.get_weights()[1], np.ones(3))

# %%
# With the weights, it computes the same.

restored.set_weights(dense.get_weights())
expected = np.float32(dense_of(config, [kernel, bias], x))
y = keras.ops.convert_to_numpy(restored(x))
np.testing.assert_array_equal(y, expected, strict=True)

# %%
# .. warning:: **Seen in Keras 3.15.1:** ``autocast`` is not in the config. A
#    layer with ``autocast=False`` leaves its input in float32. Its copy casts
#    it.

half = keras.layers.Dense(3, dtype="mixed_float16", autocast=False)
copy = keras.layers.Dense.from_config(half.get_config())
for layer, dtype in [(half, "float32"), (copy, "float16")]:
    np.testing.assert_equal(layer.dtype_policy.name, "mixed_float16")
    np.testing.assert_equal(layer.compute_dtype, "float16")
    np.testing.assert_equal(layer.input_dtype, "float16")
    layer.build((None, 4))
    layer.set_weights([kernel, bias])
    y = keras.ops.convert_to_numpy(layer(np.float32(x)))
    expected = dense_of(layer.get_config(), [kernel, bias], x).astype(dtype)
    np.testing.assert_array_equal(y, expected, strict=True)

# %%
# Break it
# --------
# Did the config alone bring the kernel back?
assert np.any(first != kernel)

# %%
# See it
# ------

fig, axes = plt.subplots(1, 2, figsize=(6, 3.4), layout="constrained")
fig.suptitle("The same layer, but its kernel is drawn anew")
titles = ["as it was set", "restored by the config"]
for axis, title, values in zip(axes, titles, [kernel, first]):
    axis.imshow(values, cmap="PuOr", vmin=-10, vmax=10)
    axis.set(title=title, xlabel="units", xticks=[], yticks=[])
axes[0].set(ylabel="features")
plt.show()
