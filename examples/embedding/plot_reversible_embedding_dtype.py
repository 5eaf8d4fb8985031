r"""
reverse_dtype: float32 logits, which model.outputs calls float16
================================================================

A language model in ``float16`` gives close words the same logit (score): above
2048, ``float16`` has no odd numbers. Pass ``reverse_dtype="float32"`` to
``ReversibleEmbedding``, and they stay apart, though ``model.outputs`` still
says ``float16``. (See the page "ReversibleEmbedding".)
"""

import keras
import numpy as np

# %%
# Build it
# --------
# Five words, with vectors of two numbers. One layer has ``reverse_dtype``.
embeddings = np.array([[1, 0], [1, 1], [1, 2], [1, 3], [50, 0]])
h = np.float16([[2048, 1]])


def new_layer(**arguments):
    layer = keras.layers.ReversibleEmbedding(5, 2, dtype="float16", **arguments)
    layer.build()
    layer.set_weights([embeddings])
    return layer


layer, in_float16 = new_layer(reverse_dtype="float32"), new_layer()
right = keras.ops.convert_to_numpy(layer(h, reverse=True))
expected = np.float32(h) @ np.float32(embeddings).T

# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong shape:** A model does not know
#    about the ``reverse_dtype`` of ``ReversibleEmbedding``: ``model.outputs``
#    says ``float16``, and it returns ``float32``.
#
# .. warning:: **Seen in Keras 3.15.1, wrong shape:** Without ``reverse_dtype``,
#    ``ReversibleEmbedding`` gives logits in ``float32`` for vectors in
#    ``float32``, even if its own dtype is ``float16``.

np.testing.assert_array_equal(right, expected, strict=True)
inputs = keras.Input((), dtype="int32")
model = keras.Model(inputs, layer(layer(inputs), reverse=True))
logits = model.predict_on_batch(np.arange(5))
dtypes = [model.outputs[0].dtype, logits.dtype.name]
np.testing.assert_equal(dtypes, ["float16", "float32"])
mixed = in_float16(np.float32(h), reverse=True)
np.testing.assert_array_equal(keras.ops.convert_to_numpy(mixed), expected)

# %%
# Break it
# --------
# Suppose you cast the logits to float32 afterwards: what is lost stays lost.

wrong = keras.ops.convert_to_numpy(in_float16(h, reverse=True))
print("right:", *right, "wrong:", *wrong.astype("float32"))
assert np.any(right != wrong)
