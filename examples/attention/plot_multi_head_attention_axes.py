r"""
MultiHeadAttention attention_axes: rows, columns or pixels
==========================================================

An image has two axes of steps: rows and columns. ``attention_axes`` chooses
along which of them steps attend to each other. The other axis is like the
batch: nothing passes along it.

.. math::

   \text{axes } (1,)&: \; (r, c) \; \text{attends to} \; (r', c) \\
   \text{axes } (2,)&: \; (r, c) \; \text{attends to} \; (r, c') \\
   \text{None}&: \; (r, c) \; \text{attends to} \; (r', c')

Here r is a row and c a column of an image.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two images of 3 rows and 4 columns. Along axis 2, each row is a sequence of
# its own: its 4 pixels attend to each other.

x = rng.normal(size=(2, 3, 4, 6))  # (batch, rows, columns, features)
shapes = [*[(6, 2, 4), (2, 4)] * 3, (2, 4, 6), (6,)]  # of the weights
weights = [rng.normal(size=shape) for shape in shapes]


def keras_attention(attention_axes, dtype="float32", **call):
    layer = keras.layers.MultiHeadAttention(
        num_heads=2, key_dim=4, attention_axes=attention_axes, dtype=dtype
    )
    layer.build(x.shape, x.shape)
    layer.set_weights(weights)
    pair = layer(x, x, return_attention_scores=True, **call)
    return [keras.ops.convert_to_numpy(part) for part in pair]


_, scores = keras_attention(attention_axes=(2,))
print(scores.shape)  # (batch, rows, heads, columns, columns)

# %%
# Compute it
# ----------
# Move the chosen axes behind the others, and merge each kind into one axis. The
# rest is attention over sequences.


def attend_over(x, attention_axes, *weights, **options):
    """MultiHeadAttention of x with itself, over some of its axes.

    x: (batch, ..., features), attention_axes: a tuple, or None for all axes
    between these two, options: of multi_head_attention. Returns the same shape.
    """
    axes = range(1, x.ndim - 1) if attention_axes is None else attention_axes
    attending = [axis % x.ndim for axis in axes]  # -2 is the last but one
    others = [axis for axis in range(x.ndim - 1) if axis not in attending]
    order = [*others, *attending, x.ndim - 1]
    moved = x.transpose(order)
    steps = np.prod(moved.shape[len(others) : -1])
    sequences = moved.reshape(-1, steps, x.shape[-1])
    y = multi_head_attention(sequences, sequences, None, *weights, **options)
    return y.reshape(moved.shape).transpose(np.argsort(order))


# %%
# From other pages
# ----------------


def softmax(x, axis=-1):
    """exp(x) divided by its sum along an axis; x: any shape.

    Keras documentation, softmax.
    """
    powers = np.exp(x - np.max(x, axis, keepdims=True))
    return powers / np.sum(powers, axis, keepdims=True)


def sigmoid(x):
    """1 / (1 + exp(-x)) without overflow; x: any shape."""
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))


def multi_head_attention(
    query,
    value,
    key=None,
    *weights,
    use_bias=True,
    use_gate=False,
    sliding_window=None,
    attention_mask=None,
    use_causal_mask=False,
    return_attention_scores=False,
):
    """MultiHeadAttention (Vaswani et al., 2017; Keras documentation).

    query: (batch, target, features), value and key: (batch, source, features),
    weights: as in get_weights(), attention_mask: (batch, target, source) or
    (target, source), true where a step may attend. Returns (batch, target,
    features); or a pair, with the scores, (batch, heads, target, source).
    """
    remaining = iter(weights)

    def project(x, axes=1):
        y = np.tensordot(x, next(remaining), axes)
        return y + next(remaining) if use_bias else y

    q = project(query)  # (batch, target, heads, key_dim)
    k = project(value if key is None else key)
    gate = sigmoid(project(query)) if use_gate else 1
    v = project(value)
    scores = np.einsum("bthd,bshd->bhts", q, k) / np.sqrt(q.shape[-1])

    target, source = np.indices(scores.shape[2:])
    allowed = True
    if attention_mask is not None:
        allowed = np.expand_dims(attention_mask, -3)  # the same for all heads
    if use_causal_mask:
        allowed = allowed & (source <= target)
    if sliding_window is not None:
        allowed = allowed & (np.abs(source - target) < sliding_window)
    scores = softmax(np.where(allowed, scores, -1e9))
    if return_attention_scores:  # zeros where a step may attend to nothing
        scores = scores * allowed

    y = project(np.einsum("bhts,bshd->bthd", scores, v) * gate, axes=2)
    return (y, scores) if return_attention_scores else y


# %%
# Check it
# --------
# Along both axes, and along one. (Only TensorFlow computes a whole layer in
# float64.)

tensorflow = keras.backend.backend() == "tensorflow"
for attention_axes in (None, (1, 2), (1,), (-2,)):
    expected = attend_over(x, attention_axes, *weights)
    for dtype in ["float64", "float32"] if tensorflow else ["float32"]:
        y, _ = keras_attention(attention_axes, dtype)
        tolerance = 1000 * np.finfo(dtype).eps
        np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1:** ``use_causal_mask`` always counts the
#    steps of axis 1. Along another axis of another length it fails: pass the
#    mask by hand.

with np.testing.assert_raises(ValueError):
    keras_attention((2,), use_causal_mask=True)
causal = np.tri(4, dtype=bool)  # (columns, columns)
y, _ = keras_attention((2,), attention_mask=causal)
expected = attend_over(x, (2,), *weights, attention_mask=causal)
np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# Break it
# --------
# Would you make a sequence of each column by a reshape alone? It would mix
# pixels of different columns. Exchange the axes first.

y, _ = keras_attention((1,))
sequences = x.reshape(8, 3, 6)  # (batch * columns, rows, features)
wrong = multi_head_attention(sequences, sequences, None, *weights)
wrong = wrong.reshape(x.shape)
print("right:", y[0, 0, 1].round(1), "wrong:", wrong[0, 0, 1].round(1))
assert not np.allclose(y, wrong)

# %%
# See it
# ------
# To which pixels does the one with the cross attend? Those with scores above 0.

_, of_all = keras_attention(None)
_, of_rows = keras_attention((1,))
_, of_columns = keras_attention((2,))
pictures = np.zeros((3, 3, 4))  # of the pixel in row 1, column 2
pictures[0] = of_all[0, 0, 1, 2]
pictures[1, :, 2] = of_rows[0, 2, 0, 1]
pictures[2, 1] = of_columns[0, 1, 0, 2]
titles = ["None", "(1,): over rows", "(2,): over columns"]
fig, axes = plt.subplots(1, 3, figsize=(6, 2.2), layout="constrained")
fig.suptitle("attention_axes: to which pixels one pixel attends")
for axis, title, picture in zip(axes, titles, pictures):
    axis.imshow(picture > 0, cmap="PuOr", vmin=-2, vmax=2)
    axis.plot(2, 1, "kx", markersize=12)
    axis.set(title=title, xticks=[], yticks=[])
plt.show()
