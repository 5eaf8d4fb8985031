r"""
MultiHeadAttention dropout: the scores returned are not those used
==================================================================

In training, ``dropout`` sets some attention scores to 0, after softmax, and
divides the others by 1 - ``dropout``. What ``return_attention_scores=True``
returns are the scores before that. With ``training=False``, both are the same.
(In a functional model, the shape of the scores may be wrong, too.)
"""

import keras
import numpy as np
from keras.layers import Attention, GroupQueryAttention, MultiHeadAttention

# %%
# Build and compute it
# --------------------
# The values are one-hot, and the kernels of value and output are identities. So
# the output of a step is the scores that it used: 0 where one was dropped.
#
# .. warning:: **Seen in Keras 3.15.1, documentation:** The scores that
#    ``MultiHeadAttention`` and ``GroupQueryAttention`` return are those before
#    dropout, not those that they used.
query = np.random.default_rng(313).normal(size=(8, 50, 4)).astype("float32")
value = np.tile(np.eye(4, dtype="float32"), (8, 1, 1))  # (batch, source, 4)
options = {"dropout": 0.25, "seed": 1}
call = {"return_attention_scores": True, "training": True}
of_heads = MultiHeadAttention(num_heads=1, key_dim=4, **options)
for layer in (of_heads, GroupQueryAttention(4, 1, 1, **options)):
    layer.build(query.shape, value.shape)
    weights = layer.get_weights()
    weights[4][:, 0] = weights[6][0] = np.eye(4)  # kernels of value and output
    layer.set_weights(weights)
    used, scores = map(keras.ops.convert_to_numpy, layer(query, value, **call))
    expected = (used > 0) * scores[:, 0] / (1 - 0.25)  # of the one head
    np.testing.assert_allclose(used, expected, rtol=1e-4, atol=1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1, documentation:** In training,
#    ``Attention`` returns the scores after dropout. The scores of a query don't
#    add up to 1 then.
pair = Attention(**options)([query, value], **call)
of_attention, returned = map(keras.ops.convert_to_numpy, pair)
np.testing.assert_allclose(of_attention, returned, rtol=1e-4, atol=1e-4)
assert not np.allclose(returned.sum(axis=-1), 1)

# %%
# Break it
# --------
# Suppose you take the scores returned for those used (here of one step).
#
# .. warning:: **Seen in Keras 3.15.1, wrong shape:** In a functional model, the
#    scores of ``MultiHeadAttention`` end in the query's steps, not the value's.
step = np.argmin(used[0].sum(axis=-1))
print("right:", used[0, step].round(2), "wrong:", scores[0, 0, step].round(2))
assert not np.allclose(used, scores[:, 0])
inputs = keras.Input(query.shape[1:]), keras.Input(value.shape[1:])
_, symbol = of_heads(*inputs, return_attention_scores=True)
print("right:", scores.shape[1:], "wrong:", symbol.shape[1:])
assert symbol.shape[1:] == (1, 50, 50) and scores.shape[1:] == (1, 50, 4)
