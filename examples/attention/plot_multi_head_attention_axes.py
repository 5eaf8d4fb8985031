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

from keras_by_hand import multi_head_attention

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
# To attend along axis 2, treat each row as a sample of its own. One reshape
# does that, and another one puts the rows back into their images. Along axis 1,
# each column is a sample. So exchange rows and columns first, and exchange them
# again at the end.

rows = x.reshape(6, 4, 6)  # (batch * rows, columns, features)
along_rows = multi_head_attention(rows, rows, None, *weights)
along_rows = along_rows.reshape(2, 3, 4, 6)  # (batch, rows, columns, features)

columns = x.swapaxes(1, 2).reshape(8, 3, 6)  # (batch * columns, rows, features)
along_columns = multi_head_attention(columns, columns, None, *weights)
along_columns = along_columns.reshape(2, 4, 3, 6).swapaxes(1, 2)

# %%
# Along both axes, the default, all pixels of an image are one sequence.

pixels = x.reshape(2, 12, 6)  # (batch, rows * columns, features)
along_both = multi_head_attention(pixels, pixels, None, *weights)
along_both = along_both.reshape(2, 3, 4, 6)

# %%
# Check it
# --------
# The three results. (Only TensorFlow computes a whole layer in float64.)

tensorflow = keras.backend.backend() == "tensorflow"
for attention_axes, expected in (
    ((2,), along_rows),
    ((-2,), along_rows),
    ((1,), along_columns),
    ((1, 2), along_both),
    (None, along_both),
):
    for dtype in ["float64", "float32"] if tensorflow else ["float32"]:
        y, _ = keras_attention(attention_axes, dtype)
        tolerance = 1000 * np.finfo(dtype).eps
        np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1, error:** ``use_causal_mask`` of
#    ``MultiHeadAttention`` always counts the steps of axis 1. Along another
#    axis of another length it fails: pass the mask by hand.

with np.testing.assert_raises(ValueError):
    keras_attention((2,), use_causal_mask=True)
causal = np.tri(4, dtype=bool)  # (columns, columns)
y, _ = keras_attention((2,), attention_mask=causal)
options = {"use_causal_mask": True}
expected = multi_head_attention(rows, rows, None, *weights, **options)
expected = expected.reshape(2, 3, 4, 6)
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
