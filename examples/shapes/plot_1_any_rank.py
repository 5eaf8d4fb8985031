r"""
All axes but the last are a batch
=================================

A ``Dense`` layer takes an input of any rank from two up and treats each place
along the leading axes as a sample of its own: of an image, it sees one pixel at
a time.

.. math:: y_{\ldots u} = \sum_f x_{\ldots f} \, W_{f u} + b_u
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# One layer, for inputs of rank two to five. `build`_ asks for a shape and reads
# only the last number of it: the kernel has a row for each feature. Before, the
# layer asked for two axes at least; now it also asks for three features.
#
# .. _build: https://keras.io/api/layers/base_layer/

dense = keras.layers.Dense(units=4)
print("before:", dense.input_spec)
np.testing.assert_equal(dense.input_spec.min_ndim, 2)

dense.build((None, 3))
print("built: ", dense.input_spec)
np.testing.assert_equal(dense.input_spec.min_ndim, 2)
np.testing.assert_equal(dense.input_spec.axes, {-1: 3})

kernel = np.random.normal(size=(3, 4)).astype("float32")  # (features, units)
bias = np.random.normal(size=4).astype("float32")  # (units,)
np.testing.assert_equal([w.shape for w in dense.weights], [(3, 4), (4,)])
dense.set_weights([kernel, bias])

# %%
# The layer tells what shape its output will have, before anything is computed.
# ``compute_output_spec`` tells the dtype as well.

shapes = {  # (batch, ..., features)
    "rows": (6, 3),
    "a sequence": (6, 5, 3),
    "an image": (6, 5, 4, 3),
    "a film": (6, 2, 5, 4, 3),
}
for name, shape in shapes.items():
    told = dense.compute_output_shape(shape)
    spec = dense.compute_output_spec(keras.KerasTensor(shape))
    print(f"{name:10} {shape} -> {told}")
    np.testing.assert_equal(told, (*shape[:-1], 4))
    np.testing.assert_equal((spec.shape, spec.dtype), (told, "float32"))

# %%
# Compute it
# ----------
# Fold the leading axes into one, multiply, and unfold them again.


def dense_of_any_rank(x, kernel, bias):
    """The output (..., units) of an input (..., features), in float64."""
    features, units = kernel.shape
    rows = x.reshape(-1, features).astype("float64")
    return (rows @ kernel + bias).reshape(*x.shape[:-1], units)


# %%
# Check it
# --------
# Three products and a bias: two rounding units, whatever the rank.

for name, shape in shapes.items():
    x = np.random.normal(size=shape).astype("float32")
    y = keras.ops.convert_to_numpy(dense(x))
    np.testing.assert_equal((y.shape, y.dtype), ((*shape[:-1], 4), np.float32))
    magnitude = dense_of_any_rank(np.abs(x), np.abs(kernel), np.abs(bias))
    rounding_unit = np.finfo("float32").eps * magnitude
    error = np.abs(y - dense_of_any_rank(x, kernel, bias))
    print(f"{name:10} {np.max(error / rounding_unit):.2f} rounding units")
    np.testing.assert_array_less(error, 2.0 * rounding_unit, err_msg=name)

# %%
# An image, in integers: pixels of red, green and blue, and a kernel that gives
# each of the three new colours so many hundredths of the old ones. A
# convolution whose window is a single pixel, `Conv2D`_, does the same with the
# same numbers. Equal to the bit, both of them.
#
# .. _Conv2D: https://keras.io/api/layers/convolution_layers/convolution2d/

row, column = np.mgrid[:10, :12]
disc = (row - 5) ** 2 + (column - 6) ** 2 < 14
x = np.stack([8 * column, 9 * row, 90 * disc], axis=-1)[np.newaxis]
kernel = np.array([[10, 30, 70], [20, 60, 10], [70, 10, 20]])
bias = np.array([300, -200, 100])

inputs = keras.Input(shape=(10, 12, 3))  # (height, width, colours)
pixels = keras.layers.Dense(3)
window = keras.layers.Conv2D(3, kernel_size=1)
model = keras.Model(inputs, [pixels(inputs), window(inputs)])
np.testing.assert_equal(pixels.kernel.shape, (3, 3))
pixels.set_weights([kernel, bias])
window.set_weights([kernel.reshape(1, 1, 3, 3), bias])
y, y_window = model.predict(x, verbose=0)
print(x.shape, "->", y.shape, "weights:", pixels.count_params())

for result in (y, y_window):
    np.testing.assert_equal((result.shape, result.dtype), (x.shape, np.float32))
np.testing.assert_array_equal(y, dense_of_any_rank(x, kernel, bias))
np.testing.assert_array_equal(y_window, dense_of_any_rank(x, kernel, bias))

# %%
# Break it
# --------
# ``Flatten`` before ``Dense`` makes another model: a row of the kernel for each
# number of the image. Each output then depends on all pixels, and moving the
# disc needs other weights.

flat = keras.layers.Dense(360)
flat_model = keras.Model(inputs, flat(keras.layers.Flatten()(inputs)))
np.testing.assert_equal([w.shape for w in flat.weights], [(360, 360), (360,)])
wide_kernel = np.random.randint(0, 2, size=(360, 360))
flat.set_weights([wide_kernel, np.arange(360)])
y_flat = flat_model.predict(x, verbose=0)
print(x.shape, "->", y_flat.shape, "weights:", flat.count_params())

np.testing.assert_equal((y_flat.shape, y_flat.dtype), ((1, 360), np.float32))
np.testing.assert_array_equal(
    y_flat, dense_of_any_rank(x.reshape(1, 360), wide_kernel, np.arange(360))
)

# %%
# The features must come last. With the colours first, as PyTorch stores images,
# the layer refuses this image, as it refuses a sample alone, of rank one. But
# of an image three pixels wide it takes the columns for colours.

colours_first = np.moveaxis(x, -1, 1).astype("float32")
for wrong in (colours_first, x[0, 0, 0].astype("float32")):
    np.testing.assert_raises(ValueError, pixels, wrong)

narrow = colours_first[..., :3]  # (batch, colours, height, width)
y_narrow = keras.ops.convert_to_numpy(pixels(narrow))
right = np.moveaxis(y[:, :, :3], -1, 1)
print("right entries:", np.count_nonzero(y_narrow == right), "of", right.size)

np.testing.assert_equal(y_narrow.shape, right.shape)
np.testing.assert_array_equal(y_narrow, dense_of_any_rank(narrow, kernel, bias))
np.testing.assert_equal(np.count_nonzero(y_narrow == right) < 9, True)

# %%
# See it
# ------
# The layer changes the colours and leaves each pixel in its place.

fig, axes = plt.subplots(1, 3, figsize=(6, 2.6), layout="constrained")
fig.suptitle("Dense sees one pixel at a time; after Flatten it sees them all")
panels = {"x": x, "Dense": y, "Flatten, Dense": y_flat.reshape(x.shape)}
for axis, (name, image) in zip(axes, panels.items()):
    low, high = image.min(), image.max()
    axis.imshow((image[0] - low) / (high - low))
    axis.set(title=name, xticks=[], yticks=[])
plt.show()
