r"""
LoRA: a product of two thin matrices beside a frozen kernel
===========================================================

LoRA fine-tunes a ``Dense`` layer without changing its kernel. It trains two
thin matrices and adds their product: far fewer numbers than the kernel has.

.. math:: y = x \left(W + \frac{\alpha}{r} A B\right) + b

The kernel :math:`W` is (features, units), :math:`A` is (features, :math:`r`),
and :math:`B` is (:math:`r`, units). The *rank* :math:`r` is small. By default,
:math:`\alpha` (``lora_alpha``) is the rank, so that the factor is 1.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# ``enable_lora`` needs a built layer. It freezes the kernel, but not the bias.

x = rng.integers(-5, 6, size=(3, 12))  # (batch, features)
kernel = rng.integers(-9, 10, size=(12, 12))  # (features, units)
bias = np.arange(-5, 7)  # (units,)
a = rng.integers(-3, 4, size=(12, 2))  # (features, rank)
b = rng.integers(-3, 4, size=(2, 12))  # (rank, units)

dense = keras.layers.Dense(12)
model = keras.Sequential([keras.Input(shape=(12,)), dense])
dense.set_weights([kernel, bias])
y_before = model.predict(x, verbose=0)  # (batch, units)
dense.enable_lora(rank=2, lora_alpha=3)
for weight in dense.weights:
    print(weight.name, weight.shape, "trained" if weight.trainable else "")

# %%
# Compute it
# ----------
# Add to the output what A and B make of the input, times alpha / rank.
# ``x @ a @ b`` needs no second matrix of the kernel's size.

by_hand = x @ kernel + 3 / 2 * (x @ a @ b) + bias  # (batch, units)

# %%
# In the whole function alpha is the rank by default.

from keras_by_hand.adapters import lora_dense

# %%
# Check it
# --------
# B begins with zeros, so at first nothing changes. A begins with ``he_uniform``
# numbers, up to ``sqrt(6 / features)``.

trained = [weight.name for weight in dense.trainable_weights]
np.testing.assert_equal(trained, ["bias", "lora_kernel_a", "lora_kernel_b"])
_, _, first_a, first_b = dense.get_weights()
np.testing.assert_array_less(np.abs(first_a), np.sqrt(6 / 12))
np.testing.assert_array_equal(first_b, np.zeros((2, 12), "float32"))

# %%
# Whole numbers are equal to the bit.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On TensorFlow, a model
#    that has predicted before ignores ``enable_lora`` of its ``Dense`` layers
#    until it is compiled again.

dense.set_weights([kernel, bias, a, b])
if keras.backend.backend() == "tensorflow":
    np.testing.assert_array_equal(model.predict(x, verbose=0), y_before)
model.compile()  # without arguments: for prediction only
y = model.predict(x, verbose=0)
np.testing.assert_array_equal(y, np.float32(by_hand), strict=True)
expected = lora_dense(x, kernel, bias, a, b, lora_alpha=3)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# An alpha of 0 stays 0: it does not stand for the default.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** In a float64 ``Dense``
#    layer, LoRA's A and B are float32.

layer = keras.layers.Dense(12, dtype="float64")
layer.build((None, 12))
layer.enable_lora(rank=2, lora_alpha=0)
np.testing.assert_equal(layer.lora_alpha, 0)
np.testing.assert_equal(layer.lora_kernel_a.dtype, "float32")

# %%
# Break it
# --------
# Is the factor alpha alone? No, it is alpha / rank. Can alpha be given to the
# constructor? No:
#
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:**
#    ``Dense`` ignores the ``lora_alpha`` of its constructor, and takes the
#    rank. Give alpha to ``enable_lora`` instead.

from_constructor = keras.layers.Dense(12, lora_rank=2, lora_alpha=3)
from_constructor.build((None, 12))
from_constructor.set_weights([kernel, bias, a, b])
y_constructor = keras.ops.convert_to_numpy(from_constructor(np.float32(x)))
np.testing.assert_array_equal(y_constructor, lora_dense(x, kernel, bias, a, b))
assert np.any(y != y_constructor)
assert np.any(y != x @ (kernel + 3 * a @ b) + bias)

# %%
# See it
# ------
# A and B are thin, and their product is as large as the kernel.

fig, axes = plt.subplots(1, 3, width_ratios=[2, 12, 12], figsize=(6, 3.4))
for axis, title, matrix in zip(axes, ["A", "B", "A B"], [a, b, a @ b]):
    image = axis.imshow(matrix, cmap="PuOr", vmin=-18, vmax=18)
    axis.set(title=title, xticks=[], yticks=[])
fig.colorbar(image, ax=axes, label="entry")
fig.suptitle(f"{a.size + b.size} numbers change a kernel of {kernel.size}")
plt.show()
