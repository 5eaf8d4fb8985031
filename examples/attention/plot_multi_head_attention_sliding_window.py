r"""
MultiHeadAttention sliding_window: only neighbours attend
=========================================================

For most words of a long text, what matters stands near. With
``sliding_window=w`` (local attention), a step attends only to itself and to
steps less than w away: on both sides, or with a causal mask only before it.

.. math::

   \text{alone:} \quad & |t - s| < w \\
   \text{and causal:} \quad & 0 \leq t - s < w

Step t of the query attends to step s. Stacked layers see further: each one adds
w - 1 steps.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import MultiHeadAttention

from keras_by_hand import multi_head_attention

keras.utils.set_random_seed(313)
rng = np.random.default_rng(313)

# %%
# Build it
# --------
# What Keras returns as scores are the weights, after softmax. A step attends to
# another where its weight is more than 0.
x = rng.normal(size=(2, 7, 6)).astype("float32")  # (batch, steps, features)
layer = MultiHeadAttention(num_heads=2, key_dim=4, sliding_window=3)
options = {"return_attention_scores": True}
y, scores = map(keras.ops.convert_to_numpy, layer(x, x, **options))
_, of_past = layer(x, x, use_causal_mask=True, **options)
of_past = keras.ops.convert_to_numpy(of_past)  # (batch, heads, target, source)

# %%
# Compute it
# ----------
# The distance of two steps is t - s: positive where the step of the query is
# the later one. Alone, the window limits how far away a step may be, on both
# sides. With a causal mask, it leaves only the past and the step itself.

steps = np.arange(7)
distance = steps[:, np.newaxis] - steps  # t - s, (target, source)
on_both_sides = np.abs(distance) < 3
past_only = (0 <= distance) & (distance < 3)

# %%
# Check it
# --------
# The masks, and the output with the first of them.

np.testing.assert_array_equal(scores[0, 0] > 0, on_both_sides, strict=True)
np.testing.assert_array_equal(of_past[0, 0] > 0, past_only, strict=True)
weights, mask = layer.get_weights(), {"attention_mask": on_both_sides}
expected = multi_head_attention(x, x, None, *weights, **mask)
np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)

# %%
# Two causal layers with a window of 3 see as far as one with a window of 5. If
# the first step changes, so do the first five outputs.


def two_layers(x):
    for _ in range(2):
        x = layer(x, x, use_causal_mask=True)
    return keras.ops.convert_to_numpy(x)


other_x = x.copy()
other_x[:, 0] += 1
changed = np.any(np.abs(two_layers(x) - two_layers(other_x)) > 1e-4, axis=-1)
np.testing.assert_array_equal(changed[0], steps < 5)

# %%
# Break it
# --------
# The library flash-attn counts the neighbours on each side: with
# ``window_size=(2, 2)``, a step sees two on the left, itself, and two on the
# right. Keras counts the step itself, too: pass ``sliding_window=3``, not 2.

narrow = MultiHeadAttention(num_heads=2, key_dim=4, sliding_window=2)
_, of_narrow = map(keras.ops.convert_to_numpy, narrow(x, x, **options))
right, wrong = scores[0, 0, 3] > 0, of_narrow[0, 0, 3] > 0
print("right:", right.astype(int), "wrong:", wrong.astype(int))
assert np.sum(right) == 2 + 1 + 2 and np.sum(wrong) == 1 + 1 + 1

# %%
# See it
# ------
# A row is a step of the query. It attends to what is filled.

panels = [on_both_sides, past_only, past_only @ past_only]
titles = ["window 3", "window 3, causal", "two causal layers"]
fig, axes = plt.subplots(1, 3, figsize=(6, 2.6), layout="constrained")
fig.suptitle("sliding_window: each layer widens what a step can see")
for axis, title, panel in zip(axes, titles, panels):
    axis.pcolormesh(panel, cmap="PuOr", vmin=-2, vmax=2, edgecolor="gray")
    axis.set(title=title, aspect="equal", ylim=(7, 0), xlabel="key and value")
    axis.set(xticks=[], yticks=[])
plt.show()
