r"""
Find the bug: two Dense layers
==============================

Someone ported a small network to NumPy. It runs, its output has the right
shape, and every number in it is wrong. There are three mistakes, and one hides
behind another. Compare layer by layer, and you find all of them.

.. math:: h = \max(0, x W_1 + b_1), \qquad y = h W_2 + b_2

You need the pages "Dense with relu" and "set_weights and get_weights".
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# The second model ends after the first layer, so you can look inside.

inputs = keras.Input(shape=(4,))
hidden = keras.layers.Dense(4, activation="relu")(inputs)
model = keras.Model(inputs, keras.layers.Dense(3)(hidden))
first_layer = keras.Model(inputs, hidden)
weights = [rng.integers(-5, 6, size=w.shape) for w in model.get_weights()]
model.set_weights(weights)

x = rng.integers(-9, 10, size=(6, 4))  # (batch, features)
h = first_layer.predict(x, verbose=0)  # (batch, hidden units)
y = model.predict(x, verbose=0)  # (batch, units)

# %%
# As it was written
# -----------------
# This is the network as it was ported to NumPy.


def first(x, kernel, bias):
    return np.maximum(0, x @ kernel.T) + bias


def second(h, kernel, bias):
    return np.maximum(0, h @ kernel) + bias


kernel_1, bias_1, kernel_2, bias_2 = weights
ported = second(first(x, kernel_1, bias_1), kernel_2, bias_2)

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
print("Keras: ", y[0])
print("ported:", ported[0])
assert np.all(ported != y)

# %%
# See it
# ------
# White entries are right. A layer is to blame if it differs though it was fed
# what Keras' layer was fed: so here the second one gets Keras' ``h``.

wrong = {
    "first layer, fed x": first(x, kernel_1, bias_1) != h,
    "second layer, fed h": second(h, kernel_2, bias_2) != y,
}
fig, axes = plt.subplots(1, 2, figsize=(6, 3), layout="constrained")
fig.suptitle("Both layers differ from Keras")
for axis, (title, entries) in zip(axes, wrong.items()):
    axis.imshow(entries, cmap="Purples", vmin=0, vmax=1.5, aspect="auto")
    axis.set(title=title, xlabel="unit", ylabel="sample")
    axis.set_xticks(range(entries.shape[1]))
plt.show()

# %%
# Try it
# ------
# 1. Mend the first layer: write ``right_first(x, kernel, bias)``. It has two of
#    the mistakes. When one is mended, compare again.
# 2. Mend the second one: write ``right_second(h, kernel, bias)``. Which outputs
#    were right even so?
# 3. Make such a search automatic. Write ``first_wrong(ported, right)``: of two
#    lists of layers' outputs, it returns the index of the first that differs,
#    or None if all are equal.
