"""
A bias adds one number to each unit
===================================

The bias has one entry per unit, and each sample gets the same bias added to its
product of input and kernel.

.. math:: y = x W + b
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# ``bias_initializer="ones"`` makes the bias visible from the start.

x = np.random.randint(1, 100, size=(10, 2))  # (batch, features)

inputs = keras.Input(shape=(2,))
dense = keras.layers.Dense(5, bias_initializer="ones")
model = keras.Model(inputs, dense(inputs))

y = model.predict(x, verbose=0)  # (batch, units)
print(y)

# %%
# Compute it
# ----------
# NumPy broadcasts ``bias`` of shape ``(units,)`` over the batch, just as the
# layer does.

kernel, bias = dense.get_weights()  # (features, units), (units,)
expected = x @ kernel.astype("float64") + bias
print(expected)

# %%
# Check it
# --------
# Keras rounds two products and two sums at most. Each entry is then within one
# and a half rounding units of what NumPy finds in float64.

np.testing.assert_equal((y.shape, y.dtype), ((10, 5), np.float32))

magnitude = np.abs(x) @ np.abs(kernel) + np.abs(bias)
rounding_unit = np.finfo("float32").eps * magnitude
error = np.abs(y - expected)
print(f"largest error: {np.max(error / rounding_unit):.2f} rounding units")

np.testing.assert_array_less(error, 1.5 * rounding_unit)
np.testing.assert_array_equal(bias, np.ones(5))

# %%
# A bias of ones cannot show where each of its entries goes. One whose entries
# all differ can, and small integers make the results equal to the bit.

kernel = np.arange(1, 11).reshape(2, 5)
bias = np.array([100, -200, 300, -400, 500])
dense.set_weights([kernel, bias])
y = model.predict(x, verbose=0)
print(y)

np.testing.assert_array_equal(y, x @ kernel + bias)
np.testing.assert_equal(y.dtype, np.float32)

# %%
# Break it
# --------
# Forget the bias, or hand each of its entries to the next unit: no entry of the
# result is right any more.

forgotten = x @ kernel
shifted = x @ kernel + np.roll(bias, 1)

np.testing.assert_equal(np.count_nonzero(y == forgotten), 0)
np.testing.assert_equal(np.count_nonzero(y == shifted), 0)

# %%
# See it
# ------

panels = {"x W": x @ kernel, "b": bias[np.newaxis], "y = x W + b": y}
fig, axes = plt.subplots(1, 3, figsize=(5, 3.6), layout="constrained")
for axis, (name, values) in zip(axes, panels.items()):
    axis.imshow(values, cmap="PuOr", vmin=-1600, vmax=1600)
    axis.set(title=name, xticks=[], yticks=[])
    for (row, column), value in np.ndenumerate(values):
        shade = "white" if abs(value) > 900 else "black"
        text = axis.text(column, row, f"{value:.0f}", color=shade)
        text.set(horizontalalignment="center", verticalalignment="center")
plt.show()
