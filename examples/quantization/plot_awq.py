r"""
AWQ: finer steps where inputs are large
=======================================

AWQ multiplies the weights of each feature by a factor before it rounds them to
16 numbers, and divides by it afterwards. Features with large inputs get large
factors, so that their weights are rounded more finely.

.. math::

   a_i &= \frac{m_i^{\,p}}{\sqrt{\max_k m_k^{\,p} \; \min_k m_k^{\,p}}} \\
   q &= \text{round}\left(\frac{a_i W_{ij}}{s} + z\right) \\
   y_j &= \sum_i x_i \, \frac{s \, (q_{ij} - z)}{a_i} + b_j

:math:`m_i` is the largest input of a feature. The power :math:`p` is the one of
21 between 0 and 1 with the smallest mean of :math:`m_i^2 (\hat{W} - W)_{ij}^2`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# AWQ needs only the largest input of each feature, so Keras gets one sample
# with these. It takes whole numbers, such as tokens, and the layers in order.

kernel = rng.normal(size=(8, 5)).astype("float32")  # (features, units)
kernel[[0, 4]], kernel[[1, 5]] = 2, -1.6  # both signs in each group of four
bias = np.arange(5)  # (units,)
data = np.array([[90, 1, 9, 2, 5, -7, 0, 4], [-8, 2, -5, 30, 3, 50, 4, 1]])
x = rng.normal(size=(6, 8)).astype("float32")  # (batch, features)


def keras_awq(calibrated):
    """The answers of a layer in AWQ, and what it stores."""
    dense = keras.layers.Dense(5)
    model = keras.Sequential([keras.Input(shape=(8,)), dense])
    model.set_weights([kernel, bias])
    config = keras.quantizers.AWQConfig(
        dataset=[np.abs(data).max(axis=0)],
        tokenizer="not used",
        num_samples=1,
        sequence_length=8,
        group_size=4,
        quantization_layer_structure={"sequential_blocks": [dense]},
    )
    if calibrated:  # see the warning below
        dense.quantized_call = lambda inputs, **_: dense.call(inputs)
    keras.config.disable_interactive_logging()  # no progress bar
    model.quantize("awq", config=config, filters=dense.name)
    keras.config.enable_interactive_logging()
    if calibrated:
        del dense.quantized_call
    y = keras.ops.convert_to_numpy(dense(x))
    return y, dense.get_weights()


y, stored = keras_awq(calibrated=True)
print("factors:", stored[4].round(2))

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


def gptq_kernel(packed, kernel_scale, kernel_zero, g_idx):
    """The kernel that a layer in GPTQ reads, (features, units).

    packed: (half the units, features), scales and zero points: (units, groups),
    g_idx: (features,). The group of a feature is the whole part of its g_idx.
    """
    group = g_idx.astype("int64")
    q = unpack_int4(packed, len(kernel_scale), axis=0, dtype="uint8")
    steps = q.astype("float64") - kernel_zero[:, group]
    return (steps * kernel_scale[:, group]).T


# %%
# Compute it
# ----------


def quantize_groups(kernel, group_size=128):
    """Whole numbers from 0 to 15, scales and zero points of a kernel.

    kernel: (features, units). Returns the numbers (units, features), and scales
    and zero points (units, groups).
    """
    starts = np.arange(0, len(kernel), group_size)
    low = np.minimum(np.minimum.reduceat(kernel, starts), 0)
    high = np.maximum(np.maximum.reduceat(kernel, starts), 0)
    scale = np.where(high > low, (high - low) / 15, 1)
    zero = np.rint(-low / scale)
    group = np.arange(len(kernel)) // group_size  # of each feature
    q = np.clip(np.rint(kernel / scale[group] + zero[group]), 0, 15)
    return q.T.astype("uint8"), scale.T, zero.T.astype("uint8")


def awq(kernel, data, group_size=128, num_grid_points=20):
    """What a layer in AWQ stores (Lin et al., 2024), with the best power.

    kernel: (features, units), data: (samples, features). Returns the packed
    numbers, the scales and zero points, the factors and the groups.
    """
    largest = np.abs(data).max(axis=0)
    largest = np.where(largest < 1e-8, 1, largest)
    group = np.arange(len(kernel)) // group_size
    best, smallest_loss = None, np.inf
    for power in np.arange(num_grid_points + 1) / num_grid_points:
        factors = largest**power
        factors = factors / np.sqrt(factors.max() * factors.min())
        scaled = kernel * factors[:, np.newaxis]
        q, scale, zero = quantize_groups(scaled, group_size)
        found = pack_int4(q), scale, zero, factors, group
        loss = np.mean((largest * (awq_kernel(*found) - kernel).T) ** 2)
        if loss < smallest_loss:
            best, smallest_loss = found, loss
    return best


def awq_kernel(packed, kernel_scale, kernel_zero, awq_scales, g_idx):
    """The kernel that a layer in AWQ reads, (features, units)."""
    kernel = gptq_kernel(packed, kernel_scale, kernel_zero, g_idx)
    return kernel / awq_scales[:, np.newaxis]


def awq_dense(x, packed, kernel_scale, kernel_zero, awq_scales, g_idx, bias=0):
    """Dense in AWQ, x: (batch, features). Returns (batch, units).

    packed: (half the units, features), scales and zero points: (units, groups),
    awq_scales and g_idx: (features,), bias: (units,).
    """
    variables = packed, kernel_scale, kernel_zero, awq_scales, g_idx
    return x @ awq_kernel(*variables) + bias


# %%
# Check it
# --------
# The layer stores what the function returns, and computes the same from it.

found = awq(kernel, data, group_size=4)
tolerance = 1000 * np.finfo("float32").eps
for values, expected in zip(stored[1:], found, strict=True):
    np.testing.assert_allclose(values, expected, tolerance)
expected = awq_dense(x, *found, bias)
np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1:** ``quantize("awq")`` ignores the
#    calibration data. All factors are 1, and the kernel is rounded as without
#    AWQ. `Mended since <https://github.com/keras-team/keras/pull/23512>`__.
#    Until then you can set ``quantized_call`` for the calibration, as above.

_, plain = keras_awq(calibrated=False)
np.testing.assert_array_equal(plain[4], np.ones(8))
rounded = awq(kernel, 0 * data, group_size=4)
for values, expected in zip(plain[1:], rounded, strict=True):
    np.testing.assert_allclose(values, expected, tolerance)

# %%
# Break it
# --------
# Would you multiply by the factors when you read the kernel?

wrong = awq_dense(x, *found[:3], 1 / found[3], found[4], bias)
print(f"{np.mean(np.isclose(wrong, y)):.0%} of the answers are right")
assert not np.allclose(wrong, y)

# %%
# See it
# ------
# How far do answers move, compared with plain rounding? The more the features
# differ in size, the more AWQ helps. Thirty kernels were drawn for each spread.

spreads = 10.0 ** np.arange(0, 3.5, 0.5)  # largest feature / smallest
ratios = np.zeros((30, spreads.size))
for draw, place in np.ndindex(*ratios.shape):
    kernel = rng.normal(size=(32, 16))
    sizes = spreads[place] ** np.linspace(0, 1, 32)
    seen, samples = rng.normal(size=(2, 200, 32)) * rng.permutation(sizes)
    moves = []
    for calibration in (seen, np.ones((1, 32))):  # ones: all factors are 1
        error = awq_kernel(*awq(kernel, calibration)) - kernel
        moves.append(np.linalg.norm(samples @ error))
    ratios[draw, place] = moves[0] / moves[1]

low, middle, high = np.percentile(ratios, [5, 50, 95], axis=0)
print(f"from {middle[0]:.2f} to {middle[-1]:.2f} times as far (median)")
fig, axis = plt.subplots(figsize=(6, 3.4))
axis.plot(spreads, middle, "o-", label="AWQ, median")
axis.fill_between(spreads, low, high, alpha=0.3, label="90 % of the kernels")
axis.axhline(1, linestyle=":", color="gray", label="plain rounding")
axis.set(title="AWQ helps where features differ in size", xscale="log")
axis.set(xlabel="size of the largest feature / of the smallest", ylim=(0, None))
axis.set(ylabel="move / with plain rounding")
axis.legend()
plt.show()
