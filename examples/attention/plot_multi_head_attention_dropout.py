r"""
MultiHeadAttention dropout: the scores returned are not those used
==================================================================

In training, ``dropout`` sets some attention scores to zero, after softmax. The
others become larger, and the scores of a step no longer add up to 1. What
``return_attention_scores=True`` returns are the scores before dropout.

.. math:: p'_{t,s} = \frac{m_{t,s} \; p_{t,s}}{1 - \text{rate}}

p is the score of steps t and s. m is 0 where it is dropped, and 1 elsewhere.
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
# Break it
# --------
# Suppose you divide what is kept by its sum, to make it 1 again. Keras doesn't.

wrong = used / np.maximum(used.sum(axis=-1, keepdims=True), 1e-9)
step = np.argmin(used[0].sum(axis=-1))  # which has lost most
print("right:", used[0, step].round(2), "wrong:", wrong[0, step].round(2))
assert not np.allclose(used, wrong)

# %%
# .. warning:: **Seen in Keras 3.15.1, documentation:** In training,
#    ``Attention`` returns the scores after dropout. The scores of a query don't
#    add up to 1 then.

pair = Attention(**options)([query, value], **call)
used, returned = map(keras.ops.convert_to_numpy, pair)
np.testing.assert_allclose(used, returned, rtol=1e-4, atol=1e-4)
assert not np.allclose(returned.sum(axis=-1), 1)
