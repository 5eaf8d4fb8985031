r"""
GPTQ: later weights make up for rounding errors
===============================================

GPTQ rounds a kernel to 16 numbers, one feature after the other. Each time it
changes the weights of the features that follow, so that they make up for the
error as well as the calibration data allow.

.. math::

   s &= \frac{\text{high} - \text{low}}{15}, \quad
   z = \text{round}\left(\frac{-\text{low}}{s}\right) \\
   q_i &= \text{round}\left(\frac{w_i}{s} + z\right) \\
   w_k &\leftarrow w_k - \frac{w_i - s (q_i - z)}{U_{ii}} \, U_{ik},
   \quad k > i \\
   U^\top U &= \left( X^\top X + \lambda I \right)^{-1}

Low and high are the lowest and the highest of 0 and a group of weights of one
unit. :math:`X` holds the data, a sample in a row; :math:`U` is upper
triangular.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Sixteen features that are made of four, so that one can make up for another.
# Keras takes the data as whole numbers, such as tokens, and the layers in
# order.

data = rng.normal(size=(200, 4)) @ rng.normal(size=(4, 16))
data = np.rint(9 * data + rng.normal(size=(200, 16)))  # (samples, features)
kernel = rng.normal(size=(16, 5)).astype("float32")  # (features, units)
kernel[[0, 1]] = [[2], [-1.6]]  # both signs in each group
kernel[[8, 9]] = [[3], [-1.6]]
bias = np.arange(5)  # (units,)

dense = keras.layers.Dense(5)
model = keras.Sequential([keras.Input(shape=(16,)), dense])
model.set_weights([kernel, bias])
config = keras.quantizers.GPTQConfig(
    dataset=data,
    tokenizer="not used",
    sequence_length=16,
    group_size=8,
    quantization_layer_structure={"sequential_blocks": [dense]},
)
keras.config.disable_interactive_logging()  # no progress bar
model.quantize("gptq", config=config, filters=dense.name)
keras.config.enable_interactive_logging()
print([weight.name for weight in dense.weights])

# %%
# From other pages
# ----------------


def pack_int4(arr, axis=0):
    """Two numbers a byte along axis, the first in the lower half.

    arr: int8 or uint8, of any shape (keras.quantizers.pack_int4).
    """
    arr = np.moveaxis(arr, axis, 0)
    arr = np.concatenate([arr, np.zeros_like(arr[: len(arr) % 2])])
    lower, upper = arr[::2] & 15, arr[1::2] & 15
    return np.moveaxis(lower | upper << 4, 0, axis)


def unpack_int4(packed, orig_len, axis=0, dtype="int8"):
    """orig_len numbers along axis: -8 to 7, or 0 to 15 with dtype="uint8".

    packed: what pack_int4 returns (keras.quantizers.unpack_int4).
    """
    packed = np.moveaxis(packed, axis, 0)
    halves = np.stack([packed & 15, packed >> 4 & 15], axis=1)
    q = halves.reshape(-1, *packed.shape[1:])[:orig_len].astype(dtype)
    return np.moveaxis((q ^ 8) - 8 if dtype == "int8" else q, 0, axis)


# %%
# Compute it
# ----------


def gptq(kernel, data, group_size=128, hessian_damping=0.01):
    """Whole numbers from 0 to 15, scales, zero points (Frantar et al., 2023).

    kernel: (features, units), data: (samples, features). Returns the numbers
    (units, features), and scales and zero points (units, groups).
    """
    data = np.asarray(data, "float64")
    products = data.T @ data  # of the features, (features, features)
    products += np.diag(np.diag(products) == 0)  # features that are always 0
    damping = hessian_damping * np.mean(np.diag(products))
    inverse = np.linalg.inv(products + damping * np.eye(len(products)))
    upper = np.linalg.cholesky(inverse).T
    rows = kernel.T.astype("float64")  # (units, features)
    q, scales, zeros = np.zeros(rows.shape, "uint8"), [], []
    for i in range(len(kernel)):
        if i % group_size == 0:
            group = rows[:, i : i + group_size]
            low = np.minimum(group.min(axis=1), 0)
            high = np.maximum(group.max(axis=1), 0)
            scale = np.where(high > low, (high - low) / 15, 1)
            zero = np.rint(-low / scale)
            scales.append(scale)
            zeros.append(zero)
        q[:, i] = np.clip(np.rint(rows[:, i] / scale + zero), 0, 15)
        error = rows[:, i] - scale * (q[:, i] - zero)
        rows[:, i:] -= np.outer(error / upper[i, i], upper[i, i:])
    return q, np.stack(scales, axis=1), np.stack(zeros, axis=1).astype("uint8")


def gptq_kernel(packed, kernel_scale, kernel_zero, g_idx):
    """The kernel that a layer in GPTQ reads, (features, units).

    packed: (half the units, features), scales and zero points: (units, groups),
    g_idx: (features,). The group of a feature is the whole part of its g_idx.
    """
    group = g_idx.astype("int64")
    q = unpack_int4(packed, len(kernel_scale), axis=0, dtype="uint8")
    steps = q.astype("float64") - kernel_zero[:, group]
    return (steps * kernel_scale[:, group]).T


def gptq_dense(x, packed, kernel_scale, kernel_zero, g_idx, bias=0):
    """Dense in GPTQ, from x: (batch, features)."""
    return x @ gptq_kernel(packed, kernel_scale, kernel_zero, g_idx) + bias


# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1:** ``quantize("gptq")`` ignores the
#    calibration data, and only rounds. `Mended since
#    <https://github.com/keras-team/keras/pull/23512>`__.
#
# So the layer stores what the function returns for data of zeros.

q_rounded, scale, zero = gptq(kernel, 0 * data, group_size=8)
rounded = [pack_int4(q_rounded), scale, zero, np.arange(16) / 8]
tolerance = 1000 * np.finfo("float32").eps
for stored, expected in zip(dense.get_weights()[1:], rounded, strict=True):
    np.testing.assert_allclose(stored, expected, tolerance)

x = rng.normal(size=(6, 16)).astype("float32")
y_rounded = keras.ops.convert_to_numpy(dense(x))
expected = gptq_dense(x, *rounded, bias)
np.testing.assert_allclose(y_rounded, expected, tolerance, tolerance)

# %%
# You can give the layer what NumPy finds instead, in the order of a file. It
# computes the same from it.

q, scale, zero = gptq(kernel, data, group_size=8)
found = [pack_int4(q), scale, zero, np.arange(16) / 8]
dense.load_own_variables(dict(zip("01234", [bias, *found])))
y = keras.ops.convert_to_numpy(dense(x))
np.testing.assert_allclose(y, gptq_dense(x, *found, bias), tolerance, tolerance)
print(f"{np.mean(q != q_rounded):.0%} of the numbers are not the nearest.")

# %%
# GPTQ is least squares, step by step. Once some features are fixed, the others
# take the weights that make up best for the errors.

products = data.T @ data
products += 0.01 * np.mean(np.diag(products)) * np.eye(16)
error = gptq_kernel(*found).T - kernel.T  # (units, features)
for i in range(1, 16):
    inverse = np.linalg.inv(products[i:, i:])
    best = kernel.T[:, i:] - error[:, :i] @ products[:i, i:] @ inverse
    numbers = np.rint(best[:, 0] / scale[:, i // 8] + zero[:, i // 8])
    np.testing.assert_array_equal(q[:, i], numbers.clip(0, 15))

# %%
# Groups of one sign, or of zeros, are also read to half a step.

one_sign = (1 + np.abs(kernel)) * [0, 1, -1, 1, -1]
q, scale, zero = gptq(one_sign, 0 * data)
read = gptq_kernel(pack_int4(q), scale, zero, np.zeros(16))
np.testing.assert_array_less(np.abs(read - one_sign) / scale.T, 0.51)

# %%
# Break it
# --------
# Keras stores the group of a feature with a fraction: 0.625 is group 0. Would
# you round it?

group = np.rint(found[3]).clip(0, 1)
wrong = gptq_dense(x, *found[:3], group, bias)
print(f"{np.mean(np.isclose(wrong, y)):.0%} of the answers are right")
assert not np.allclose(wrong, y)

# %%
# See it
# ------
# How far does GPTQ move the answers, compared with plain rounding? Fifty
# kernels were drawn, each with data of its own. GPTQ is better for data like
# those of its calibration, and worse for others.

moves = np.zeros((2, 2, 50))  # (methods, kinds of data, draws)
for draw in range(50):
    kernel, mix = rng.normal(size=(16, 5)), rng.normal(size=(4, 16))
    seen, alike = rng.normal(size=(2, 200, 4)) @ mix
    other = rng.normal(size=(200, 16))
    for method, calibration in enumerate((seen, 0 * seen)):
        q, scale, zero = gptq(kernel, calibration)
        error = (q - 1.0 * zero) * scale - kernel.T
        for kind, samples in enumerate((alike, other)):
            moves[method, kind, draw] = np.linalg.norm(samples @ error.T)

fig, axis = plt.subplots(figsize=(6, 3.4))
for label, ratio in zip(("like the calibration", "other"), moves[0] / moves[1]):
    print(f"{label}: {np.median(ratio):.2f} times as far (median)")
    axis.hist(ratio, np.geomspace(0.1, 5, 25), label=label, alpha=0.7)
axis.axvline(1, linestyle=":", color="gray", label="plain rounding")
axis.set(title="GPTQ suits data like those of its calibration", xscale="log")
axis.set(xlabel="move with GPTQ / move with plain rounding")
axis.set(ylabel="kernels", ylim=(0, 24))
axis.legend(title="data", loc="upper center", ncols=3)
plt.show()
