"""
MultiHeadAttention attention_axes: rows, columns or pixels
==========================================================

``MultiHeadAttention`` treats an image as one long sequence of pixels. With
``attention_axes=1``, a pixel attends only to the pixels of its column; with
``attention_axes=2``, only to those of its row. The other axis is then like the
batch: nothing passes along it.
"""

import keras
import numpy as np

from keras_by_hand import multi_head_attention

# %%
# Build and compute it
# --------------------
# Along axis 1, each column is a sample. So exchange rows and columns, reshape,
# and go back in the end. Along axis 2, each row is one: a reshape is enough.

keras.utils.set_random_seed(313)
rng = np.random.default_rng(313)
x = rng.normal(size=(2, 3, 4, 6))  # (batch, rows, columns, features)
layer = keras.layers.MultiHeadAttention(2, key_dim=4, attention_axes=1)
y = keras.ops.convert_to_numpy(layer(x, x))
weights = layer.get_weights()

columns = x.swapaxes(1, 2).reshape(8, 3, 6)  # (batch * columns, rows, features)
attended = multi_head_attention(columns, columns, None, *weights)
expected = attended.reshape(2, 4, 3, 6).swapaxes(1, 2)
np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Suppose you make a sequence of each column by a reshape alone. The shape
# fits, but each sequence mixes pixels of different columns.

mixed = x.reshape(8, 3, 6)
wrong = multi_head_attention(mixed, mixed, None, *weights).reshape(x.shape)
print("right:", y[0, 0, 1].round(2), "wrong:", wrong[0, 0, 1].round(2))
assert not np.allclose(y, wrong, rtol=1e-3, atol=1e-3)

# %%
# .. warning:: **Seen in Keras 3.15.1, error:** ``use_causal_mask`` of
#    ``MultiHeadAttention`` always counts the steps of axis 1. Along another
#    axis of another length it fails: pass the mask by hand.

layer = keras.layers.MultiHeadAttention(2, key_dim=4, attention_axes=2)
causal = np.tri(4, dtype=bool)  # (columns, columns)
y = keras.ops.convert_to_numpy(layer(x, x, attention_mask=causal))
with np.testing.assert_raises(ValueError):
    layer(x, x, use_causal_mask=True)
rows, options = x.reshape(6, 4, 6), {"use_causal_mask": True}
expected = multi_head_attention(
    rows, rows, None, *layer.get_weights(), **options
)
np.testing.assert_allclose(y, expected.reshape(x.shape), rtol=1e-4, atol=1e-4)
