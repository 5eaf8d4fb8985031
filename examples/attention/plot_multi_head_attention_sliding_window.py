r"""
MultiHeadAttention sliding_window: only neighbours attend
=========================================================

With ``sliding_window=w``, a step attends only to steps that are less than w
away, before and after it. Together with a causal mask, it attends to itself and
the w - 1 steps before it.

.. math::

   \text{alone:} \quad & |t - s| < w \\
   \text{and causal:} \quad & 0 \leq t - s < w

Step t of the query attends to step s. Stacked layers see further: each one adds
w - 1 steps.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import GroupQueryAttention, MultiHeadAttention

from keras_by_hand import multi_head_attention

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# A step attends to another where its score is more than 0.

x = rng.normal(size=(2, 7, 6)).astype("float32")  # (batch, steps, features)
shapes = [*[(6, 2, 4), (2, 4)] * 3, (2, 4, 6), (6,)]
weights = [rng.uniform(-0.5, 0.5, size=shape) for shape in shapes]


def keras_attention(layer_class, sizes, sliding_window):
    layer = layer_class(*sizes, sliding_window=sliding_window)
    layer.build(x.shape, x.shape)
    layer.set_weights(weights)
    return layer


def who_attends(layer, **masks):
    _, scores = layer(x, x, return_attention_scores=True, **masks)
    return keras.ops.convert_to_numpy(scores)[0, 0] > 0  # first sample and head


layer = keras_attention(MultiHeadAttention, (2, 4), sliding_window=3)
print(who_attends(layer).astype(int))

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
# The whole function takes any numbers of steps, and any window.

from keras_by_hand.layers.attention import window_mask

# %%
# Check it
# --------
# First the two masks above. Then who attends to whom, and the output, with and
# without a causal mask. With as many groups as heads, ``GroupQueryAttention``
# is the same.

tolerance = 1000 * np.finfo("float32").eps
causal = {"use_causal_mask": True}
np.testing.assert_array_equal(who_attends(layer), on_both_sides, strict=True)
attends = who_attends(layer, **causal)
np.testing.assert_array_equal(attends, past_only, strict=True)
for layer_class, sizes, sliding_window, masks in [
    (MultiHeadAttention, (2, 4), 1, {}),
    (GroupQueryAttention, (4, 2, 2), 3, {}),
    (GroupQueryAttention, (4, 2, 2), 3, causal),
    (MultiHeadAttention, (2, 4), 3, causal),
]:
    layer = keras_attention(layer_class, sizes, sliding_window)
    mask = window_mask(7, 7, sliding_window, **masks)
    np.testing.assert_array_equal(who_attends(layer, **masks), mask)
    y = keras.ops.convert_to_numpy(layer(x, x, **masks))
    options = {"attention_mask": mask}
    expected = multi_head_attention(x, x, None, *weights, **options)
    np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# Two layers with a window of 3, one after the other, see as far as one with a
# window of 5. If the last step of x changes, so do the last five of the output.


def after_two_layers(x):
    return keras.ops.convert_to_numpy(layer(layer(x, x), layer(x, x)))


other_x = x.copy()
other_x[:, -1] += 1
change = np.abs(after_two_layers(x) - after_two_layers(other_x))
changed = np.any(change > tolerance, axis=-1)[0]
np.testing.assert_array_equal(changed, window_mask(7, 7, 5)[-1])

# %%
# Break it
# --------
# The library flash-attn counts the neighbours on each side: with
# ``window_size=(2, 2)``, a step sees two on the left, itself, and two on the
# right. Would you pass 2 to Keras? It counts the step itself, too: pass 3.

neighbours = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 0], [1, 1, 1, 1, 1]])
np.testing.assert_array_equal(window_mask(3, 5, 3), neighbours)
assert np.any(window_mask(3, 5, 2) != neighbours)

# %%
# See it
# ------
# A step of the query is a row. Filled: it may attend.

one = window_mask(7, 7, sliding_window=3)
causal = window_mask(7, 7, sliding_window=3, use_causal_mask=True)
panels = [one, causal, causal @ causal]
titles = ["window 3", "window 3, causal", "two causal layers"]
fig, axes = plt.subplots(1, 3, figsize=(6, 2.6), layout="constrained")
fig.suptitle("sliding_window: each layer widens what a step can see")
for axis, title, panel in zip(axes, titles, panels):
    axis.pcolormesh(panel, cmap="PuOr", vmin=-2, vmax=2, edgecolor="gray")
    axis.set(title=title, aspect="equal", ylim=(7, 0), xlabel="key and value")
    axis.set(xticks=[], yticks=[])
axes[0].set_ylabel("query")
plt.show()
