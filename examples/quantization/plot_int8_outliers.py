r"""
int8 and outliers: one large feature costs the others their digits
==================================================================

In int8 a sample has one scale, set by its largest feature. An outlier makes
the steps of this scale coarse: the other features lose their digits, and in the
end become zero. With the kernel alone in int8 an outlier does no harm.

.. math::

   r_i &= \frac{127}{\max_k \left|x_{ik}\right| + 10^{-7}} \\
   \left|x_{ik} - \hat{x}_{ik}\right| &\le \frac{1}{2 \, r_i}

:math:`\hat{x}` is the input after rounding: the largest feature sets the limit
for all features of its sample.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand.quantization import int8_dense, quantize_int8

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Twelve samples that differ in their first feature, the outlier. Its weights
# are zero, so the exact outputs of all samples are the same.

outliers = 2.0 ** np.arange(12)
others = rng.normal(size=63)
weights = rng.normal(size=(63, 200))
exact = others @ weights  # (units,)

kernel = np.vstack([np.zeros(200), weights])  # (features, units)
x = np.column_stack([outliers, np.tile(others, (12, 1))])  # (batch, features)


def keras_int8(weights_only, dtype="float32"):
    """The outputs of a Dense layer in int8, made from its configuration."""
    Config = keras.quantizers.Int8QuantizationConfig
    config = Config(activation_quantizer=None) if weights_only else Config()
    layer = keras.layers.Dense(200, use_bias=False, dtype=dtype)
    layer.build(x.shape)
    layer.set_weights([kernel])
    layer.quantize(config=config)
    loaded = keras.layers.Dense.from_config(layer.get_config())
    loaded.build(x.shape)
    loaded.set_weights(layer.get_weights())
    return keras.ops.convert_to_numpy(loaded(x.astype(dtype)))


# %%
# Compute it
# ----------


def relative_error(y, exact):
    """The length of y - exact over the length of exact, for each sample.

    y: (batch, units), exact: (units,) or (batch, units). Returns (batch,).
    """
    error = np.linalg.norm(y - exact, axis=-1)
    return error / np.linalg.norm(exact, axis=-1)


# %%
# Check it
# --------
# Keras computes what NumPy does, on TensorFlow also in float64.

dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    kernel_q, kernel_scale = quantize_int8(kernel.astype(dtype))
    for weights_only in (False, True):
        arguments = kernel_q, kernel_scale, 0, weights_only
        expected = int8_dense(x.astype(dtype), *arguments)
        y = keras_int8(weights_only, dtype)
        tolerance = 1000 * np.finfo(dtype).eps
        np.testing.assert_allclose(y, expected, tolerance, 20 * tolerance)

# %%
# Rounding moves a feature by half a step at most. Beside the largest outlier a
# step is about 16, so all other features become zero, and so do the outputs.

x_q, x_scale = quantize_int8(x, axis=-1)
np.testing.assert_array_less(np.abs(x_q / x_scale - x) * x_scale, 0.5 + 1e-9)
print(f"largest step: {np.max(1 / x_scale):.1f}")
y = keras_int8(weights_only=False)
np.testing.assert_array_equal(y[-1], np.zeros(200))

# %%
# Break it
# --------
# Would you take one scale for the whole batch? Then one sample with an outlier
# spoils all others.

x_q, x_scale = quantize_int8(x, axis=(0, 1))
wrong = x_q.astype("int32") @ kernel_q / (x_scale * kernel_scale)
print(f"first sample: error {relative_error(wrong, exact)[0]:.0%}", end=" ")
print(f"instead of {relative_error(y, exact)[0]:.1%}")
assert not np.allclose(y, wrong)

# %%
# See it
# ------
# The samples again, each with its outlier.

fig, axis = plt.subplots(figsize=(6, 3.4))
for label, weights_only in (
    ("input and kernel in int8", False),
    ("kernel only", True),
):
    error = relative_error(keras_int8(weights_only), exact)
    axis.loglog(outliers, error, "o-", label=label)
axis.set(title="int8: one large feature costs the others their digits")
axis.set(xlabel="the large feature", ylabel="relative error of the outputs")
axis.legend()
plt.show()
