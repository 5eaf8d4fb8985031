r"""
Number of parameters: what count_params and summary count
=========================================================

The parameters of a model are the numbers in its weights. They say how much
memory and disk space the weights take. For a ``Dense`` layer they are

.. math:: \text{parameters} = (\text{features} + 1) \cdot \text{units}

The 1 is for the bias; it is 0 without a bias. The size of a batch and the
length of a sequence change nothing. Each parameter takes four bytes as float32,
and two as float16.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# The features of each layer are the units of the one before it. The last one is
# frozen: training doesn't change it. ``summary`` prints a table, and
# ``count_params`` returns the numbers.

first = keras.layers.Dense(64, name="first")
second = keras.layers.Dense(24, use_bias=False, name="second")
third = keras.layers.Dense(10, dtype="float16", name="third")
last = keras.layers.Dense(1, trainable=False, name="last")
layers = [keras.Input(shape=(40,)), first, second, third, last]
model = keras.Sequential(layers, name="small")
counts = [layer.count_params() for layer in model.layers]
print(counts, "in all", model.count_params())
model.summary(line_length=60)

# %%
# Compute it
# ----------
# Each unit has a weight for each feature, and a bias, except in the second
# layer. "Non-trainable params" are those of the frozen layer.

by_hand = [(40 + 1) * 64, 64 * 24, (24 + 1) * 10, (10 + 1) * 1]
in_all = sum(by_hand)
trainable = in_all - by_hand[-1]
bytes_in_all = 4 * in_all - 2 * by_hand[2]  # the third layer has float16

# %%
# Check it
# --------
np.testing.assert_array_equal(counts, by_hand)
np.testing.assert_equal(model.count_params(), in_all)
sizes = [np.size(w.numpy()) for w in model.trainable_weights]
np.testing.assert_equal(sum(sizes), trainable)
of_weights = [weight.nbytes for weight in model.get_weights()]
np.testing.assert_equal(sum(of_weights), bytes_in_all)

# %%
# For other layers, add up the sizes of the weights. ``Conv2D`` has a kernel and
# a bias for each filter. ``BatchNormalization`` has four numbers per channel.
# Two of them, the moving mean and variance, are non-trainable.
convolution = keras.layers.Conv2D(8, kernel_size=3)
convolution.build((None, 32, 32, 5))  # (batch, height, width, channels)
np.testing.assert_equal(convolution.count_params(), (3 * 3 * 5 + 1) * 8)
batch_norm = keras.layers.BatchNormalization()
batch_norm.build((None, 32, 32, 5))
np.testing.assert_equal(batch_norm.count_params(), 4 * 5)
np.testing.assert_equal(len(batch_norm.non_trainable_weights), 2)

# %%
# Break it
# --------
# Suppose you count the 100 steps of a sequence, too. But each goes through the
# same kernel.
layer = keras.layers.Dense(7)
layer.build((None, 100, 5))  # (batch, steps, features)
wrong = (100 * 5 + 1) * 7
print("right:", layer.count_params(), "wrong:", wrong)
np.testing.assert_equal(layer.count_params(), (5 + 1) * 7)
assert layer.count_params() != wrong

# %%
# After training, the "Total params" of a summary also count the numbers that
# the optimizer keeps. Adam has two for each trainable parameter, and two more.
# ``count_params`` stays the same.
model.compile("adam", loss="mse")
model.train_on_batch(np.ones((1, 40)), np.ones((1, 1)))
of_optimizer = sum(np.size(w.numpy()) for w in model.optimizer.variables)
np.testing.assert_equal(of_optimizer, 2 * trainable + 2)
print("right:", model.count_params(), "wrong:", in_all + of_optimizer)
np.testing.assert_equal(model.count_params(), in_all)
model.summary(line_length=60)

# %%
# See it
# ------
# The first layer has more parameters than the other three together.

assert counts[0] > sum(counts[1:])
fig, axis = plt.subplots(figsize=(6, 3.4))
names = ["40 to 64", "64 to 24\nno bias", "24 to 10", "10 to 1"]
bars = axis.bar(names, counts)
axis.bar_label(bars)
axis.set(title="Most parameters are where wide layers meet", ylim=(0, 3000))
axis.set(xlabel="features to units", ylabel="parameters")
plt.show()
