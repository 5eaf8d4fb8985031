r"""
LoRA in NumPy: a product of two thin matrices beside a frozen kernel
====================================================================

LoRA (low-rank adaptation) fine-tunes a layer without changing its kernel. It
trains two thin matrices, with far fewer numbers, and adds their product. It is
one way of parameter-efficient fine-tuning (PEFT). Call ``enable_lora``, then
``compile`` and ``fit``: see the page "Fine-tuning with LoRA".

.. math:: y = x \left(W + \frac{\alpha}{r} A B\right) + b

For a ``Dense`` layer, the kernel :math:`W` is (features, units), :math:`A` is
(features, :math:`r`), :math:`B` is (:math:`r`, units), and :math:`b` the bias.
The *rank* :math:`r` is small. By default, :math:`\alpha` (``lora_alpha``) is
the rank, so that the factor is 1.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# ``enable_lora`` freezes only the kernel. B begins as zeros: nothing changes.
rng = np.random.default_rng(313)
x = rng.integers(-5, 6, size=(3, 12)).astype("float32")  # (batch, features)
kernel = rng.integers(-9, 10, size=(12, 12))  # (features, units)
bias = np.arange(-5, 7)  # (units,)
a = rng.integers(-3, 4, size=(12, 2))  # (features, rank)
b = rng.integers(-3, 4, size=(2, 12))  # (rank, units)
dense = keras.layers.Dense(12)
model = keras.Sequential([keras.Input(shape=(12,)), dense])
dense.set_weights([kernel, bias])
y_before = model.predict(x, verbose=0)
dense.enable_lora(rank=2, lora_alpha=3)
first_b = dense.lora_kernel_b.numpy()
dense.set_weights([kernel, bias, a, b])
y = keras.ops.convert_to_numpy(dense(x))  # (batch, units)

# %%
# Compute it
# ----------
# Add to the output what A and B make of the input, times alpha / rank.
by_hand = x @ kernel + 3 / 2 * (x @ a @ b) + bias  # (batch, units)

# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On TensorFlow, a model
#    that has predicted before ignores ``enable_lora`` of its ``Dense`` layers
#    until it is compiled again.

np.testing.assert_array_equal(y, by_hand.astype("float32"), strict=True)
np.testing.assert_array_equal(first_b, np.zeros((2, 12)))
trained = [weight.name for weight in dense.trainable_weights]
np.testing.assert_equal(trained, ["bias", "lora_kernel_a", "lora_kernel_b"])
if keras.backend.backend() == "tensorflow":
    np.testing.assert_array_equal(model.predict(x, verbose=0), y_before)

# %%
# Break it
# --------
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:**
#    ``Dense`` ignores the ``lora_alpha`` of its constructor, and takes the
#    rank. Give alpha to ``enable_lora`` instead.

layer = keras.layers.Dense(12, lora_rank=2, lora_alpha=3)
layer.build((None, 12))
layer.set_weights([kernel, bias, a, b])
wrong = keras.ops.convert_to_numpy(layer(x))
np.testing.assert_array_equal(wrong, x @ (kernel + a @ b) + bias)
print("right:", y[0, :4], "wrong:", wrong[0, :4])
assert np.any(y != wrong)

# %%
# In full
# -------
# .. warning:: **Seen in Keras 3.15.1, documentation:** With LoRA, the
#    ``kernel_regularizer`` of ``Dense`` penalizes A and B, each by itself, and
#    no longer the kernel.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** In a float64 ``Dense``
#    layer, LoRA's A and B are float32.

from keras_by_hand.adapters import lora_dense, lora_penalty

expected = lora_dense(x, kernel, bias, a, b, lora_alpha=3)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)
layer = keras.layers.Dense(12, kernel_regularizer="l2", dtype="float64")
layer.build((None, 12))
layer.enable_lora(rank=2)
layer.set_weights([kernel, bias, a, b])
np.testing.assert_allclose(sum(layer.losses), lora_penalty(a, b), rtol=1e-4)
np.testing.assert_equal(layer.lora_kernel_a.dtype, "float32")

# %%
# See it
# ------
fig, axes = plt.subplots(1, 3, width_ratios=[2, 12, 12], figsize=(6, 3))
for axis, title, matrix in zip(axes, ["A", "B", "A B"], [a, b, a @ b]):
    axis.imshow(matrix, cmap="PuOr", vmin=-18, vmax=18)
    axis.set(title=title, xticks=[], yticks=[])
fig.suptitle(f"{a.size + b.size} numbers change a kernel of {kernel.size}")
plt.show()
