r"""
GPTQ: later weights make up for rounding errors
===============================================

GPTQ rounds a kernel to 16 numbers, one feature after the other. Each time it
changes the weights of the features that follow, so that they make up for the
error on the calibration data.

.. math::

   q_i &= \text{clip}\left(\text{round}\left(\frac{w_i}{s} + z\right), \;
   0, \; 15\right) \\
   w_k &\leftarrow w_k - \frac{w_i - s (q_i - z)}{U_{ii}} \, U_{ik},
   \quad k > i \\
   U^\top U &= H^{-1} = \left( X^\top X + \lambda I \right)^{-1}

:math:`w` are the weights of a unit, :math:`s` and :math:`z` the scale and zero
point of a group of 128 features, :math:`X` the data, a sample in a row;
:math:`U` is upper triangular, and :math:`\lambda` is 0.01 times the mean of the
diagonal of :math:`X^\top X`. Keras 3.15.1 takes :math:`H^{-1}` for :math:`U`:
in that form it is compared with NumPy here. The next page compares :math:`U`
with least squares.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# From other pages
# ----------------
# Keras 3.15.1 ignores the data, unless it is ``patched``.


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
# Build it
# --------
# 144 features, mixed from 36 sources, so that they are correlated.

data = rng.normal(size=(300, 36)) @ rng.normal(size=(36, 144)) / 6
data = data + 0.3 * rng.normal(size=(300, 144))  # (samples, features)
kernel = rng.normal(size=(144, 4)).astype("float32")  # (features, units)

GPTQ = keras.quantizers.GPTQConfig
dense = quantize_dense(kernel, data, GPTQ, group_size=16)
packed, scale, zero, _ = dense.get_weights()
q = keras.quantizers.unpack_int4(packed, 4, dtype="uint8")
q = keras.ops.convert_to_numpy(q)  # (units, features)

# %%
# Compute it
# ----------


def gptq(kernel, data, group_size=128, hessian_damping=0.01, cholesky=True):
    """Whole numbers from 0 to 15, scales, zero points (Frantar et al., 2023).

    kernel: (features, units), data: (samples, features), group_size: a divisor
    of 128. With cholesky=False as in Keras 3.15.1. Returns the numbers (units,
    features), and scales and zero points (units, groups).
    """
    data = np.asarray(data, "float64")
    products = data.T @ data  # (features, features)
    unused = np.diag(products) == 0  # features that are always 0
    products = products + np.diag(np.where(unused, 1, 0))
    damping = hessian_damping * np.mean(np.diag(products))
    factor = np.linalg.inv(products + damping * np.eye(len(products)))
    if cholesky:
        factor = np.linalg.cholesky(factor).T
    changes = np.triu(factor) / np.diag(factor)[:, np.newaxis]
    rows = kernel.T.astype("float64")  # (units, features)
    q, scales, zeros = [], [], []
    for i in range(len(kernel)):
        if i % 128 == 0:
            known = rows  # the next 128 features take their scales from these
        if i % group_size == 0:
            group = known[:, i : i + group_size]
            low = np.minimum(group.min(axis=1), 0)
            high = np.maximum(group.max(axis=1), 0)
            scale = np.where(high > low, (high - low) / 15, 1)
            zero = np.rint(-low / scale)
            scales.append(scale)
            zeros.append(zero)
        q_i = np.clip(np.rint(rows[:, i] / scale + zero), 0, 15)
        q.append(q_i)
        error = rows[:, i] - scale * (q_i - zero)
        rows = rows - np.outer(error, changes[i])
    q, zeros = np.stack(q, axis=1), np.stack(zeros, axis=1)
    return q.astype("uint8"), np.stack(scales, axis=1), zeros.astype("uint8")


# %%
# Check it
# --------
# Keras finds the same integers and zero points, and the same scales.

found_q, found_scale, found_zero = gptq(kernel, data, 16, cholesky=False)
np.testing.assert_array_equal(q, found_q, strict=True)
np.testing.assert_array_equal(zero, found_zero, strict=True)
np.testing.assert_allclose(scale, found_scale, rtol=1e-4)

# %%
# Break it
# --------
# Would you take the inverse itself, and save the Cholesky factor?
#
# .. warning:: **Seen in Keras 3.15.1:** GPTQ takes the inverse matrix in place
#    of its Cholesky factor, so the later weights make up for less. `Fixed after
#    3.15.1 <https://github.com/keras-team/keras/pull/23481>`__.

right, _, _ = gptq(kernel, data, group_size=16)
print(f"{np.mean(q == right):.0%} of the integers are right")
assert np.any(q != right)

# %%
# See it
# ------
# One unit: the lines are the 16 numbers of its first group.

numbers = (np.arange(16) - zero[0, 0]) * scale[0, 0]
fig, axis = plt.subplots(figsize=(6, 3.4))
axis.hlines(numbers, -0.5, 15.5, color="gray", linewidth=0.5)
axis.plot(kernel[:16, 0], "o", markersize=9, label="weight")
axis.plot(numbers[right[0, :16]], "x", markersize=9, label="GPTQ")
axis.set(title="GPTQ does not always take the nearest number")
axis.set(xlabel="feature", ylabel="weight")
axis.legend()
plt.show()
