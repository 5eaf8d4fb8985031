r"""
Calibration: Keras 3.15.1 ignores the data of GPTQ and AWQ
==========================================================

GPTQ and AWQ round a kernel with the help of data. Keras 3.15.1 takes the data,
but doesn't use them: it rounds each weight to the nearest number. One line lets
it see the data (``if patched`` below).

.. math::

   s &= \frac{\text{high} - \text{low}}{15}, \quad
   z = \text{round}\left(\frac{-\text{low}}{s}\right) \\
   q &= \text{clip}\left(\text{round}\left(\frac{W}{s} + z\right), \;
   0, \; 15\right)

A group of features, 128 by default, has a scale and a zero point for each unit.
Low and high are the lowest and the highest of its weights and 0.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Features that are correlated (for GPTQ) and differ in size (for AWQ).

sources = rng.normal(size=(200, 8))
mixed = sources @ rng.normal(size=(8, 32)) + rng.normal(size=(200, 32))
data = mixed * 10 ** rng.uniform(-1, 1, size=32)  # (samples, features)
kernel = rng.normal(size=(32, 5)).astype("float32")  # (features, units)

# %%
# Compute it
# ----------
# First in Keras. Its calibration data are tokens: an ``Embedding`` turns token
# i into sample i.


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


# %%
# Next in NumPy, what Keras stores without the data.


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
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1:** ``quantize("gptq")`` and
#    ``quantize("awq")`` ignore the calibration data, and only round. `Fixed
#    after 3.15.1 <https://github.com/keras-team/keras/pull/23512>`__.

GPTQ, AWQ = keras.quantizers.GPTQConfig, keras.quantizers.AWQConfig
q, scale, zero = quantize_groups(kernel, group_size=16)
for Config in (GPTQ, AWQ):
    rounded = quantize_dense(kernel, data, Config, 16, patched=False)
    packed = rounded.quantized_kernel
    stored = keras.quantizers.unpack_int4(packed, 5, dtype="uint8")
    np.testing.assert_array_equal(stored, q, strict=True)
    np.testing.assert_allclose(rounded.kernel_scale, scale, rtol=1e-5)
    np.testing.assert_array_equal(rounded.kernel_zero, zero, strict=True)
np.testing.assert_array_equal(rounded.awq_scales, np.ones(32))  # AWQ's factors

# %%
# Break it
# --------
# Keras asks for data. Would you assume that it uses them?

y = rounded(data)
y_gptq = quantize_dense(kernel, data, GPTQ, 16)(data)
y_awq = quantize_dense(kernel, data, AWQ, 16)(data)
assert not np.allclose(y, y_gptq)
assert not np.allclose(y, y_awq)

# %%
# See it
# ------
# The outputs are better if the data are used.

exact = data @ kernel
fig, axis = plt.subplots(figsize=(6, 2.4))
for label, outputs in (("only rounded", y), ("AWQ", y_awq), ("GPTQ", y_gptq)):
    error = np.linalg.norm(outputs - exact) / np.linalg.norm(exact)
    axis.barh(label, error, color="C0")
axis.set(title="What the data are for", xlabel="relative error of the outputs")
plt.show()
