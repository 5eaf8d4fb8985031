r"""
gptq stores a row for each unit
===============================

After ``gptq`` with its four bits, a ``Dense`` layer holds whole numbers from 0
to 15, two in a byte, with a scale and a zero point for each unit and each group
of features. A unit is a row of them; in ``int8`` and ``int4`` it is a column.

.. math::

   \begin{aligned}
   s &= \frac{\max W - \min W}{15}, \qquad
   z = \operatorname{round}\left(\frac{-\min W}{s}\right)
   \;\text{ per group} \\
   q &= \operatorname{round}\left(\frac{W^\top}{s} + z\right), \qquad
   y = x \left( s \left(q - z\right) \right)^\top + b
   \end{aligned}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# Keras wants data to calibrate with, a tokenizer even if these are numbers, and
# the blocks of the model in order: here just the layer. It cuts the data into
# pieces as long as a sample. Only one number of each piece is not zero here: no
# two features occur together, so that none can make up for another, and GPTQ_
# does no more than round. (In Keras 3.15.1 the data do not reach the layer, and
# that is all it ever does. It `has been mended`_ since.)
#
# .. _GPTQ: https://arxiv.org/abs/2210.17323
# .. _has been mended: https://github.com/keras-team/keras/pull/23512

kernel = np.random.normal(size=(8, 5)).astype("float32")
kernel[::4] = np.abs(kernel[::4])  # every group has both signs
kernel[1::4] = -np.abs(kernel[1::4])
kernel[:4, 0] = [8, -7, 0.5, 2.5]  # (features, units)
bias = np.array([3, -2, 1, 0.5, -0.25], "float32")  # (units,)
x = np.random.randint(-9, 10, size=(6, 8))  # (batch, features)

inputs = keras.Input(shape=(8,))
dense = keras.layers.Dense(5)
model = keras.Model(inputs, dense(inputs))
dense.set_weights([kernel, bias])
config = keras.quantizers.GPTQConfig(
    dataset=np.eye(1, 8, dtype=int).repeat(16, axis=0),
    tokenizer="none",
    num_samples=16,
    sequence_length=8,
    group_size=4,
    quantization_layer_structure={"sequential_blocks": [dense]},
)
keras.config.disable_interactive_logging()  # no progress bar
model.quantize("gptq", config=config, filters=dense.name)
keras.config.enable_interactive_logging()
np.testing.assert_equal(dense.quantization_mode, "gptq")

y = model.predict(x, verbose=0)  # (batch, units)

# %%
# Compute it
# ----------


def grid(rows):
    """Scales and zero points (units, 1) of one group (units, some features)."""
    lowest = rows.min(axis=1, keepdims=True)
    scale = (rows.max(axis=1, keepdims=True) - lowest) / 15
    return scale, np.rint(-lowest / scale)


def packed(q):
    """Two units a byte, the first in its lower half: (units / 2, features)."""
    nibbles = np.pad(q.astype("uint8"), [(0, len(q) % 2), (0, 0)])
    return nibbles[::2] | nibbles[1::2] << 4


def unpacked(joined, units):
    """Whole numbers from 0 to 15 (units, features), from such bytes."""
    halves = joined[:, np.newaxis] >> np.array([[0], [4]], "uint8") & 15
    return halves.reshape(-1, joined.shape[1])[:units].astype("float64")


rows = kernel.T.astype("float64")  # (units, features)
groups = [grid(rows[:, start : start + 4]) for start in (0, 4)]
scale, zero = (np.concatenate(parts, axis=1) for parts in zip(*groups))
group = np.arange(8) // 4  # of each feature
q = np.rint(rows / scale[:, group] + zero[:, group])
joined = packed(np.clip(q, 0, 15))  # (units / 2, features)

steps = unpacked(joined, 5) - zero[:, group]
kernel_read = (steps * scale[:, group]).T  # (features, units)
expected = x @ kernel_read + bias

# %%
# Check it
# --------
# The whole numbers are equal. A scale is a rounded difference and a quotient,
# which is rounded once or, where a backend multiplies by the reciprocal, twice.
# The group of a feature is stored with a fraction, which the layer cuts off.

for weight in dense.weights:
    print(f"{weight.name:13} {weight.dtype:8} {tuple(weight.shape)}")

variables = {
    "bias": bias,
    "kernel": joined,
    "kernel_scale": scale,
    "kernel_zero": zero,
    "g_idx": group,
}
names = [weight.name for weight in dense.weights]
np.testing.assert_equal(names, list(variables))
stored = dict(zip(names, dense.get_weights()))
np.testing.assert_array_equal(stored["g_idx"], np.arange(8) / 4)
stored["g_idx"] = np.floor(stored["g_idx"])

eps = np.finfo("float32").eps
scale_error = np.abs(stored["kernel_scale"] - scale)
np.testing.assert_array_less(scale_error, 1.5 * eps * scale)
for name in ("bias", "kernel", "kernel_zero", "g_idx"):
    np.testing.assert_array_equal(stored[name], variables[name], name)
np.testing.assert_equal(stored["kernel"].dtype, np.uint8)

# %%
# In an answer, eight products, their sum and the bias are rounded; before that
# each number that the layer reads, and its scale three times: 6.5 units.

np.testing.assert_equal((y.shape, y.dtype), ((6, 5), np.float32))

magnitude = np.abs(x) @ np.abs(kernel_read) + np.abs(bias)
rounding_unit = eps * magnitude
error = np.abs(y - expected)
print(f"largest error: {np.max(error / rounding_unit):.2f} rounding units")

np.testing.assert_array_less(error, 6.5 * rounding_unit)

# %%
# Break it
# --------
# In ``int4`` a half byte has a sign and a byte has two neighbours of a row.
# Whoever reads these bytes like those is wrong, and so is whoever rounds the
# stored
# group of a feature, 0.75 for example, instead of cutting it off.

signed = (unpacked(joined, 5) + 8) % 16 - 8
in_rows = np.stack([joined & 15, joined >> 4], axis=2).reshape(-1, 8)[:5]
rounded = np.rint(np.arange(8) / 4).astype(int).clip(0, 1)
mistakes = {
    "with a sign": (signed - zero[:, group]) * scale[:, group],
    "neighbours of a row": (in_rows - zero[:, group]) * scale[:, group],
    "group rounded": (q - zero[:, rounded]) * scale[:, rounded],
}
for name, wrong in mistakes.items():
    right = np.isclose(x @ wrong.T + bias, y, rtol=0, atol=1e-3)
    print(f"{name}: {np.count_nonzero(right)} of {y.size} entries are right")
    np.testing.assert_equal(np.count_nonzero(right), 0, name)

# %%
# See it
# ------

fig, axes = plt.subplots(1, 3, figsize=(6, 3), layout="constrained")
fig.suptitle("gptq: a kernel lies on its side, two units in a byte")
panels = {"kernel": kernel, "q": q, "bytes": joined}
for axis, (name, values) in zip(axes, panels.items()):
    axis.imshow(values, cmap="PuOr")
    axis.set(title=f"{name} {values.shape}", xticks=[], yticks=[])
plt.show()
