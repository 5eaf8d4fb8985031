r"""
EinsumDense: the equation says which axes to sum over
=====================================================

``Dense`` always sums over the last axis. Sometimes you want to mix the steps
instead, or make several heads at once, as attention does. ``EinsumDense`` sums
over the axes that its equation leaves out of the result, as ``np.einsum`` does,
and then adds a bias. The equation ``"bsf,st->btf"`` leaves out the ``s``:

.. math:: y_{b,t,f} = \sum_s x_{b,s,f} \, W_{s,t} + \text{bias}_t

b is the batch, s a step of the input x, t a step of the output y, and f a
feature. W is the kernel.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import EinsumDense

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# The first layer mixes the steps. The second makes two heads (h) of depth (d)
# seven. ``output_shape`` leaves out the batch.

x = rng.integers(-9, 10, size=(8, 3, 4)).astype("float32")
mix_steps = EinsumDense("bsf,st->btf", output_shape=(5, 4), bias_axes="t")
heads = EinsumDense("bsf,fhd->bshd", output_shape=(3, 2, 7), bias_axes="hd")
for layer in (mix_steps, heads):
    layer.build(x.shape)
    shapes = [weight.shape for weight in layer.weights]
    print(layer.equation, *shapes)
    layer.set_weights([rng.integers(-9, 10, size=shape) for shape in shapes])
y, y_heads = [
    keras.ops.convert_to_numpy(layer(x)) for layer in (mix_steps, heads)
]

# %%
# Compute it
# ----------
# These lines do what ``mix_steps`` does. Multiply x by the kernel, with an axis
# for each letter of the equation. The result leaves out the ``s``: sum over
# this axis. Keras stores the bias as (5, 1), so that NumPy adds it along ``t``
# and not along ``f``.

kernel, bias = mix_steps.get_weights()  # (s, t) and (t, 1)
products = x[:, :, np.newaxis, :] * kernel[:, :, np.newaxis]  # (b, s, t, f)
mixed = products.sum(axis=1) + bias  # (b, t, f)

# %%
# ``einsum_dense`` takes any equation, with an ellipsis, too. Without
# ``bias_axes`` there is no bias.

from keras_by_hand import einsum_dense

# %%
# Check it
# --------

np.testing.assert_array_equal(y, np.float32(mixed), strict=True)
expected = einsum_dense(x, *heads.get_weights(), equation=heads.equation)
np.testing.assert_array_equal(y_heads, np.float32(expected), strict=True)

# %%
# Break it
# --------
# Two heads of depth seven are one wide ``Dense`` layer of 14 units, as other
# libraries have it. The numbers of one head lie side by side: so reshape its
# result to (..., heads, depth). Suppose you reshape it to (..., depth, heads),
# and swap the two.

kernel, bias = heads.get_weights()
wide = x @ kernel.reshape(4, 14) + bias.reshape(14)
np.testing.assert_array_equal(y_heads, wide.reshape(8, 3, 2, 7))
wrong = wide.reshape(8, 3, 7, 2).swapaxes(2, 3)
print("right:", y_heads[0, 0, 0], "wrong:", wrong[0, 0, 0])
assert np.any(y_heads != wrong)

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
