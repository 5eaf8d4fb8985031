r"""
TextVectorization(ngrams): pairs of words, counted and weighted
===============================================================

With ``ngrams=2``, ``TextVectorization`` also takes pairs of neighbouring words
as tokens, after the single words. A tuple names the lengths. With the other
output modes, it returns a vector for each text instead of a sequence.

.. math::

   &w_1, \ldots, w_T, \; w_1 w_2, \ldots, w_{T-1} w_T \\
   &\text{tf-idf}_t = \text{count}_t \, \log \left(
   1 + \frac{N}{1 + N_t} \right)

:math:`N` is the number of texts that ``adapt`` saw; :math:`N_t` of them have
the token. An unknown token gets the mean weight of the others.
"""

import importlib.util

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import TextVectorization

from keras_by_hand import text_vectorization
from keras_by_hand.layers.text import standardize_text

if importlib.util.find_spec("tensorflow") is None:
    raise SystemExit("This page needs TensorFlow: it splits the text")

# %%
# Build it
# --------

texts = ["the cat sat", "The cat saw the dog.", "A dog!"]
layer = TextVectorization(ngrams=2, output_mode="tf_idf")
layer.adapt(texts)
vocabulary = list(map(str, layer.get_vocabulary()))
print(*vocabulary, sep=", ")
y = keras.ops.convert_to_numpy(layer(texts))  # (batch, vocabulary)

# %%
# Compute it
# ----------
# The tokens of a text are its words, then its pairs of neighbouring words.
# Count how often each token of the vocabulary occurs in each text. Its weight
# depends on the number of texts that have it. Multiply counts and weights.

documents = []
for text in texts:
    singles = text.lower().strip(".!").split()
    pairs = [f"{first} {second}" for first, second in zip(singles, singles[1:])]
    documents.append(singles + pairs)
counts = np.array([[d.count(t) for t in vocabulary] for d in documents])
have_it = np.count_nonzero(counts, axis=0)  # texts that have each token
tf_idf = counts * np.log(1 + 3 / (1 + have_it))  # (batch, vocabulary)

# %%
# The whole functions take any lengths of n-grams, and any texts.

from keras_by_hand.layers.text import join_ngrams, learn_idf

# %%
# Check it
# --------
# The weights that ``adapt`` learns, in float32; then whole numbers, to the bit.

np.testing.assert_allclose(y, tf_idf, rtol=1e-4, atol=1e-4)

rows = [join_ngrams(t.lower().strip(".!").split(), 2) for t in texts]
weights = learn_idf(rows, vocabulary[1:])
options = {"ngrams": 2, "output_mode": "tf_idf", "vocabulary": vocabulary[1:]}
expected = text_vectorization(texts, idf_weights=weights, **options)
tolerance = 1000 * np.finfo("float32").eps
np.testing.assert_allclose(y, expected, tolerance, tolerance)

known = {"vocabulary": ["the", "cat", "the cat", "cat the cat"]}
padding = {"max_tokens": 7, "pad_to_max_tokens": True}
new = ["the cat, the cat", "no", ""]
cases = [
    {"ngrams": 3},
    {"ngrams": (3, 1), "output_sequence_length": 5},
    {"ngrams": (2,), "output_mode": "multi_hot"},
    {"output_mode": "count"},
    {"ngrams": 2, "output_mode": "count", **padding},
    {"output_mode": "tf_idf", "idf_weights": [0.5, 1, 2, 4.5]},
]
for options in cases:
    y_case = np.array(TextVectorization(**known, **options)(new))
    expected = text_vectorization(new, **known, **options)
    np.testing.assert_array_equal(y_case, expected)

if keras.backend.backend() == "tensorflow":  # others have no ragged tensors
    ragged = TextVectorization(**known, ragged=True)(new).to_list()
    expected = text_vectorization(new, **known, ragged=True)
    for row, places in zip(ragged, expected):
        np.testing.assert_array_equal(row, places)

# %%
# Break it
# --------
# Would you take the weights of scikit-learn's ``TfidfVectorizer``?

number = [sum(token in row for row in rows) for token in vocabulary[1:]]
of_sklearn = np.log((1 + len(texts)) / (1 + np.array(number))) + 1
print(f'"the": {weights[0]:.3f}, not {of_sklearn[0]:.3f}')
assert not np.allclose(weights, of_sklearn)

# %%
# See it
# ------
# The opening of "Alice's Adventures in Wonderland".

alice = """Alice was beginning to get very tired of sitting by her sister on the
bank, and of having nothing to do: once or twice she had peeped into the book
her sister was reading, but it had no pictures or conversations in it, 'and what
is the use of a book,' thought Alice 'without pictures or conversations?'"""
words = standardize_text(alice, "lower_and_strip_punctuation").split()
fig, axis = plt.subplots(figsize=(6, 2.8), layout="constrained")
for length in (1, 2, 3):
    found = join_ngrams(words, (length,))
    often = sum(found.count(token) > 1 for token in set(found))
    axis.bar_label(axis.bar([length, length + 4], [len(set(found)), often]))
axis.set(xticks=[1, 2, 3, 5, 6, 7], xticklabels=2 * ["1 word", "2", "3"])
axis.set(xlabel="different n-grams: all, and those found again", ylim=(0, 62))
axis.set(title="The longer an n-gram, the less often it is found again")
plt.show()
