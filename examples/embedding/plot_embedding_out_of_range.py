r"""
Embedding index out of range: an error, nan, or another row
===========================================================

A tokenizer may make tokens for which the table has no row. You may see an
error, ``nan``, or nothing at all, while texts are made of the vectors of other
words. It depends on the backend.

.. math:: y = E_x \quad \text{for} \quad 0 \le x < n

Here n is ``input_dim``, the number of rows of the table E. For other tokens x:

- From -n to -1, all backends count from the end, as NumPy does.
- Outside of that, PyTorch raises an error, and so does TensorFlow on a CPU.
- JAX returns ``nan``.
- TensorFlow with XLA (``jit_compile=True``) returns the first or the last row.

(This page runs on a CPU. On a GPU, models on TensorFlow use XLA by default.)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

backend = keras.backend.backend()

# %%
# Build it
# --------
# The tokens are 0, 1, 2 and 3.

embeddings = np.array([[1, 10], [2, 20], [3, 30], [4, 40]])
with keras.device("cpu:0"):
    layer = keras.layers.Embedding(input_dim=4, output_dim=2)
    layer.build()
    layer.set_weights([embeddings])


def keras_row(token):
    with keras.device("cpu:0"):
        return keras.ops.convert_to_numpy(layer(np.array(token)))


# %%
# Compute it
# ----------
# A negative token counts from the end. If that is out of range, the mode
# counts.


def embedding_row(token, embeddings, mode="raise"):
    row = token + len(embeddings) if token < 0 else token
    nearest = min(max(row, 0), len(embeddings) - 1)
    if row != nearest and mode == "raise":  # PyTorch, TensorFlow
        raise IndexError(f"token {token} is out of range")
    if row != nearest and mode == "fill":  # JAX
        return np.full(embeddings.shape[1], np.nan)
    return embeddings[nearest]  # "clip": TensorFlow with XLA


# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``Embedding`` raises no
#    error for negative tokens down to ``-input_dim``, on any backend. They pick
#    rows from the end of the table. With XLA on TensorFlow, it takes the first
#    or the last row for others that are out of range, without an error, too.

for token in (-1, -4):
    row = embedding_row(token, embeddings)
    np.testing.assert_array_equal(keras_row(token), row)
outside = np.array([-7, -5, 4, 7])
for token in outside:
    if backend == "jax":
        row = embedding_row(token, embeddings, mode="fill")
        np.testing.assert_array_equal(keras_row(token), row)
    else:
        np.testing.assert_raises(Exception, keras_row, token)
        np.testing.assert_raises(IndexError, embedding_row, token, embeddings)
if backend == "tensorflow":
    with keras.device("cpu:0"):
        model = keras.Sequential([layer])
        model.compile(jit_compile=True)
        rows = model.predict_on_batch(outside)
    clipped = [embedding_row(token, embeddings, "clip") for token in outside]
    np.testing.assert_array_equal(rows, clipped)

# %%
# Break it
# --------
# Suppose you write -1 for padding, and expect zeros or an error.

right, wrong = keras_row(-1), np.zeros(2)
print("right:", right, "wrong:", wrong)
assert np.any(right != wrong)

# %%
# See it
# ------
# Orange: another word's row, without an error.

numbers = np.arange(4)[:, np.newaxis]  # a table whose rows are their numbers
tokens = range(-6, 7)
fig, axis = plt.subplots(figsize=(6, 2.4), layout="constrained")
for line, mode in enumerate(["raise", "clip", "fill"]):
    for token in tokens:
        try:
            answer = f"{embedding_row(token, numbers, mode)[0]:.0f}"
        except IndexError:
            answer = "error"
        color = "C1" if answer in "0123" and answer != str(token) else "gray"
        axis.text(token, line, answer, ha="center", va="center", color=color)
axis.set(title="The row that a token picks from a table of four")
axis.set(xlabel="token", xlim=(-6.5, 6.5), ylim=(2.5, -0.5), xticks=tokens)
axis.set_yticks(range(3), ["PyTorch,\nTensorFlow", "with XLA", "JAX"])
plt.show()
