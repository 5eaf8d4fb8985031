r"""
Dense on the last axis: input of any rank
=========================================

Texts, sensor data and images come as more than rows of features. You need no
other layer for them: ``Dense`` multiplies along the last axis of its input, and
treats all other axes as a batch. Of an image, it sees one pixel at a time.

.. math:: y_{\ldots,u} = \sum_f x_{\ldots,f} \, W_{f,u} + b_u
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Ten sequences of twenty steps with thirty features each. A layer of one unit
# turns the thirty features of a step into one number.

x = rng.integers(-3000, 3001, size=(10, 20, 30))  # (batch, steps, features)
kernel = rng.integers(-9, 10, size=(30, 1))  # (features, units)
bias = np.array([3001])  # (units,)

inputs = keras.Input(shape=(20, 30))
dense = keras.layers.Dense(1)
model = keras.Model(inputs, dense(inputs))
dense.set_weights([kernel, bias])
y = model.predict(x, verbose=0)  # (batch, steps, units)
print(x.shape, "->", y.shape)

# %%
# See it
# ------
# One unit with three weights, those of old television, turns the red, green and
# blue of each pixel into a shade of grey.

row, column = np.mgrid[:24, :36]
disc = (row - 12) ** 2 + (column - 18) ** 2 < 64
image = np.stack([column / 35, row / 23, disc], axis=-1)
fig, axes = plt.subplots(1, 2, figsize=(6, 2.4), layout="constrained")
axes[0].imshow(image)
axes[1].imshow(image @ [[0.299], [0.587], [0.114]], cmap="gray")
for axis, name in zip(axes, ["x: three features", "y: one unit"]):
    axis.set(title=f"{name} a pixel", xticks=[], yticks=[])
plt.show()

# %%
# Compute it
# ----------
# Take one step after the other: each is a matrix product of its own.

looped = np.zeros((10, 20, 1))  # (batch, steps, units)
for step in range(20):
    looped[:, step] = x[:, step] @ kernel + bias

# %%
# Or put all steps in one tall matrix, then reshape the result.

rows = x.reshape(10 * 20, 30)  # (batch * steps, features)
folded = (rows @ kernel + bias).reshape(10, 20, 1)

# %%
# ``@`` does the same by itself: it sums over the last axis of ``x`` and the
# first of ``kernel``.

expected = x @ kernel + bias

# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit.

for result in (expected, looped, folded):
    np.testing.assert_array_equal(y, np.float32(result), strict=True)

# %%
# One layer takes rows, sequences, images and videos of three features.

layer = keras.layers.Dense(4, bias_initializer="normal")
for shape in [(6, 3), (6, 5, 3), (6, 5, 4, 3), (6, 2, 5, 4, 3)]:
    x_random = rng.normal(size=shape).astype("float32")
    y_random = keras.ops.convert_to_numpy(layer(x_random))
    kernel_random, bias_random = layer.get_weights()
    by_hand = x_random @ kernel_random + bias_random
    np.testing.assert_allclose(y_random, by_hand, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Suppose your data come with the features first, and you reshape them. The
# shape fits, but the numbers are in wrong places. Swap the axes instead.

features_first = x.swapaxes(1, 2)  # (batch, features, steps)
right = features_first.swapaxes(1, 2) @ kernel + bias
wrong = features_first.reshape(10, 20, 30) @ kernel + bias
print("right:", right[0, :3, 0])
print("wrong:", wrong[0, :3, 0])
np.testing.assert_array_equal(y, right)
assert np.any(y != wrong)

# %%
# ``Dense`` refuses the data as they came, as it expects 30 features; and the
# features of one step alone, as it needs an axis before the last.

np.testing.assert_raises(ValueError, dense, np.float32(features_first))
np.testing.assert_raises(ValueError, dense, np.float32(x[0, 0]))

# %%
# Try it
# ------
# 1. In ``np.einsum("ij,jk->ik", a, b)`` each letter names an axis, and this is
#    ``a @ b``. Write ``dense_of_images(x, kernel, bias)``, for images of shape
#    (batch, rows, columns, features), with ``np.einsum`` and without ``@``.
# 2. All steps share one kernel. Write ``as_one(kernel, steps)``, the large
#    kernel for a whole sequence in one row, (batch, steps * features): the
#    product of both has the results of all steps, in one row of steps * units.
