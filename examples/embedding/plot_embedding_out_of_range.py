r"""
Embedding index out of range: an error, nan, or another row
===========================================================

A tokenizer may make tokens without a row in the table (*out of vocabulary*).
Depending on the backend, you see an error, ``nan``, or nothing at all: then the
model reads another word's vector. So make ``input_dim`` at least the largest
token plus 1. Give all unknown words one token with a row: as ``StringLookup``
does, or by ``np.where((tokens >= 0) & (tokens < n), tokens, unknown)``.

.. math:: y = E_x \quad \text{for} \quad 0 \le x < n

Here n is ``input_dim``, the number of rows of the table E. For other tokens x:

- From -n to -1, all backends count from the end, as NumPy does.
- Outside of that, PyTorch, and TensorFlow on a CPU, raise an error.
- JAX returns ``nan``.
- TensorFlow with XLA (``jit_compile=True``, the default for models on a GPU)
  returns the first or last row.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# A table of four rows, for the tokens 0 to 3.
embeddings = np.array([[1, 10], [2, 20], [3, 30], [4, 40]])
layer = keras.layers.Embedding(4, 2, weights=embeddings)


def keras_row(token):
    with keras.device("cpu:0"):
        return keras.ops.convert_to_numpy(layer(np.array(token)))


# %%
# Compute it
# ----------
# A negative token counts from the end. ``mode`` is for tokens beyond that.


def embedding_row(token, embeddings, mode="raise"):
    row = token + len(embeddings) if token < 0 else token
    nearest = min(max(row, 0), len(embeddings) - 1)
    if row == nearest or mode == "clip":  # TensorFlow with XLA
        return embeddings[nearest]
    if mode == "fill":  # JAX
        return np.full(embeddings.shape[1], np.nan)
    raise IndexError(f"token {token} is out of range")  # PyTorch, TensorFlow


# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``Embedding`` raises no
#    error for negative tokens down to ``-input_dim``, on any backend. They pick
#    rows from the end of the table. With XLA on TensorFlow, it takes the first
#    or the last row for others that are out of range, without an error, too.

backend = keras.backend.backend()
np.testing.assert_array_equal(keras_row(-4), embedding_row(-4, embeddings))
outside = np.array([-7, -5, 4, 7])
if backend == "jax":
    rows = [embedding_row(token, embeddings, "fill") for token in outside]
    np.testing.assert_array_equal(keras_row(outside), rows)
else:
    np.testing.assert_raises(Exception, keras_row, 4)
    np.testing.assert_raises(IndexError, embedding_row, 4, embeddings)
if backend == "tensorflow":
    model = keras.Sequential([layer])
    model.compile(jit_compile=True)
    with keras.device("cpu:0"):
        wrong_rows = model.predict_on_batch(outside)
    rows = [embedding_row(token, embeddings, "clip") for token in outside]
    np.testing.assert_array_equal(wrong_rows, rows)

# %%
# Break it
# --------
# Suppose -1 stands for a missing word. It gets the vector of the last word.
# Instead, add 1 to all tokens, and put a row of zeros first.

right, wrong = np.vstack([[0, 0], embeddings])[-1 + 1], keras_row(-1)
print("right:", right, "wrong:", wrong)
assert np.any(right != wrong)

# %%
# See it
# ------
# Orange: another word's row, without an error.
numbers = np.arange(4)[:, np.newaxis]  # a table whose rows are their numbers
tokens = range(-6, 7)
fig, axis = plt.subplots(figsize=(6, 1.8), layout="constrained")
for line, mode in enumerate(["fill", "clip"]):
    for token in tokens:
        answer = f"{embedding_row(token, numbers, mode)[0]:.0f}"
        color = "C1" if answer in "0123" and answer != str(token) else "gray"
        axis.text(token, line, answer, ha="center", va="center", color=color)
axis.set(title="The row that a token picks from a table of four")
axis.set(xlabel="token", xlim=(-6.5, 6.5), ylim=(1.5, -0.5), xticks=tokens)
axis.set_yticks(range(2), ["JAX", "TensorFlow\nwith XLA"])
plt.show()
