r"""
Embedding index out of range: an error, nan, or another row
===========================================================

The tokens of an ``Embedding`` are whole numbers from 0 to ``input_dim - 1``.
What other numbers do depends on the backend. Not all of them raise an error.

.. math:: y = E_x \quad \text{for} \quad 0 \le x < n

Here n is ``input_dim``, the number of rows of the table E. For other tokens x:

- From ``-input_dim`` to -1, all backends count from the end, as NumPy does.
- Outside of that, PyTorch raises an error, and so does TensorFlow on a CPU.
- JAX returns ``nan``.
- TensorFlow with XLA (``jit_compile=True``) returns the first or the last row.

On a GPU, models on TensorFlow use XLA by default. Without XLA, a GPU returns
zeros, says TensorFlow's documentation. This page runs on a CPU.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

backend = keras.backend.backend()

# %%
# Build it
# --------
# A table of four rows, so the tokens are 0, 1, 2 and 3.

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
# A negative token counts from the end. ``mode`` says what happens if that is
# still out of range.


def embedding_row(token, embeddings, mode="raise"):
    """The row of a token that may be out of range.

    embeddings: (input_dim, output_dim). mode: "raise" as on PyTorch and
    TensorFlow, "clip" as on TensorFlow with XLA, or "fill" with nan as on JAX.
    """
    row = token + len(embeddings) if token < 0 else token
    nearest = min(max(row, 0), len(embeddings) - 1)
    if row != nearest and mode == "raise":
        raise IndexError(f"token {token} is out of range")
    if row != nearest and mode == "fill":
        return np.full(embeddings.shape[1], np.nan)
    return embeddings[nearest]


# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``Embedding`` raises no
#    error for negative tokens down to ``-input_dim``, on any backend. They pick
#    rows from the end of the table.

for token in (-1, -4):
    row = embedding_row(token, embeddings)
    np.testing.assert_array_equal(keras_row(token), row)

# %%
# Tokens below -4 or above 3 differ between the backends.

outside = (-7, -5, 4, 7)
for token in outside:
    if backend == "jax":
        row = embedding_row(token, embeddings, mode="fill")
        np.testing.assert_array_equal(keras_row(token), row)
    else:
        np.testing.assert_raises(Exception, keras_row, token)
        np.testing.assert_raises(IndexError, embedding_row, token, embeddings)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** With XLA on TensorFlow,
#    ``Embedding`` takes the first or the last row for tokens that are out of
#    range, without an error.

if backend == "tensorflow":
    with keras.device("cpu:0"):
        model = keras.Sequential([layer])
        model.compile(jit_compile=True)
        rows = model.predict_on_batch(np.array(outside))
    for token, row in zip(outside, rows):
        expected = embedding_row(token, embeddings, mode="clip")
        np.testing.assert_array_equal(row, expected)

# %%
# Break it
# --------
# Would you write -1 for padding, and expect zeros or an error? It picks the
# last row.

assert np.any(keras_row(-1) != np.zeros(2))

# %%
# See it
# ------
# Orange: another word's row, without an error.

numbers = np.arange(4)[:, np.newaxis]  # a table whose rows are their numbers
tokens = range(-6, 7)
fig, axis = plt.subplots(figsize=(6, 2.4), layout="constrained")
axis.set(title="The row that a token picks from a table of four")
for line, mode in enumerate(["raise", "raise", "clip", "fill"]):
    for token in tokens:
        try:
            answer = f"{embedding_row(token, numbers, mode)[0]:.0f}"
        except IndexError:
            answer = "error"
        color = "C1" if answer in "0123" and answer != str(token) else "gray"
        axis.text(token, line, answer, ha="center", va="center", color=color)
axis.set(xlabel="token", xlim=(-6.5, 6.5), ylim=(3.5, -0.5), xticks=tokens)
axis.set_yticks(range(4), ["PyTorch", "TensorFlow", "with XLA", "JAX"])
plt.show()
