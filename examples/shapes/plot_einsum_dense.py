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

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# `EinsumDense <https://keras.io/api/layers/core_layers/einsum_dense/>`__ layers
# for a batch (b) of sequences of three steps (s) with four features (f). The
# first two are ``Dense`` layers of six units (u). The third mixes the steps.
# The last makes two heads (h) of depth (d) seven, as attention does.

x = rng.integers(-9, 10, size=(8, 3, 4)).astype("float32")


def keras_layers(dtype="float32"):
    EinsumDense = keras.layers.EinsumDense
    layers = [
        EinsumDense("bsf,fu->bsu", (3, 6), bias_axes="u", dtype=dtype),
        EinsumDense("...f,fu->...u", 6, dtype=dtype),
        EinsumDense("bsf,st->btf", (5, 4), bias_axes="t", dtype=dtype),
        EinsumDense("bsf,fhd->bshd", (3, 2, 7), bias_axes="hd", dtype=dtype),
    ]
    for layer in layers:
        layer.build(x.shape)
    return layers


for layer in keras_layers():
    print(layer.equation, [array.shape for array in layer.get_weights()])

# %%
# An ellipsis stands for any axes. Without ``bias_axes`` there is no bias. The
# bias has a length of one where it has to stretch: ``(5, 1)`` in the third
# layer.
#
# Compute it
# ----------
# NumPy stretches the bias when it adds it. With ``optimize=True`` it computes
# the sum as a matrix product where it can, which is faster.


def einsum_dense(x, kernel, bias=None, *, equation):
    """An EinsumDense layer (Keras documentation, EinsumDense).

    x, kernel and the result have the axes of the equation's letters, as in
    "bsf,fu->bsu". bias broadcasts to the result.
    """
    y = np.einsum(equation, x, kernel, optimize=True)
    return y if bias is None else y + bias


# %%
# Check it
# --------
# Whole numbers are equal to the bit.

for layer in keras_layers():
    weights = [rng.integers(-9, 10, size=w.shape) for w in layer.weights]
    layer.set_weights(weights)
    y = keras.ops.convert_to_numpy(layer(x))
    expected = einsum_dense(x, *weights, equation=layer.equation)
    np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# Random numbers are equal up to a tolerance. Only on TensorFlow does Keras
# compute in float64 throughout.

x_random = rng.normal(size=x.shape).astype("float32").astype("float64")
dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    for layer in keras_layers(dtype):
        layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
        y_random = keras.ops.convert_to_numpy(layer(x_random))
        held = layer.get_weights()
        expected = einsum_dense(x_random, *held, equation=layer.equation)
        tolerance = 1000 * np.finfo(dtype).eps
        np.testing.assert_allclose(y_random, expected, tolerance, tolerance)

# %%
# Break it
# --------
# Two heads of depth seven are one wide ``Dense`` layer of 14 units, whose
# result is cut up. Where would you cut? The numbers of a head lie side by side.

kernel, bias = weights  # of the layer that makes heads, and y is its result
wide = x @ kernel.reshape(4, 14) + bias.reshape(14)
np.testing.assert_array_equal(y, wide.reshape(8, 3, 2, 7))
wrong = wide.reshape(8, 3, 7, 2).swapaxes(2, 3)
print(f"{np.mean(y == wrong):.0%} of the entries are right")
assert np.any(y != wrong)

# %%
# See it
# ------
# Change one number of the input. Which numbers of the output can move?

changed = np.zeros((1, 3, 4))
changed[0, 1, 2] = 1
kernels = {
    "bsf,fu->bsu": np.ones((4, 6)),
    "bsf,st->btf": np.ones((3, 5)),
    "bsf,sftu->btu": np.ones((3, 4, 5, 6)),
}
panels = {"x: steps, features": changed}
for equation, kernel in kernels.items():
    panels[equation] = einsum_dense(changed, kernel, equation=equation)
fig, axes = plt.subplots(1, 4, figsize=(6, 2), layout="constrained")
fig.suptitle("What one number of x reaches")
for axis, (title, reached) in zip(axes, panels.items()):
    axis.pcolormesh(
        reached[0], cmap="Blues", vmin=0, vmax=1.5, edgecolor="gray"
    )
    axis.set(title=title, xticks=[], yticks=[], aspect="equal")
    axis.invert_yaxis()
plt.show()
