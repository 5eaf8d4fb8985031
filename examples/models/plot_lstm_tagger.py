r"""
LSTM tagger: a bidirectional LSTM finds nouns and verbs
=======================================================

A part-of-speech (POS) tagger says of each word of a sentence whether it is a
noun, a verb, and so on: *sequence labelling*. (Named entity taggers find people
and places.) "Water" is a verb in "water the plant", but a noun in "water
helps": only the next word tells. So one LSTM reads the sentence from the front,
and another one from the end, and a ``Dense`` layer decides by both.

.. math::

   x_t &= E_{k_t} \\
   f_t &= \text{LSTM}_1(x_t, f_{t-1}) \\
   b_t &= \text{LSTM}_2(x_t, b_{t+1}) \\
   y_t &= \text{softmax}([f_t, b_t] \, W + c)

Word number :math:`k_t` stands at step t. Row k of the table E, an
``Embedding``, is its vector :math:`x_t`. :math:`f_t` and :math:`b_t` are the
outputs of the forward and the backward LSTM, side by side in [f, b], and
:math:`y_t` has the probability of each tag. W and c are the kernel and the bias
of ``Dense``.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

from keras_by_hand import lstm, softmax

# %%
# Build it
# --------
# Zeros pad short sentences: ``mask_zero`` tells the LSTMs to leave them out.
# The mask also reaches the loss. So padding does not count as nouns, although
# its target is 0, too. For new sentences, add a word that stands for all
# unknown ones to ``words``, and let it occur in training.

sentences = ["water helps", "water the plant", "salt the soup", "salt helps"]
tags = ["noun verb", "verb article noun", "verb article noun", "noun verb"]
words = ["", "helps", "plant", "salt", "soup", "the", "water"]
names = ["noun", "verb", "article"]
tokens = [[words.index(word) for word in s.split()] for s in sentences]
tokens = keras.utils.pad_sequences(tokens, 8, padding="post")  # (batch, steps)
targets = [[names.index(tag) for tag in t.split()] for t in tags]
targets = keras.utils.pad_sequences(targets, 8, padding="post")

keras.utils.set_random_seed(313)
model = keras.Sequential([keras.Input((None,), dtype="int32")])
model.add(layers.Embedding(len(words), 8, mask_zero=True))
model.add(layers.Bidirectional(layers.LSTM(8, return_sequences=True)))
model.add(layers.Dense(len(names), "softmax"))
model.compile(keras.optimizers.SGD(2.0), "sparse_categorical_crossentropy")
model.fit(tokens, targets, epochs=30, verbose=0)
y = model.predict(tokens, verbose=0)

# %%
# Compute it
# ----------
# Look up the vector of each word. The forward LSTM reads the sentence, the
# backward LSTM reads it in reverse, and its outputs are put in order again.
# With the mask, both keep their state at padding, and return zeros there. Then
# ``Dense`` takes the two outputs of each step side by side.


def tag(tokens, mask):
    embeddings, *of_lstms, kernel, bias = model.get_weights()
    x = embeddings[tokens]  # (batch, steps, features)
    forward = lstm(x, *of_lstms[:3], mask=mask, return_sequences=True)
    reverse = {"mask": mask[:, ::-1], "return_sequences": True}
    backward = lstm(x[:, ::-1], *of_lstms[3:], **reverse)[:, ::-1]
    both = np.concatenate([forward, backward], axis=-1) * mask[:, :, np.newaxis]
    return both, softmax(both @ kernel + bias)  # (batch, steps, ...)


mask = tokens != 0  # (batch, steps)
both, probabilities = tag(tokens, mask)

# %%
# Check it
# --------
# The probabilities are those of Keras. The tag is the most probable one. The
# sentences are those that the model has learned from.

np.testing.assert_allclose(y, probabilities, rtol=1e-4, atol=1e-4)
best = np.argmax(probabilities, axis=-1)
for sentence, row, is_word in zip(sentences, best, mask):
    print(sentence, "->", *[names[number] for number in row[is_word]])
print(f"{np.mean((best == targets)[mask]):.0%} of the tags are right")

# %%
# Break it
# --------
# Forget the mask. The forward LSTM has read the words before it comes to the
# padding, so it is right. But the backward LSTM starts with the padding, and
# all that it says is off.

unmasked, wrong = tag(tokens, np.ones_like(mask))
error = np.where(mask[:, :, np.newaxis], unmasked - both, 0)
print("forward LSTM off by:", np.abs(error[:, :, :8]).max())
print("backward LSTM off by:", np.abs(error[:, :, 8:]).max().round(2))
print(names, "right:", probabilities[0, 1].round(2))  # of "helps"
print(names, "wrong:", wrong[0, 1].round(2))
assert not np.allclose(probabilities[mask], wrong[mask], atol=0.01)
np.testing.assert_allclose(error[:, :, :8], 0, atol=1e-6)

# %%
# See it
# ------
# The same first word, with another tag in each sentence.

fig, axes = plt.subplots(1, 2, figsize=(6, 2.6), layout="constrained")
fig.suptitle("The probability of each tag")
for axis, number in zip(axes, (0, 1)):
    text = sentences[number].split()
    table = probabilities[number, : len(text)].T  # (tags, steps)
    axis.imshow(table, cmap="Blues", vmin=0, vmax=2, aspect="auto")
    for (row, column), share in np.ndenumerate(table):
        axis.text(column, row, f"{share:.2f}", ha="center", va="center")
    axis.set(xticks=range(len(text)), xticklabels=text, yticks=range(3))
    axis.set_yticklabels(names)
plt.show()
