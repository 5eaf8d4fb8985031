r"""
Dense on the last axis: input of any rank
=========================================

A ``Dense`` layer multiplies along the last axis of its input. All axes before
it are a batch: of an image, the layer sees one pixel at a time.

.. math:: y_{\ldots u} = \sum_f x_{\ldots f} \, W_{f,u} + b_u
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
# ``@`` takes the last axis of ``x`` and the first of ``kernel``. There are two
# more ways to say the same: a loop over the steps, and folding all axes but the
# last into one.

expected = x @ kernel + bias
looped = np.stack([x[:, t] @ kernel for t in range(20)], axis=1) + bias
folded = (x.reshape(-1, 30) @ kernel + bias).reshape(10, 20, 1)

# %%
# Check it
# --------
# Whole numbers are equal to the bit.

for result in (expected, looped, folded):
    np.testing.assert_array_equal(y, np.float32(result), strict=True)

# %%
# One layer takes rows, sequences, images and films, if their last axis fits.
# Only on TensorFlow does Keras compute in float64 throughout.

dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    layer = keras.layers.Dense(4, bias_initializer="normal", dtype=dtype)
    for shape in [(6, 3), (6, 5, 3), (6, 5, 4, 3), (6, 2, 5, 4, 3)]:
        x_random = rng.normal(size=shape).astype("float32").astype("float64")
        y_random = keras.ops.convert_to_numpy(layer(x_random))
        told = layer.compute_output_shape(shape)  # before anything is computed
        np.testing.assert_equal(told, y_random.shape)
        print(dtype, shape, "->", told)
        kernel_random, bias_random = layer.get_weights()
        expected = x_random @ kernel_random + bias_random
        tolerance = 1000 * np.finfo(dtype).eps
        np.testing.assert_allclose(y_random, expected, tolerance, tolerance)

# %%
# Break it
# --------
# ``Dense`` refuses a sample without a batch axis. It refuses what a convolution
# of PyTorch returns, (batch, features, steps), as the last axis doesn't fit.
# Would you reshape it? The shape fits, but the features have to be moved.

features_first = np.float32(x.swapaxes(1, 2))
for wrong in (np.float32(x[0, 0]), features_first):
    np.testing.assert_raises(ValueError, dense, wrong)
reshaped = features_first.reshape(10, 20, 30) @ kernel + bias
print(f"{np.mean(y == reshaped):.0%} of the entries are right")
assert np.any(y != reshaped)

# %%
# See it
# ------
# One unit turns the red, green and blue of each pixel into a grey.

row, column = np.mgrid[:24, :36]
disc = (row - 12) ** 2 + (column - 18) ** 2 < 64
image = np.stack([column / 35, row / 23, disc], axis=-1)
fig, axes = plt.subplots(1, 2, figsize=(6, 2.4), layout="constrained")
axes[0].imshow(image)
axes[1].imshow(image @ [[0.299], [0.587], [0.114]], cmap="gray")
for axis, name in zip(axes, ["x: three features", "y: one unit"]):
    axis.set(title=f"{name} a pixel", xticks=[], yticks=[])
plt.show()
