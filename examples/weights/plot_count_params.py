r"""
count_params: how many parameters a Dense network has
=====================================================

A ``Dense`` layer has as many parameters as its kernel and its bias have
numbers. The size of a batch or the length of a sequence changes nothing.

.. math:: \text{parameters} = (\text{features} + 1) \cdot \text{units}

The 1 is the bias. Each parameter takes four bytes as float32, two as float16.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# The features of each layer are the units of the one before it. The fourth
# layer computes in float16, but stores float32. The last one is frozen.

layers = [
    keras.layers.Dense(64),
    keras.layers.Dense(24, use_bias=False),
    keras.layers.Dense(24, dtype="float16"),
    keras.layers.Dense(10, dtype="mixed_float16"),
    keras.layers.Dense(1, trainable=False),
]
model = keras.Sequential([keras.Input(shape=(40,)), *layers])
counts = [layer.count_params() for layer in layers]
print(counts)

# %%
# Compute it
# ----------


def count_params(features, units, use_bias=True):
    """How many parameters a Dense layer has (Keras, Layer.count_params)."""
    return (features + use_bias) * units


# %%
# Check it
# --------
# The model has the sum of them.

expected = [
    count_params(40, 64),
    count_params(64, 24, use_bias=False),
    count_params(24, 24),
    count_params(24, 10),
    count_params(10, 1),
]
np.testing.assert_equal(counts, expected)
np.testing.assert_equal(model.count_params(), sum(expected))

# %%
# The bytes follow from the type that a layer stores, its ``variable_dtype``.

sizes = [sum(w.nbytes for w in layer.get_weights()) for layer in layers]
np.testing.assert_equal(sizes, np.multiply(expected, [4, 4, 2, 4, 4]).tolist())
stored = [layer.variable_dtype for layer in layers]
np.testing.assert_equal(stored, ["float32"] * 2 + ["float16"] + ["float32"] * 2)
np.testing.assert_equal([layer.dtype for layer in layers], stored)
computed = [layer.compute_dtype for layer in layers[2:]]
np.testing.assert_equal(computed, ["float16", "float16", "float32"])

# %%
# ``model.summary()`` tells frozen parameters from the others. So do these
# lists.

np.testing.assert_equal(layers[4].trainable, False)
np.testing.assert_equal(len(model.trainable_weights), 7)
np.testing.assert_equal(len(model.non_trainable_weights), 2)

# %%
# A weight of your own counts too. Here it is one that training must not change.


class Counting(keras.layers.Dense):
    def build(self, input_shape):
        super().build(input_shape)
        self.calls = self.add_weight(name="calls", trainable=False)


layer = Counting(7, name="counting")
layer.build((None, 5))
np.testing.assert_equal(layer.count_params(), count_params(5, 7) + 1)
paths = [w.path for w in layer.non_trainable_weights]
np.testing.assert_equal(paths, ["counting/calls"])

# %%
# Break it
# --------
# Do the 100 steps of a sequence count? Each goes through the same kernel.

layer = keras.layers.Dense(7)
layer.build((None, 100, 5))  # (batch, steps, features)
np.testing.assert_equal(layer.count_params(), count_params(5, 7))
assert layer.count_params() != count_params(100 * 5, 7)

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3.4))
names = ["40 to 64", "64 to 24\nno bias", "24 to 24", "24 to 10", "10 to 1"]
bars = axis.bar(names, counts)
axis.bar_label(bars)
axis.set(title="Most parameters are where wide layers meet", ylim=(0, 3000))
axis.set(xlabel="features to units", ylabel="parameters")
plt.show()
