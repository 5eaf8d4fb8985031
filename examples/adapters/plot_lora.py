r"""
LoRA: a product of two thin matrices beside a frozen kernel
===========================================================

LoRA fine-tunes a ``Dense`` layer without changing its kernel: it learns two
thin matrices and adds their product to the kernel. They share a small rank
:math:`r`. By default :math:`\alpha` is the rank, so the factor is 1.

.. math:: y = x \left(W + \frac{\alpha}{r} A B\right) + b
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# ``enable_lora`` needs a built layer. It freezes the kernel, not the bias.

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
_, _, first_a, first_b = dense.get_weights()
dense.set_weights([kernel, bias, a, b])
y_stale = model.predict(x, verbose=0)
model.compile()
y = model.predict(x, verbose=0)
trained = [weight.name for weight in dense.trainable_weights]

# %%
# Compute it
# ----------


def lora_dense(x, kernel, bias, a, b, *, lora_alpha=None):
    """A Dense layer with LoRA (Hu et al., 2021, section 4.1).

    x: (..., features), kernel: (features, units), bias: (units,) or 0, a:
    (features, rank), b: (rank, units). Returns (..., units).
    """
    factor = 1 if lora_alpha is None else lora_alpha / a.shape[-1]
    return x @ kernel + factor * (x @ a @ b) + bias


# %%
# Check it
# --------
# A begins with ``he_uniform`` numbers and B with zeros, so their product is 0.
#
# .. warning:: **Seen in Keras 3.15.1:** On TensorFlow, a model that has
#    predicted before ignores ``enable_lora`` until it is compiled again.

expected = lora_dense(x, kernel, bias, a, b, lora_alpha=3)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)
on_tensorflow = keras.backend.backend() == "tensorflow"
np.testing.assert_array_equal(y_stale, y_before if on_tensorflow else y)
np.testing.assert_equal(trained, ["bias", "lora_kernel_a", "lora_kernel_b"])
np.testing.assert_array_less(np.abs(first_a), np.sqrt(6 / 12))
np.testing.assert_array_equal(first_b, np.zeros((2, 12), "float32"))

# %%
# Only on TensorFlow does Keras compute in float64 throughout.
#
# .. warning:: **Seen in Keras 3.15.1:** A and B are float32 in a float64 layer,
#    and so is their product. Here they are whole numbers, which lose nothing.

x_drawn = rng.normal(size=(3, 12)).astype("float32").astype("float64")
for dtype in ["float32", "float64"] if on_tensorflow else ["float32"]:
    for alpha in (None, 0):  # the default, and no LoRA at all
        layer = keras.layers.Dense(12, dtype=dtype)
        layer.build((None, 12))
        layer.enable_lora(2, lora_alpha=alpha)
        layer.set_weights([kernel, bias, a, b])
        np.testing.assert_equal(layer.lora_kernel_a.dtype, "float32")
        found = keras.ops.convert_to_numpy(layer(x_drawn.astype(dtype)))
        expected = lora_dense(x_drawn, kernel, bias, a, b, lora_alpha=alpha)
        tolerance = 1000 * np.finfo(dtype).eps
        np.testing.assert_allclose(found, expected, tolerance, tolerance)

# %%
# Break it
# --------
# Would you give alpha to the constructor? Or scale by alpha alone?
#
# .. warning:: **Seen in Keras 3.15.1:** ``Dense(12, lora_rank=2,
#    lora_alpha=3)`` loses alpha: it becomes the rank. Give alpha to
#    ``enable_lora`` instead.

told = keras.layers.Dense(12, lora_rank=2, lora_alpha=3)
told.build((None, 12))
told.set_weights([kernel, bias, a, b])
y_told = keras.ops.convert_to_numpy(told(x.astype("float32")))
np.testing.assert_array_equal(y_told, lora_dense(x, kernel, bias, a, b))
assert np.any(y != y_told)
assert np.any(y != x @ (kernel + 3 * a @ b) + bias)

# %%
# See it
# ------

fig, axes = plt.subplots(1, 3, width_ratios=[2, 12, 12], layout="constrained")
fig.set_size_inches(6, 3.4)
for axis, title, matrix in zip(axes, ["A", "B", "A B"], [a, b, a @ b]):
    image = axis.imshow(matrix, cmap="PuOr", vmin=-18, vmax=18)
    axis.set(title=title, xticks=[], yticks=[])
fig.colorbar(image, ax=axes, label="entry")
fig.suptitle(f"{a.size + b.size} numbers change a kernel of {kernel.size}")
plt.show()
