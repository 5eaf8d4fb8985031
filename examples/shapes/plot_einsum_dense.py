r"""
EinsumDense: the equation says which axes to sum over
=====================================================

``Dense`` always sums over the last axis. ``EinsumDense`` sums over the axes
that its equation leaves out of the result, as ``np.einsum`` does, and then it
adds a bias. The equation ``"bsf,st->btf"`` leaves out the ``s``:

.. math:: y_{b,t,f} = \sum_s x_{b,s,f} \, W_{s,t} + \text{bias}_t
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import EinsumDense

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Four `EinsumDense <https://keras.io/api/layers/core_layers/einsum_dense/>`__
# layers take a batch (b) of sequences of three steps (s) with four features
# (f). The first two are ``Dense`` layers of six units (u); the ellipsis stands
# for any number of axes. The third mixes the steps. The last makes two heads
# (h) of depth (d) seven. ``output_shape`` leaves out the batch.

x = rng.integers(-9, 10, size=(8, 3, 4)).astype("float32")
dense = EinsumDense("bsf,fu->bsu", output_shape=(3, 6), bias_axes="u")
any_rank = EinsumDense("...f,fu->...u", output_shape=6)
mix_steps = EinsumDense("bsf,st->btf", output_shape=(5, 4), bias_axes="t")
heads = EinsumDense("bsf,fhd->bshd", output_shape=(3, 2, 7), bias_axes="hd")
for layer in (dense, any_rank, mix_steps, heads):
    layer.build(x.shape)
    print(layer.equation, [weight.shape for weight in layer.get_weights()])

# %%
# Compute it
# ----------
# These lines do what ``mix_steps`` does, with whole numbers as weights.
# Multiply x by the kernel, with an axis for each letter of the equation. The
# result leaves out the ``s``, so sum over this axis. In Keras the bias gets
# axes of length one at its end where it needs them: (5, 1) for ``mix_steps``,
# so that NumPy adds it along ``t`` and not along ``f``.

kernel_st = np.arange(15).reshape(3, 5)  # (s, t)
bias_t = np.arange(5).reshape(5, 1)  # (t, 1)
products = x[:, :, np.newaxis, :] * kernel_st[:, :, np.newaxis]  # (b, s, t, f)
mixed = products.sum(axis=1) + bias_t  # (b, t, f)

# %%
# The whole function leaves this to ``np.einsum``, which takes any equation.
# Without ``bias_axes`` there is no bias.

from keras_by_hand import einsum_dense

# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit.

mix_steps.set_weights([kernel_st, bias_t])
y = keras.ops.convert_to_numpy(mix_steps(x))
np.testing.assert_array_equal(y, np.float32(mixed), strict=True)

for layer in (dense, any_rank, mix_steps, heads):
    weights = [rng.integers(-9, 10, size=w.shape) for w in layer.weights]
    layer.set_weights(weights)
    y = keras.ops.convert_to_numpy(layer(x))
    expected = einsum_dense(x, *weights, equation=layer.equation)
    np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# Random numbers are rounded: the results agree up to a tolerance, in float32
# and in float64. (Only TensorFlow computes a whole layer in float64.)

x_random = rng.normal(size=x.shape).astype("float32")
x_wide = x_random.astype("float64")  # NumPy computes in float64
dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    arguments = {"bias_initializer": "normal", "dtype": dtype}
    layer = EinsumDense("bsf,fhd->bshd", (3, 2, 7), bias_axes="hd", **arguments)
    y_random = keras.ops.convert_to_numpy(layer(x_random))
    weights = layer.get_weights()
    expected = einsum_dense(x_wide, *weights, equation=layer.equation)
    tolerance = 1000 * np.finfo(dtype).eps
    np.testing.assert_allclose(
        y_random, expected, rtol=tolerance, atol=tolerance
    )

# %%
# Break it
# --------
# Two heads of depth seven are one wide ``Dense`` layer of 14 units, whose
# result is reshaped to (..., heads, depth). Would you reshape it to
# (..., depth, heads)? The numbers of one head lie side by side.

kernel, bias = heads.get_weights()
y = keras.ops.convert_to_numpy(heads(x))
wide = x @ kernel.reshape(4, 14) + bias.reshape(14)
np.testing.assert_array_equal(y, wide.reshape(8, 3, 2, 7))
wrong = wide.reshape(8, 3, 7, 2).swapaxes(2, 3)
print(f"{np.mean(y == wrong):.0%} of the entries are right")
assert np.any(y != wrong)

# %%
# See it
# ------
# If one number of the input changes, which numbers of the output change?

changed = np.zeros((1, 3, 4))
changed[0, 1, 2] = 1
panels = [  # title, and the change of the output: blue where there is one
    ("x: steps, features", changed),
    ("bsf,fu->bsu", np.einsum("bsf,fu->bsu", changed, np.ones((4, 6)))),
    ("bsf,st->btf", np.einsum("bsf,st->btf", changed, np.ones((3, 5)))),
]
fig, axes = plt.subplots(1, 3, figsize=(6, 2.4), layout="constrained")
fig.suptitle("Outputs that depend on one number of x")
for axis, (title, change) in zip(axes, panels):
    axis.pcolormesh(change[0], cmap="Blues", vmin=0, vmax=1.5, edgecolor="gray")
    axis.set(title=title, xticks=[], yticks=[], aspect="equal")
    axis.invert_yaxis()
plt.show()
