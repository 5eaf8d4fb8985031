r"""
N-grams and TF-IDF: pairs of words, counted and weighted
========================================================

Single words lose their order: "not good" and "good" look much alike. With
``ngrams=2``, ``TextVectorization`` also takes pairs of neighbouring words
(bigrams) as tokens. With ``output_mode="tf_idf"`` it returns a vector for each
text: how often each token occurs in it, times a weight, which is larger for
rare tokens.

.. math::

   y_t = \text{count}_t \, \log \left( 1 + \frac{N}{1 + N_t} \right)

:math:`N` is the number of texts that ``adapt`` saw. :math:`N_t` of them have
token t. The name means: term frequency, inverse document frequency.
"""

import importlib.util

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import TextVectorization

from keras_by_hand import text_vectorization

if importlib.util.find_spec("tensorflow") is None:
    raise SystemExit("This page needs TensorFlow: it splits the text")

# %%
# Build it
# --------
# The vocabulary has single words and pairs. Its first token is for the unknown.

texts = ["not good", "good good food", "the food is not good", "the end"]
layer = TextVectorization(ngrams=2, output_mode="tf_idf")
layer.adapt(texts)
vocabulary = list(map(str, layer.get_vocabulary()))
y = keras.ops.convert_to_numpy(layer(texts))  # (batch, vocabulary)
print(*vocabulary, sep=", ")

# %%
# Compute it
# ----------
# The tokens of a text are its words and its pairs of neighbouring words. Count
# how often each token of the vocabulary occurs in each text. Its weight depends
# on the number of texts that have it.

documents = []
for text in texts:
    singles = text.split()
    pairs = [f"{first} {second}" for first, second in zip(singles, singles[1:])]
    documents.append(singles + pairs)
counts = np.array([[d.count(t) for t in vocabulary] for d in documents])
have_it = np.count_nonzero(counts, axis=0)  # texts that have each token
weights = np.log(1 + len(texts) / (1 + have_it))
tf_idf = counts * weights  # (batch, vocabulary)

# %%
# Check it
# --------
# ``text_vectorization`` also takes other lengths of n-grams, and unknown words:
# these get the mean of all weights.

np.testing.assert_allclose(y, tf_idf, rtol=1e-4, atol=1e-4)
new = ["the food is bad"]
options = {"ngrams": (3, 1), "output_mode": "tf_idf"}
options |= {"vocabulary": vocabulary[1:], "idf_weights": weights[1:]}
y_new = keras.ops.convert_to_numpy(TextVectorization(**options)(new))
expected = text_vectorization(new, **options)
np.testing.assert_allclose(y_new, expected, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# scikit-learn's ``TfidfVectorizer`` has another formula for the weight, and
# divides each row by its length. A model that was trained on one of the two
# gets wrong numbers from the other: feed it from the lines above.

of_sklearn = np.log((1 + len(texts)) / (1 + have_it)) + 1
column = vocabulary.index("good")
right, wrong = weights[column], of_sklearn[column]
print(f'weight of "good", right: {right:.3f}, wrong: {wrong:.3f}')
assert not np.any(np.isclose(weights, of_sklearn)[1:])

# %%
# See it
# ------
# Rare tokens count more. In the second text, "good" stands twice.

fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.imshow(y[:, 1:], cmap="Blues", vmin=0, vmax=3, aspect="auto")
for (row, column), number in np.ndenumerate(y[:, 1:]):
    if number:
        label = f"{number:.1f}"
        axis.text(column, row, label, ha="center", va="center", color="k")
axis.set(title="tf-idf: how often a token occurs, times its weight")
axis.set(xticks=range(len(vocabulary) - 1), yticks=range(4), yticklabels=texts)
axis.set_xticklabels(vocabulary[1:], rotation=60, ha="right")
plt.show()
