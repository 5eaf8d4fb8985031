r"""
Add, Subtract, Multiply, Average, Maximum, Minimum: number by number
====================================================================

These six layers merge a list of arrays into one. From the numbers at the same
position they compute the sum, difference, product, mean, maximum or minimum.

.. math::

   &\text{Add: } x_1 + x_2 + \ldots + x_n \\
   &\text{Subtract: } x_1 - x_2 \\
   &\text{Multiply: } x_1 \, x_2 \cdots x_n \\
   &\text{Average: } (x_1 + x_2 + \ldots + x_n) \, / \, n \\
   &\text{Maximum: } \max(x_1, x_2, \ldots, x_n) \\
   &\text{Minimum: } \min(x_1, x_2, \ldots, x_n)

``Add`` ends a residual block; ``Multiply`` applies a gate.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# ``Subtract`` takes exactly two inputs, the other layers any number.

inputs = [keras.Input((2,)), keras.Input((2,))]
merging = [layers.Add, layers.Subtract, layers.Multiply]
merging += [layers.Average, layers.Maximum, layers.Minimum]
model = keras.Model(inputs, [layer()(inputs) for layer in merging])

x = [np.float32([[6, -3], [2, 8]]), np.float32([[4, 5], [-2, 1]])]
predicted = model.predict(x, verbose=0)
for layer, y in zip(merging, predicted):
    print(f"{layer.__name__:8}", y[0])

# %%
# Compute it
# ----------
# For two inputs of the same shape, each layer is one line of NumPy.

first, second = x  # both (batch, features)
merged = [
    first + second,
    first - second,
    first * second,
    (first + second) / 2,
    np.maximum(first, second),
    np.minimum(first, second),
]

# %%
# The whole functions take any number of inputs. These may have different ranks:
# ``aligned`` inserts axes after the batch, where NumPy repeats the numbers.
# For inputs with masks, see the page "Mask propagation".

from keras_by_hand import add, average, maximum, minimum, multiply, subtract

# %%
# Check it
# --------
# First the predictions, then four inputs of different ranks.

np.testing.assert_array_equal(predicted, merged, strict=True)

functions = [add, subtract, multiply, average, maximum, minimum]
shapes = [(2, 5), (2, 3, 4, 5), (2, 4, 5), (2,)]
four = [rng.integers(-9, 10, size=s).astype("float32") for s in shapes]
for number, function in enumerate(functions):
    expected = np.float32(function(x))
    np.testing.assert_array_equal(predicted[number], expected, strict=True)
    given = four[:2] if function is subtract else four
    y = keras.ops.convert_to_numpy(merging[number]()(given))
    np.testing.assert_array_equal(y, np.float32(function(given)), strict=True)
np.testing.assert_raises(ValueError, layers.Subtract(), four)

# %%
# Break it
# --------
# Would you average three inputs with two ``Average`` layers, one behind the
# other? Then the last input counts twice as much as each of the others.

a, b, c = [*x, np.float32([[1, 0], [7, 5]])]
y = keras.ops.convert_to_numpy(layers.Average()([a, b, c]))
wrong = average([average([a, b]), c])
print("right:", y[0], "wrong:", wrong[0])
assert not np.allclose(y, wrong)

# %%
# See it
# ------

time = np.linspace(0, 1, 40)
waves = [np.sin(2 * np.pi * time), 0.8 * np.cos(4 * np.pi * time)]
fig, axes = plt.subplots(2, 3, figsize=(6, 3.2), sharex=True, sharey=True)
fig.suptitle("What each merging layer makes of two curves (gray)")
for axis, layer, function in zip(axes.flat, merging, functions):
    axis.plot(time, np.transpose(waves), "--", color="gray", linewidth=1)
    axis.plot(time, function(waves))
    axis.set(title=layer.__name__, xticks=[], yticks=[])
plt.show()
