r"""
Dense on the last axis: input of any rank
=========================================

A ``Dense`` layer multiplies along the last axis of its input. It treats all
other axes as a batch: in an image, it sees one pixel at a time.

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
# Compute it
# ----------
# ``@`` sums over the last axis of ``x`` and the first of ``kernel``. Two other
# ways to compute the same: loop over the steps, or fold all axes but the last
# into one.

expected = x @ kernel + bias
looped = np.stack([x[:, t] @ kernel for t in range(20)], axis=1) + bias
folded = (x.reshape(-1, 30) @ kernel + bias).reshape(10, 20, 1)

# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit.

for result in (expected, looped, folded):
    np.testing.assert_array_equal(y, np.float32(result), strict=True)

# %%
# The same layer takes rows, sequences, images and videos, as long as their last
# axis has the same length. (Only TensorFlow computes a whole layer in float64.)

shapes = [(6, 3), (6, 5, 3), (6, 5, 4, 3), (6, 2, 5, 4, 3)]
dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    layer = keras.layers.Dense(4, bias_initializer="normal", dtype=dtype)
    tolerance = 1000 * np.finfo(dtype).eps
    for shape in shapes:
        x_random = rng.normal(size=shape).astype("float32")
        y_random = keras.ops.convert_to_numpy(layer(x_random))
        kernel_random, bias_random = layer.get_weights()
        expected = x_random @ kernel_random.astype("float64") + bias_random
        np.testing.assert_allclose(
            y_random, expected, rtol=tolerance, atol=tolerance
        )
        shape_of_y = layer.compute_output_shape(shape)
        np.testing.assert_equal(shape_of_y, y_random.shape)
        print(dtype, shape, "->", shape_of_y)

# %%
# Break it
# --------
# A convolution of PyTorch returns (batch, features, steps). ``Dense`` refuses
# it, unless there are as many steps as features: then the result is wrong
# without an error. Would you reshape it? The shape fits, but the numbers end up
# in wrong places. Swap the axes back.

features_first = np.float32(x.swapaxes(1, 2))
np.testing.assert_raises(ValueError, dense, features_first)
reshaped = features_first.reshape(10, 20, 30) @ kernel + bias
print(f"{np.mean(y == reshaped):.0%} of the entries are right")
assert np.any(y != reshaped)

# %%
# ``Dense`` also refuses a single sample without a batch axis.

np.testing.assert_raises(ValueError, dense, np.float32(x[0, 0]))

# %%
# See it
# ------
# One unit with the weights 0.299, 0.587 and 0.114, as in old television, turns
# the red, green and blue of each pixel into a shade of grey.

row, column = np.mgrid[:24, :36]
disc = (row - 12) ** 2 + (column - 18) ** 2 < 64
image = np.stack([column / 35, row / 23, disc], axis=-1)
fig, axes = plt.subplots(1, 2, figsize=(6, 2.4), layout="constrained")
axes[0].imshow(image)
axes[1].imshow(image @ [[0.299], [0.587], [0.114]], cmap="gray")
for axis, name in zip(axes, ["x: three features", "y: one unit"]):
    axis.set(title=f"{name} a pixel", xticks=[], yticks=[])
plt.show()
