r"""
Dense in 2022: the original page, digit for digit
=================================================

In 2022 a tutorial printed the results of a ``Dense`` layer and of NumPy, for
readers to compare by eye. This page computes all its cases again. Assertions
compare them, down to the digits that were printed then.

.. math:: y = \max(0, x W + b)

`Understanding Dense layer in Keras
<https://github.com/AtrCheema/ml_tutorials>`__, by Ather Abbas, ran on
TensorFlow 2.7 and NumPy 1.21. It drew its kernel with TensorFlow's random
numbers, so this page needs the TensorFlow backend.
"""

import logging
import sys

import keras
import matplotlib.pyplot as plt
import numpy as np

if keras.backend.backend() != "tensorflow":
    sys.exit(
        "This page needs the TensorFlow backend: set KERAS_BACKEND=tensorflow"
    )

import tensorflow as tf

# TensorFlow warns after a few models. The six of this page are fine.
logging.getLogger("tensorflow").setLevel("ERROR")
np.set_printoptions(linewidth=100, suppress=True)  # as the original did

# %%
# The original drew its inputs without a seed, so here they are written out.

x = np.array(  # (batch, features)
    [
        [73, 84],
        [34, 76],
        [83, 33],
        [95, 2],
        [15, 20],
        [6, 87],
        [25, 10],
        [54, 65],
        [3, 26],
        [27, 38],
    ]
)

# %%
# Build it
# --------
# With TensorFlow 2.7, ``tf.random.set_seed`` fixed the random kernel. Keras 3
# draws its kernels in another way. So this page draws them in the old way:
# uniformly between Glorot's limits, with TensorFlow's own generator.


def glorot_uniform(shape, dtype=None):
    """A kernel of ``shape`` (features, units), as TensorFlow 2.7 drew it.

    Glorot and Bengio, "Understanding the difficulty of training deep
    feedforward neural networks", 2010, equation 16.
    """
    limit = np.sqrt(6 / sum(shape))
    return tf.random.uniform(shape, -limit, limit)


def dense_model(**arguments):
    """A model of 2 features and one Dense layer of 5 units, freshly seeded."""
    tf.random.set_seed(313)  # each draw moves on, so once for every model
    inputs = keras.Input(shape=(2,), name="my_input")
    dense = keras.layers.Dense(
        5, kernel_initializer=glorot_uniform, name="my_output", **arguments
    )
    return keras.Model(inputs, dense(inputs))


# %%
# **Without a bias.**

model = dense_model(use_bias=False)
y_no_bias = model.predict(x, verbose=0)  # (batch, units)
dense = model.get_layer("my_output")
(kernel,) = dense.get_weights()  # (features, units)

print(
    [layer.name for layer in model.layers],
    dense.input.shape,
    dense.output.shape,
)
print("no_bias predict")
print(y_no_bias)
print("kernel")
print(kernel)

# %%
# **With the default bias**, which is zero.

model = dense_model(use_bias=True)
y_default_bias = model.predict(x, verbose=0)
default_bias = model.get_layer("my_output").get_weights()[1]  # (units,)

print("default_bias predict")
print(y_default_bias)
print("default_bias vector")
print(default_bias)

# %%
# **With a bias of ones.**

model = dense_model(bias_initializer="ones")
y_ones_bias = model.predict(x, verbose=0)
ones_bias = model.get_layer("my_output").get_weights()[1]  # (units,)

print("ones_bias predict")
print(y_ones_bias)
print("ones_bias vector")
print(ones_bias)

# %%
# **With an activation** after the same bias.

model = dense_model(bias_initializer="ones", activation="relu")
y_relu = model.predict(x, verbose=0)

print("relu predict")
print(y_relu)

# %%
# **With custom weights.**

custom_kernel = np.array([[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]], dtype="float32")
custom_bias = np.zeros(5)

model = dense_model()
model.get_layer("my_output").set_weights([custom_kernel, custom_bias])
y_custom = model.predict(x, verbose=0)

print("custom predict")
print(y_custom)
print("custom kernel")
print(model.get_layer("my_output").get_weights()[0])

# %%
# **Reducing dimensions.** The original printed only the shapes.

x_steps = np.random.default_rng(313).integers(-9, 10, size=(10, 20, 30))
inputs = keras.Input(shape=(20, 30))
dense = keras.layers.Dense(1, use_bias=False)
model = keras.Model(inputs, dense(inputs))
steps_kernel = np.arange(30).reshape(30, 1)
dense.set_weights([steps_kernel])
y_steps = model.predict(x_steps, verbose=0)

