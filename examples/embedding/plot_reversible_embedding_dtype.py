r"""
ReversibleEmbedding: reverse_dtype, logits in float32
=====================================================

A model in ``float16`` can lose the differences between its logits.
``reverse_dtype="float32"`` computes them in ``float32``, from the same vectors
and the same table.

.. math::

   \text{logits} = \text{float32}(h) \; \text{float32}(E)^\top

From 2048 on, ``float16`` has only every second whole number, and from 4096 on
every fourth. Above 65504 it has only infinity.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Five words, with vectors of two numbers, which are all exact in float16.

embeddings = np.array([[1, 0], [1, 1], [1, 2], [1, 3], [50, 0]])
h = np.array([[2048, 1]], "float16")  # (batch, output_dim)


def keras_layer(**arguments):
    layer = keras.layers.ReversibleEmbedding(5, 2, **arguments)
    layer.build()
    layer.set_weights([embeddings])
    return layer


def keras_logits(h, **arguments):
    layer = keras_layer(dtype="float16", **arguments)
    return keras.ops.convert_to_numpy(layer(h, reverse=True))


in_float16 = keras_logits(h)
in_float32 = keras_logits(h, reverse_dtype="float32")
print(in_float16, in_float32, sep="\n")
assert np.finfo("float16").max == 65504 and np.spacing(np.float16(4096)) == 4

# %%
# Compute it
# ----------


def logits_in(dtype, h, embeddings):
    """The logits of a ReversibleEmbedding, computed in dtype.

    h: (batch, output_dim), embeddings: (input_dim, output_dim). Returns
    (batch, input_dim).
    """
    return h.astype(dtype) @ embeddings.astype(dtype).T


# %%
# Check it
# --------
# The exact logits are 2048 to 2051, and 102400. In float16, 2049 becomes 2048,
# 2051 becomes 2052, and the last one overflows.

with np.errstate(over="ignore"):
    expected = logits_in("float16", h, embeddings)
np.testing.assert_array_equal(in_float16, expected, strict=True)
np.testing.assert_array_equal(in_float16, [[2048, 2048, 2050, 2052, np.inf]])
expected = logits_in("float32", h, embeddings)
np.testing.assert_array_equal(in_float32, expected, strict=True)
np.testing.assert_array_equal(in_float32, [[2048, 2049, 2050, 2051, 102400]])

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong shape:** A model does not know
#    about the ``reverse_dtype`` of ``ReversibleEmbedding``: ``model.outputs``
#    says ``float16``, and ``predict`` returns ``float32``.

layer = keras_layer(dtype="float16", reverse_dtype="float32")
inputs = keras.Input((), dtype="int32")
model = keras.Model(inputs, layer(layer(inputs), reverse=True))
np.testing.assert_equal(model.outputs[0].dtype, "float16")
logits = model.predict(np.arange(5), verbose=0)  # of the rows themselves
np.testing.assert_array_equal(logits, np.float32(embeddings @ embeddings.T))
np.testing.assert_equal(logits.dtype, np.dtype("float32"))

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong shape:** Without ``reverse_dtype``,
#    ``ReversibleEmbedding`` gives logits in ``float32`` for vectors in
#    ``float32``, even if its own dtype is ``float16``. Other layers first round
#    their input to ``float16``.

mixed = keras_logits(h.astype("float32"))
np.testing.assert_array_equal(mixed, in_float32, strict=True)

# %%
# Break it
# --------
# Would you cast the logits to float32 afterwards? What is lost stays lost.

wrong = in_float16.astype("float32")
assert np.any(in_float32 != wrong)

# %%
# See it
# ------
# 64 words whose logits are one apart. In float16, words share a logit.

words = np.stack([np.ones(64), np.arange(64)], axis=1)  # (input_dim, 2)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for dtype in ("float32", "float16"):
    logits = logits_in(dtype, np.array([[4096, 1]]), words)
    axis.plot(logits[0] - 4096, ".", label=dtype)
axis.set(title="reverse_dtype: float16 has steps of 4 from 4096 on")
axis.set(xlabel="token", ylabel="logit - 4096")
axis.legend()
plt.show()
