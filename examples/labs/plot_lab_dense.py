r"""
Find the bug: three mistakes in three Dense layers
==================================================

Someone ported a small network to NumPy. The port runs, its output has the right
shape, and every number in it is wrong. There are three mistakes. One of them
hides behind another: you see it only when the other one is gone.

.. math::

   h_1 &= \max(0, x W_1 + b_1) \\
   h_2 &= \max(0, h_1 W_2 + b_2) \\
   y &= h_2 W_3 + b_3

You need the pages "Dense with relu" and "Dense on the last axis".
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# This model returns the output of each of its layers, so you can look inside.

x = rng.integers(-9, 10, size=(6, 4, 4))  # (batch, steps, features)

inputs = keras.Input(shape=(4, 4))
layers = [
    keras.layers.Dense(4, activation="relu"),
    keras.layers.Dense(4, activation="relu"),
    keras.layers.Dense(2),
]
hidden_1 = layers[0](inputs)
hidden_2 = layers[1](hidden_1)
model = keras.Model(inputs, [hidden_1, hidden_2, layers[2](hidden_2)])
weights = [rng.integers(-5, 6, size=w.shape) for w in model.get_weights()]
model.set_weights(weights)
h_1, h_2, y = model.predict(x, verbose=0)  # each (batch, steps, units)

# %%
# As it was written
# -----------------
# This is the network as it was ported to NumPy.


def first(x, kernel, bias):
    return np.maximum(0, kernel.T @ x + bias)


def second(x, kernel, bias):
    return np.maximum(0, x @ kernel) + bias[:, np.newaxis]


def third(x, kernel, bias):
    return x @ kernel + bias


kernel_1, bias_1, kernel_2, bias_2, kernel_3, bias_3 = weights
ported_1 = first(x, kernel_1, bias_1)
ported_2 = second(ported_1, kernel_2, bias_2)
ported = third(ported_2, kernel_3, bias_3)

# %%
# Check it
# --------
# Both sides have the same weights, so these are not to blame. But the check of
# the output is red: not one entry is right.

for of_keras, of_numpy in zip(model.get_weights(), weights):
    np.testing.assert_array_equal(of_keras, of_numpy)
np.testing.assert_raises(
    AssertionError, np.testing.assert_array_equal, ported, y
)
print("Keras: ", y[0, 0])
print("ported:", ported[0, 0])
assert np.all(ported != y)

# %%
# See it
# ------
# Every layer returns wrong entries. But a right layer does so, too, if it gets
# wrong numbers. So the figure doesn't say which layers are bad.

pairs = [(ported_1, h_1), (ported_2, h_2), (ported, y)]
fig, axes = plt.subplots(1, 3, figsize=(6, 3.4), layout="constrained")
fig.suptitle("Wrong entries (dark) behind each layer of the port")
for number, (axis, pair) in enumerate(zip(axes, pairs), start=1):
    entries = np.not_equal(*pair).reshape(24, -1)  # (batch * steps, units)
    assert np.any(entries)
    axis.imshow(entries, cmap="Purples", vmin=0, vmax=1.5, aspect="auto")
    axis.set(title=f"layer {number}", xlabel="unit", yticks=[])
    axis.set_xticks(range(entries.shape[1]))
axes[0].set(ylabel="steps of all samples")
plt.show()

# %%
# Try it
# ------
# 1. Find out which layers are bad. Each of ``functions`` takes one array, and
#    should make of each of ``stages`` the one after it. For this network, the
#    stages are ``[x, h_1, h_2, y]``. Write ``bad(functions, stages)``, which
#    returns a list: True for each function that fails, False for the others.
# 2. Mend the first layer: write ``right_first(x, kernel, bias)``.
# 3. Mend the second one: write ``right_second(x, kernel, bias)``. Mend one
#    mistake, and compare again before you look for the other.