print(x_steps.shape, y_steps.shape)

# %%
# Compute it
# ----------
# In NumPy, each case is a product of matrices. Bias and ``relu`` follow.

no_bias = np.matmul(x, kernel.astype("float64"))
with_ones = np.matmul(x, kernel.astype("float64")) + np.ones(5)
relu = np.maximum(0, with_ones)
custom = np.matmul(x, custom_kernel) + custom_bias
steps = np.matmul(x_steps, steps_kernel)

print("no_bias matmul")
print(no_bias)
print("ones_bias matmul")
print(with_ones)
print("relu matmul")
print(relu)
print("custom matmul")
print(custom)

# %%
# Check it
# --------
# In float32 a sum of two products can miss the exact sum by one rounding unit,
# and with a bias by one and a half. A unit is ``2**-23`` of the absolute
# products and bias, added up. Keras is within these limits today. Whole numbers
# are equal to the bit.

for y in (y_no_bias, y_default_bias, y_ones_bias, y_relu, y_custom):
    np.testing.assert_equal((y.shape, y.dtype), ((10, 5), np.float32))
assert (y_steps.shape, y_steps.dtype) == ((10, 20, 1), np.float32)

rounding_unit = np.finfo("float32").eps * (np.abs(x) @ np.abs(kernel))
unit_with_ones = rounding_unit + np.finfo("float32").eps

np.testing.assert_array_less(np.abs(y_no_bias - no_bias), 1.0 * rounding_unit)
np.testing.assert_array_less(
    np.abs(y_default_bias - no_bias), 1.0 * rounding_unit
)
np.testing.assert_array_less(
    np.abs(y_ones_bias - with_ones), 1.5 * unit_with_ones
)
np.testing.assert_array_less(np.abs(y_relu - relu), 1.5 * unit_with_ones)
np.testing.assert_array_equal(y_custom, custom)
np.testing.assert_array_equal(y_steps, steps)

np.testing.assert_array_equal(default_bias, np.zeros(5))
np.testing.assert_array_equal(ones_bias, np.ones(5))

# %%
# Now the digits. Here are the kernel and two results as the original printed
# them. Its result with ``relu`` is the second one, with zeros in the place of
# negative numbers.

original_kernel = np.array(
    [
        [0.0517453, 0.77041924, -0.0192523, -0.7022766, 0.37126076],
        [-0.3371734, 0.04741824, -0.252154, 0.7318406, -0.25318795],
    ],
    dtype="float32",
)
original_no_bias = np.array(
    [
        [-24.545158, 60.223736, -22.586353, 10.208422, 5.8342476],
        [-23.865839, 29.79804, -19.818281, 31.742483, -6.619419],
        [-6.831863, 65.5096, -9.919023, -34.138214, 22.459442],
        [4.241456, 73.28466, -2.3332765, -65.252594, 34.763397],
        [-5.9672885, 12.504654, -5.3318644, 4.102663, 0.50515246],
        [-29.023615, 8.747902, -22.052912, 59.456474, -19.799788],
        [-2.0781016, 19.734663, -3.0028474, -10.238509, 6.7496395],
        [-19.122025, 44.684822, -17.429634, 9.646704, 3.5908635],
        [-8.611273, 3.544132, -6.613761, 16.921026, -5.469105],
        [-11.415466, 22.603212, -10.101664, 8.848475, 0.40289795],
    ],
    dtype="float32",
)
original_ones_bias = np.array(
    [
        [-23.545158, 61.223736, -21.586353, 11.208422, 6.8342476],
        [-22.865839, 30.79804, -18.818281, 32.742485, -5.619419],
        [-5.831863, 66.5096, -8.919023, -33.138214, 23.459442],
        [5.241456, 74.28466, -1.3332765, -64.252594, 35.763397],
        [-4.9672885, 13.504654, -4.3318644, 5.102663, 1.5051525],
        [-28.023615, 9.747902, -21.052912, 60.456474, -18.799788],
        [-1.0781016, 20.734663, -2.0028474, -9.238509, 7.7496395],
        [-18.122025, 45.684822, -16.429634, 10.646704, 4.590863],
        [-7.611273, 4.544132, -5.613761, 17.921026, -4.469105],
        [-10.415466, 23.603212, -9.101664, 9.848475, 1.402898],
    ],
    dtype="float32",
)
original_relu = np.maximum(0, original_ones_bias)

# %%
# Two numbers have the same digits if NumPy prints them alike.


