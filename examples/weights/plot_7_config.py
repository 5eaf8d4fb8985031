r"""
A config makes the same layer, not the same weights
===================================================

``get_config`` returns what a layer was made with, in plain JSON, and
``from_config`` makes another layer of it. Its weights are new: it takes a
config and weights to compute the same.

.. math:: y = \operatorname{activation}(x W + b)
"""

import json

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------

x = np.random.randint(-9, 10, size=(6, 4)).astype("float32")
kernel = np.random.randint(-9, 10, size=(4, 3))  # (features, units)
bias = np.array([10, -20, 30])  # (units,)

dense = keras.layers.Dense(
    3,
    activation="relu",
    kernel_initializer=keras.initializers.RandomUniform(-8, 8, seed=7),
    bias_initializer="ones",
    kernel_regularizer=keras.regularizers.L2(0.5),
    bias_constraint="non_neg",
    trainable=False,
    name="scores",
)


def predict(layer):
    """What a model of this layer alone predicts, (batch, units)."""
    inputs = keras.Input(shape=(4,))
    return keras.Model(inputs, layer(inputs)).predict(x, verbose=0)


dense.build((None, 4))
dense.set_weights([kernel, bias])
y = predict(dense)

text = json.dumps(dense.get_config())
build_text = json.dumps(dense.get_build_config())
config = json.loads(text)
for name in ("name", "units", "activation", "use_bias", "kernel_initializer"):
    print(f"{name}:", config[name])

# %%
# Compute it
# ----------
# NumPy, too, needs no more than the config and the weights.


def relu(y):
    return np.maximum(y, 0)


def dense_of(config, weights, x):
    """The layer of a config, (batch, features) to (batch, units)."""
    y = x @ weights[0]
    if config["use_bias"]:
        y = y + weights[1]
    return relu(y) if config["activation"] == "relu" else y


expected = dense_of(config, [kernel, bias], x)

uniform = keras.initializers.RandomUniform(0, 1, seed=7)((4, 3))
uniform = keras.ops.convert_to_numpy(uniform).astype("float64")
expected_first = [16 * uniform - 8, np.ones(3)]

# %%
# Check it
# --------
# A layer made of the config has no weights before it is built, for which
# ``get_build_config`` kept the shape. Then it has its first weights: the
# initializer's, which is in the config with its seed. Without a seed, each time
# they would be others.

np.testing.assert_equal((y.shape, y.dtype), ((6, 3), np.float32))
np.testing.assert_array_equal(y, expected)


def check_first(weights):
    """The weights of a layer that was just built: (4, 3) and (3,)."""
    np.testing.assert_equal([w.ndim for w in weights], [2, 1])
    for weight, first in zip(weights, expected_first):
        np.testing.assert_equal(weight.dtype, np.float32)
        np.testing.assert_array_equal(weight, first)


restored = keras.layers.Dense.from_config(config)
np.testing.assert_equal(restored.get_config(), dense.get_config())
np.testing.assert_equal((restored.name, restored.units), ("scores", 3))
np.testing.assert_equal((restored.trainable, restored.use_bias), (False, True))
np.testing.assert_equal(restored.activation, keras.activations.relu)
np.testing.assert_equal(
    type(restored.kernel_regularizer), keras.regularizers.L2
)
np.testing.assert_equal(restored.weights, [])

np.testing.assert_equal(json.loads(build_text), {"input_shape": [None, 4]})
restored.build_from_config(json.loads(build_text))
check_first(restored.get_weights())

# %%
# With the weights, it computes the same. ``keras.layers.serialize`` puts class,
# config and shape into one, from which ``deserialize`` makes a layer that is
# built.

restored.set_weights([kernel, bias])
np.testing.assert_array_equal(predict(restored), expected)

serialized = json.dumps(keras.layers.serialize(dense))
another = keras.layers.deserialize(json.loads(serialized))
np.testing.assert_equal(another.get_config(), dense.get_config())
check_first(another.get_weights())

# %%
# Break it
# --------
# Nobody who restores a layer gets its weights back without setting them.

drawn = expected_first[0]
same = np.count_nonzero(drawn == kernel)
print("entries of the kernel restored by the config:", same, "of", kernel.size)
np.testing.assert_equal(same, 0)

# %%
# And ``autocast`` is an argument that is not in the config. This layer leaves
# its input as it is, so that 16-bit weights times float32 give float32. Its
# copy casts again. Its dtypes, of weights and of what it computes, are kept.

half = keras.layers.Dense(
    3, use_bias=False, dtype="mixed_float16", autocast=False
)
copy = keras.layers.Dense.from_config(half.get_config())
for layer, dtype in ((half, np.float32), (copy, np.float16)):
    np.testing.assert_equal(layer.dtype_policy.name, "mixed_float16")
    np.testing.assert_equal(layer.dtype, "float32")
    np.testing.assert_equal(layer.variable_dtype, "float32")
    np.testing.assert_equal(layer.compute_dtype, "float16")
    np.testing.assert_equal(layer.input_dtype, "float16")
    layer.build((None, 4))
    np.testing.assert_equal([w.path[-6:] for w in layer.weights], ["kernel"])
    layer.set_weights([kernel])
    y = predict(layer)
    print("autocast:", layer.autocast, "gives", y.dtype)
    np.testing.assert_equal(y.dtype, dtype)
    np.testing.assert_array_equal(y, dense_of(half.get_config(), [kernel], x))

# %%
# See it
# ------

panels = {"kernel as it was set": kernel, "restored by the config": drawn}
fig, axes = plt.subplots(1, 2, figsize=(5, 3.2), layout="constrained")
fig.suptitle("The same layer, but its weights are drawn anew")
for axis, (name, values) in zip(axes, panels.items()):
    axis.imshow(values, cmap="PuOr", vmin=-12, vmax=12)
    axis.set(title=name, xticks=[], yticks=[])
    for (row, column), value in np.ndenumerate(values):
        shade = "white" if abs(value) > 7 else "black"
        text = axis.text(column, row, f"{value:.2g}", color=shade)
        text.set(horizontalalignment="center", verticalalignment="center")
plt.show()
