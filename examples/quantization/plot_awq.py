r"""
AWQ: finer steps where inputs are large
=======================================

AWQ multiplies the weights of each feature by a factor before it rounds them to
16 numbers, and divides by it afterwards. Features with large inputs get large
factors, so that their weights are rounded more finely.

.. math::

   a_i &= \frac{m_i^{\,p}}{\sqrt{\max_k m_k^{\,p} \; \min_k m_k^{\,p}}} \\
   q_{ij} &= \text{round}\left(\frac{a_i W_{ij}}{s} + z\right) \\
   \hat{W}_{ij} &= \frac{s \, (q_{ij} - z)}{a_i}

:math:`m_i` is the largest absolute input of feature i. The power p is 0, 0.05,
0.1, ... or 1: the one with the smallest mean of :math:`m_i^2 \, (\hat{W} -
W)_{ij}^2`. In each group s = (high - low) / 15 and z = round(-low / s), as in
GPTQ. Keras 3.15.1 ignores the data: it is compared with NumPy after a patch.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# From other pages
# ----------------
# Keras 3.15.1 ignores the data, unless it is ``patched``. ``quantize_groups``
# rounds to the nearest numbers.


def quantize_dense(kernel, data, Config, group_size=128, patched=True):
    """A Dense layer after GPTQ or AWQ, calibrated if patched.

    kernel: (features, units), data: (samples, features), Config:
    keras.quantizers.GPTQConfig or AWQConfig.
    """
    tokens = np.arange(len(data))
    embedding = keras.layers.Embedding(*data.shape)
    dense = keras.layers.Dense(kernel.shape[1], use_bias=False)
    model = keras.Sequential([keras.Input(tokens.shape), embedding, dense])
    model.set_weights([data, kernel])
    layers = {"pre_block_layers": [embedding], "sequential_blocks": [dense]}
    config = Config(
        dataset=[tokens],
        tokenizer="not used",  # only for text, but it must be given
        num_samples=1,
        sequence_length=tokens.size,
        group_size=group_size,
        quantization_layer_structure=layers,
    )
    if patched:  # Keras listens at call, but the layer calls quantized_call
        dense.quantized_call = lambda inputs, **_: dense.call(inputs)
    keras.config.disable_interactive_logging()  # no progress bar
    model.quantize(config.mode, config=config, filters=dense.name)
    keras.config.enable_interactive_logging()
    if patched:
        del dense.quantized_call
    return dense


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


# %%
# Build it
# --------
# The inputs of 32 features differ in size, up to a hundredfold.

sizes = 10 ** rng.uniform(-1, 1, size=32)
data = rng.normal(size=(200, 32)) * sizes  # (samples, features)
kernel = rng.normal(size=(32, 5)).astype("float32")  # (features, units)

AWQ = keras.quantizers.AWQConfig
dense = quantize_dense(kernel, data, AWQ, group_size=16)
packed, scale, zero, factors, _ = dense.get_weights()
q = keras.quantizers.unpack_int4(packed, 5, dtype="uint8")  # (units, features)
print("factors:", factors[:8].round(2))

# %%
# Compute it
# ----------


def dequantize_groups(q, scale, zero, group_size=128):
    """The kernel (features, units) from what quantize_groups returns."""
    group = np.arange(q.shape[1]) // group_size  # of each feature
    return (scale[:, group] * (q.astype("float64") - zero[:, group])).T


def awq(kernel, data, group_size=128, num_grid_points=20):
    """Whole numbers, scales, zero points and factors (Lin et al., 2024).

    kernel: (features, units), data: (samples, features). Returns the numbers
    (units, features), scales and zero points (units, groups), and the factors
    (features,).
    """
    largest = np.abs(data).max(axis=0)
    largest = np.where(largest < 1e-8, 1, largest)
    smallest_loss = np.inf
    for power in np.arange(num_grid_points + 1) / num_grid_points:
        factors = np.maximum(largest**power, 1e-4)
        factors = factors / np.sqrt(factors.max() * factors.min())
        scaled = kernel * factors[:, np.newaxis]
        q, scale, zero = quantize_groups(scaled, group_size)
        read = dequantize_groups(q, scale, zero, group_size)
        error = read / factors[:, np.newaxis] - kernel
        loss = np.mean((largest[:, np.newaxis] * error) ** 2)
        if loss < smallest_loss:
            smallest_loss = loss
            best = q, scale, zero, factors
    return best


# %%
# Check it
# --------
# With the data Keras finds the same.

found_q, found_scale, found_zero, found_factors = awq(kernel, data, 16)
np.testing.assert_array_equal(q, found_q, strict=True)
np.testing.assert_array_equal(zero, found_zero, strict=True)
np.testing.assert_allclose(scale, found_scale, rtol=1e-4)
np.testing.assert_allclose(factors, found_factors, rtol=1e-4)

# %%
# Break it
# --------
# The authors' own code (llm-awq) takes the mean of the absolute inputs. Would
# you?

means = np.abs(data).mean(axis=0, keepdims=True)
_, _, _, wrong_factors = awq(kernel, means, 16)
print("factors:", wrong_factors[:8].round(2))
assert not np.allclose(wrong_factors, factors)

# %%
# See it
# ------
# The more the inputs differ in size, the more AWQ helps. Each point is the
# median of 15 kernels.

spreads = 10.0 ** np.arange(0, 3.5, 0.5)  # largest feature / smallest
medians = []
for spread in spreads:
    ratios = []
    for _ in range(15):
        kernel = rng.normal(size=(32, 16))
        sizes = rng.permutation(np.geomspace(1, spread, 32))
        seen, samples = rng.normal(size=(2, 200, 32)) * sizes
        q, scale, zero, factors = awq(kernel, seen)
        read = dequantize_groups(q, scale, zero) / factors[:, np.newaxis]
        rounded = dequantize_groups(*quantize_groups(kernel))
        error = samples @ (read - kernel)
        plain = samples @ (rounded - kernel)
        ratios.append(np.linalg.norm(error) / np.linalg.norm(plain))
    medians.append(np.median(ratios))

fig, axis = plt.subplots(figsize=(6, 3.4))
axis.plot(spreads, medians, "o-", label="AWQ")
axis.axhline(1, linestyle=":", color="gray", label="plain rounding")
axis.set(title="AWQ helps where inputs differ in size", xscale="log")
axis.set(xlabel="largest feature / smallest", ylabel="error / plain rounding")
axis.legend()
plt.show()