def digits(array):
    """The numbers of an array, each as NumPy prints it, in one flat list."""
    return np.array(str(array).replace("[", " ").replace("]", " ").split())


def same_digits(array, original):
    """How many numbers have the same digits as in the original."""
    return int(np.count_nonzero(digits(array) == digits(original)))


np.testing.assert_array_equal(digits(kernel), digits(original_kernel))

print("identical digits, Keras today and in 2022:")
print("no bias      ", same_digits(y_no_bias, original_no_bias), "of 50")
print("default bias ", same_digits(y_default_bias, original_no_bias), "of 50")
print("bias of ones ", same_digits(y_ones_bias, original_ones_bias), "of 50")
print("relu         ", same_digits(y_relu, original_relu), "of 50")

# %%
# These counts depend on the processor. There are two ways to add a product to a
# sum. *Fused* is one instruction that rounds once. *Separate* rounds the
# product, and then the sum. Neither is wrong. NumPy can do both, and fused sums
# have all the digits of 2022.

product_0 = x[:, :1] * kernel[0].astype("float64")  # exact: 7 bits times 24
product_1 = x[:, 1:] * kernel[1].astype("float64")
fused = np.float32(np.float32(product_0) + product_1)
separate = np.float32(product_0) + np.float32(product_1)

print("identical digits, NumPy and Keras in 2022:")
for name, product in {"fused": fused, "separate": separate}.items():
    same = np.count_nonzero(y_no_bias == product)
    y_ones = product + np.float32(1)
    counts = (
        same_digits(product, original_no_bias),
        same_digits(y_ones, original_ones_bias),
        same_digits(np.maximum(0, y_ones), original_relu),
    )
    print(name, counts, f"of 50 each; {same} are those of Keras today")

fused_ones = fused + np.float32(1)
np.testing.assert_array_equal(digits(fused), digits(original_no_bias))
np.testing.assert_array_equal(digits(fused_ones), digits(original_ones_bias))
np.testing.assert_array_equal(
    digits(np.maximum(0, fused_ones)), digits(original_relu)
)

# %%
# On every processor the sum of the two products is rounded, and each product
# may be rounded before. That allows four results. Keras has one of them.

possible = [
    np.float32(first + second)
    for first in (product_0, np.float32(product_0).astype("float64"))
    for second in (product_1, np.float32(product_1).astype("float64"))
]
found = np.any(np.equal(possible, y_no_bias), axis=0)
np.testing.assert_equal(np.all(found), True)

# %%
# Break it
# --------
# If you forget the activation, and compare with the sum, each entry that
# ``relu`` clips is wrong, and no other.

clipped = with_ones < 0
wrong = np.abs(y_relu - with_ones) > 1.5 * unit_with_ones
counts = np.count_nonzero(clipped), np.count_nonzero(wrong)
print("of", wrong.size, "entries, clipped:", counts[0], "wrong:", counts[1])
np.testing.assert_array_equal(wrong, clipped)

# %%
# See it
# ------
# Products and sums rounded separately: the last digits of the dark entries
# differ from those of 2022.

differs = (digits(separate) != digits(original_no_bias)).reshape(10, 5)
fig, axis = plt.subplots(figsize=(5, 3.6), layout="constrained")
axis.imshow(differs, cmap="Purples", vmin=0, vmax=1.2, aspect="auto")
axis.set(title="x W, each product rounded: where the last digits differ")
axis.set(xticks=[], yticks=[], xlabel="units", ylabel="batch")
for (row, column), value in np.ndenumerate(separate):
    shade = "white" if differs[row, column] else "black"
    text = axis.text(column, row, f"{value:.8g}", color=shade, fontsize=8)
    text.set(horizontalalignment="center", verticalalignment="center")
plt.show()

# %%
# What had to change since 2022
# -----------------------------
# - ``Input(2)`` is an error in Keras 3: a shape is a tuple, ``Input((2,))``.
# - ``layer.input_shape`` became ``layer.input.shape``, and
#   ``layer.output_shape`` became ``layer.output.shape``.
# - ``predict`` draws a progress bar unless you pass ``verbose=0``.
# - Seeding TensorFlow and NumPy no longer fixes the weights: Keras draws the
#   seeds of its initializers from Python's ``random``.
#   ``keras.utils.set_random_seed`` seeds all three. Only this page needs the
#   old way.
# - The original said that ``set_weights`` must come after ``Model()``. It need
#   not: a layer has its weights as soon as it has been called.
# - Readers compared the numbers by eye. Now an assertion does.
