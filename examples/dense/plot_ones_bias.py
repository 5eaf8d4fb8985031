r"""
Bias: one number added to each unit
===================================

Without a bias, a layer answers an input of zeros with zeros, whatever its
kernel. A bias lets it answer something else: it shifts the output of a unit up
or down, by the same number in every sample.

.. math:: y_{n,u} = \sum_f x_{n,f} \, W_{f,u} + b_u
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# By default a bias starts as zeros. With ``bias_initializer="ones"`` you can
# see it at once.

x = rng.integers(1, 100, size=(10, 2))  # (batch, features)
kernel = np.array([[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]])  # (features, units)

inputs = keras.Input(shape=(2,))
dense = keras.layers.Dense(5, bias_initializer="ones")
model = keras.Model(inputs, dense(inputs))
dense.kernel.assign(kernel)  # sets the kernel alone: the bias stays ones
y_ones = model.predict(x, verbose=0)  # (batch, units)
print(y_ones)

# %%
# Ones cannot show which number goes to which unit. So here is a bias whose
# numbers all differ.

bias = np.array([100, -200, 300, -400, 500])  # (units,)
dense.set_weights([kernel, bias])
y = model.predict(x, verbose=0)  # (batch, units)

# %%
# See it
# ------
# Each column of the product moves by its number in ``b``.

# sphinx_gallery_moving_picture = True
style = {"ha": "center", "va": "center", "color": "k", "fontsize": 8}
fig = plt.figure(figsize=(6, 3.4), layout="constrained")
axes = fig.subplots(1, 3)
panels = [("x W", x @ kernel), ("b", bias[np.newaxis]), ("y = x W + b", y)]
for axis, (title, values) in zip(axes, panels):
    axis.imshow(values, aspect=0.7, cmap="PuOr", vmin=-3000, vmax=3000)
    axis.set(title=title, xticks=[], yticks=[])
    for (row, column), value in np.ndenumerate(values):
        axis.text(column, row, int(value), **style)
plt.show()

# %%
# Compute it
# ----------
# The product has the shape (batch, units), and the bias has the shape (units,).
# The bias belongs to every row.

by_loop = x @ kernel  # (batch, units)
for sample in range(10):
    by_loop[sample] += bias

# %%
# NumPy does this by itself. It *broadcasts* the bias: it adds it to each row of
# the product.

expected = x @ kernel + bias
expected_ones = x @ kernel + np.ones(5)

# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit. And
# without a bias, zeros are answered with zeros; with one, with the bias.

np.testing.assert_array_equal(y_ones, np.float32(expected_ones), strict=True)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)
np.testing.assert_array_equal(y, np.float32(by_loop), strict=True)

zeros = np.zeros((1, 2))  # a single sample
y_zeros = model.predict(zeros, verbose=0)
np.testing.assert_array_equal(y_zeros, [bias])
assert not np.any(zeros @ kernel)

# %%
# Break it
# --------
# Suppose you add the bias along the wrong axis: ``bias[:, np.newaxis]`` is a
# column, one number for each sample. With as many samples as units, NumPy
# raises no error. Only the diagonal is right, where both have the same number.

five = x[:5]  # as many samples as units
wrong = five @ kernel + bias[:, np.newaxis]
y_five = model.predict(five, verbose=0)
print("right:", y_five, "wrong:", wrong, sep="\n")
np.testing.assert_array_equal(y_five == wrong, np.eye(5, dtype=bool))

# %%
# Try it
# ------
# 1. Write ``centered(x, kernel)``, which returns the bias with which the mean
#    of each unit over all samples of ``x`` is zero.
# 2. You may ask a model for predictions, but not for its weights. Write
#    ``weights_of(model)``, which finds out both, the kernel and the bias, for a
#    model like the one above: two features, any number of units.
