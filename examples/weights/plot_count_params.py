r"""
count_params: how many parameters a Dense network has
=====================================================

The parameters of a ``Dense`` layer are the numbers in its kernel and its bias.
The size of a batch and the length of a sequence change nothing.

.. math:: \text{parameters} = (\text{features} + 1) \cdot \text{units}

The 1 is for the bias; it is 0 without a bias. Each parameter takes four bytes
as float32, and two as float16.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# The features of each layer are the units of the one before it. The last one is
# frozen: training doesn't change it.

first = keras.layers.Dense(64)
second = keras.layers.Dense(24, use_bias=False)
third = keras.layers.Dense(10, dtype="float16")
last = keras.layers.Dense(1, trainable=False)
model = keras.Sequential([keras.Input(shape=(40,)), first, second, third, last])
counts = [layer.count_params() for layer in model.layers]
print(counts, "in all", model.count_params())

# %%
# Compute it
# ----------


def count_params(features, units, use_bias=True):
    """How many parameters a Dense layer has (Keras, Layer.count_params)."""
    return (features + 1) * units if use_bias else features * units


# %%
# Check it
# --------
# The model has the sum of them.

np.testing.assert_equal(first.count_params(), count_params(40, 64))
without_bias = count_params(64, 24, use_bias=False)
np.testing.assert_equal(second.count_params(), without_bias)
np.testing.assert_equal(third.count_params(), count_params(24, 10))
np.testing.assert_equal(last.count_params(), count_params(10, 1))
np.testing.assert_equal(model.count_params(), sum(counts))

# %%
# The bytes follow from the type that a layer stores.


def bytes_of(layer):
    return sum(weight.nbytes for weight in layer.get_weights())


np.testing.assert_equal(first.dtype, "float32")
np.testing.assert_equal(bytes_of(first), 4 * count_params(40, 64))
np.testing.assert_equal(third.dtype, "float16")
np.testing.assert_equal(bytes_of(third), 2 * count_params(24, 10))

# %%
# ``model.summary()`` counts frozen parameters apart. So can you.


def count(weights):
    return sum(weight.numpy().size for weight in weights)


frozen = count_params(10, 1)
np.testing.assert_equal(count(model.non_trainable_weights), frozen)
np.testing.assert_equal(count(model.trainable_weights), sum(counts) - frozen)

# %%
# A weight of your own counts, too. Here training must not change it.


class Counting(keras.layers.Dense):
    def build(self, input_shape):
        super().build(input_shape)
        self.calls = self.add_weight(shape=(), trainable=False)


layer = Counting(7)
layer.build((None, 5))
np.testing.assert_equal(layer.count_params(), count_params(5, 7) + 1)
np.testing.assert_equal(count(layer.non_trainable_weights), 1)

# %%
# Break it
# --------
# Do the 100 steps of a sequence count? No: each goes through the same kernel.

layer = keras.layers.Dense(7)
layer.build((None, 100, 5))  # (batch, steps, features)
np.testing.assert_equal(layer.count_params(), count_params(5, 7))
assert layer.count_params() != count_params(100 * 5, 7)

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3.4))
names = ["40 to 64", "64 to 24\nno bias", "24 to 10", "10 to 1"]
bars = axis.bar(names, counts)
axis.bar_label(bars)
axis.set(title="Most parameters are where wide layers meet", ylim=(0, 3000))
axis.set(xlabel="features to units", ylabel="parameters")
plt.show()
