r"""
Find the bugs: attention with a mask
====================================

Attention must not look at padding. Here someone wrote attention with a mask.
Its output is near enough to Keras' to go unnoticed in a demonstration. There
are two mistakes, and one of them hides from every test with small numbers.

.. math::

   S &= Q K^T \\
   A &= \text{softmax}(S) \\
   Y &= A V

Softmax goes over the keys that the mask allows, and no others. You need the
pages "Attention: scores, softmax, weighted sum of values" and
"Embedding mask_zero".
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# The last two of six keys are padding. The layer takes a mask for the queries,
# here none, and one for the keys.

query = rng.normal(size=(1, 4, 8))  # (batch, queries, features)
value = rng.normal(size=(1, 6, 8))  # (batch, keys, features)
mask = np.array([[True, True, True, True, False, False]])  # (batch, keys)

layer = keras.layers.Attention()
inputs = [query, value]  # the values are the keys, too
results = layer(inputs, mask=[None, mask], return_attention_scores=True)
y, attention_weights = map(keras.ops.convert_to_numpy, results)

# %%
# As it was written
# -----------------
# This is attention as it was written.


def attend(query, value, mask):
    scores = query @ value.swapaxes(1, 2)  # (batch, queries, keys)
    scores = scores * mask[:, np.newaxis]
    powers = np.exp(scores)
    weights = powers / powers.sum(axis=-1, keepdims=True)
    return weights @ value, weights


written, weights = attend(query, value, mask)

# %%
# Check it
# --------
# Keras' weights times the values are Keras' output. The code takes the same
# product, but its output is wrong: so compare the weights.

expected = attention_weights @ value
np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)
np.testing.assert_raises(
    AssertionError, np.testing.assert_allclose, written, y, 1e-4, 1e-4
)
print("Keras:  ", attention_weights[0, 0].round(3))
print("written:", weights[0, 0].round(3))

# %%
# With queries that are a thousand times as large, Keras' output is made of
# numbers. What was written has no numbers any more.

large = [1000 * query, value]
of_keras = keras.ops.convert_to_numpy(layer(large, mask=[None, mask]))
with np.errstate(all="ignore"):
    of_written, _ = attend(*large, mask)
print("Keras:  ", of_keras[0, 0, :3].round(3))
print("written:", of_written[0, 0, :3])
assert np.all(np.isfinite(of_keras)) and np.any(np.isnan(of_written))

# %%
# See it
# ------
# The rows are queries, the columns keys. The last two columns are padding.

fig, axes = plt.subplots(1, 2, figsize=(6, 3), layout="constrained")
fig.suptitle("The attention weights of Keras, and those that were written")
for axis, title, numbers in [
    (axes[0], "Keras", attention_weights[0]),
    (axes[1], "written", weights[0]),
]:
    axis.imshow(numbers, cmap="Purples", vmin=0, vmax=2)
    axis.set(title=title, xlabel="key", ylabel="query")
    for (row, column), number in np.ndenumerate(numbers):
        text = f"{number:.2f}"
        axis.text(column, row, text, ha="center", va="center", color="black")
plt.show()

# %%
# Try it
# ------
# 1. Mend the first mistake: write ``right(query, value, mask)``, which returns
#    output and weights as Keras does.
# 2. Mend the second one: write ``safe(query, value, mask)``, which also takes
#    queries that are a thousand times as large.
# 3. What if *all* keys of a sample are padding? Write ``careful(query, value,
#    mask)``: such a sample gets an output of 0, and weights of 0.
