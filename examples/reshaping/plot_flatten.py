r"""
Flatten: data_format and the rows of the Dense kernel
=====================================================

``Flatten`` lists the numbers of each sample in NumPy's order: the last axis
changes fastest. ``data_format="channels_first"`` moves the channels to the end
before that. So the rows of the next ``Dense`` kernel depend on this argument.

.. math::

   \text{channels\_last: } & y_{(i w + j) C + c} = x_{i,j,c} \\
   \text{channels\_first: } & y_{(i w + j) C + c} = x_{c,i,j} \\
   \text{not given: } & y_{(c h + i) w + j} = x_{c,i,j}

Here i is one of h rows, j one of w columns, and c one of C channels. The third
line is for channels first if the argument is not given.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Dense, Flatten

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# The end of three networks. The second and third get channels first.

last = keras.Sequential([keras.Input((2, 4, 3)), Flatten(), Dense(5)])
first = keras.Sequential(
    [keras.Input((3, 2, 4)), Flatten(data_format="channels_first"), Dense(5)]
)
plain = keras.Sequential([keras.Input((3, 2, 4)), Flatten(), Dense(5)])

images = rng.integers(-9, 10, size=(2, 3, 2, 4))  # (batch, C, height, width)
kernel = rng.integers(-9, 10, size=(24, 5))  # (features, units)
bias = np.array([4, -7, 0, 9, 2])  # (units,)
plain.set_weights([kernel, bias])
y = plain.predict(images, verbose=0)  # (batch, units)

# %%
# Compute it
# ----------
# ``Flatten`` is a reshape, and ``Dense`` a product. To move the channels to the
# end, number the 24 features, move the channels of these numbers, and flatten
# them: this is the new order. The rows of the kernel need the same order.

outputs = images.reshape(2, 24) @ kernel + bias  # (batch, units)
numbers = np.arange(24).reshape(3, 2, 4)  # (C, height, width)
order = numbers.transpose(1, 2, 0).ravel()  # old rows, in their new order
new_kernel = kernel[order]  # (features, units)

# %%
# The whole functions take any shape. The second one takes a kernel that was
# trained behind a plain ``Flatten()`` of channels first, and reorders it for
# the other two models.

from keras_by_hand import flatten
from keras_by_hand.porting.pytorch import channels_last_dense_kernel

# %%
# Check it
# --------
# First the plain model. ``Flatten`` takes any number of axes. If there is only
# the batch, it adds one.

np.testing.assert_array_equal(y, np.float32(outputs), strict=True)

for shape, data_format in [
    ((2, 3, 2, 4), "channels_last"),
    ((2, 3, 2, 4), "channels_first"),
    ((2, 3, 2, 2, 4), "channels_first"),
    ((2, 3), "channels_first"),
    ((2,), "channels_first"),
]:
    x = rng.integers(-9, 10, size=shape).astype("float32")
    flat = keras.ops.convert_to_numpy(Flatten(data_format=data_format)(x))
    expected = flatten(x, data_format=data_format)
    np.testing.assert_array_equal(flat, expected, strict=True)
    print(f"{data_format:14} {shape} becomes {flat.shape}")

# %%
# The plain model uses the kernel unchanged. The other two need the same new
# order, and then all three agree.

expected = flatten(images) @ kernel + bias
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

reordered = channels_last_dense_kernel(kernel, (3, 2, 4))
np.testing.assert_array_equal(reordered, new_kernel)
for model, x in [(last, images.transpose(0, 2, 3, 1)), (first, images)]:
    model.set_weights([reordered, bias])
    np.testing.assert_array_equal(model.predict(x, verbose=0), y)

# %%
# Break it
# --------
# Would you change a trained model to channels last, or add the argument
# ``data_format="channels_first"``, and keep its kernel? All shapes still fit.

first.set_weights([kernel, bias])
wrong = keras.ops.convert_to_numpy(first(images))
print("right:", y[0], "wrong:", wrong[0])
assert np.any(y != wrong)

# %%
# See it
# ------
# Each line is a row of the kernel; each colour is one of the three channels.

old_rows = np.arange(24)[:, np.newaxis]
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for new, (old,) in enumerate(channels_last_dense_kernel(old_rows, (3, 2, 4))):
    axis.plot([old, new], [1, 0], f"C{old // 8}o-", markersize=4)
axis.set(title="The rows of the Dense kernel, put in another order")
axis.set(xlabel="row of the kernel", yticks=[1, 0])
axis.set_yticklabels(["Flatten()", "channels_first"])
plt.show()
