r"""
StringLookup(invert=True): from class numbers back to names
===========================================================

With ``invert=True``, ``StringLookup`` and ``IntegerLookup`` turn places in the
vocabulary back into tokens, such as the class that a classifier predicts into
its name. Any other number becomes the OOV token.

.. math::

   y = \begin{cases}
   \text{token } x & 0 \le x < \text{size} \\
   \text{OOV token} & \text{otherwise}
   \end{cases}

The size is that of the whole list of tokens. The special ones come first.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import IntegerLookup, StringLookup

from keras_by_hand.layers.text import list_special, list_tokens

rng = np.random.default_rng(313)

if keras.backend.backend() != "tensorflow":  # others have no arrays of strings
    raise SystemExit("This page needs the TensorFlow backend")

# %%
# Build it
# --------
# The probabilities of three classes for four pictures. The layer that numbered
# the classes had no OOV index, so the one that goes back must not have one.

classes = ["cat", "dog", "emu"]
probabilities = rng.dirichlet([1, 1, 1], size=4)  # (batch, classes)
to_name = StringLookup(vocabulary=classes, num_oov_indices=0, invert=True)
predicted = np.argmax(probabilities, axis=1)
names = np.array(to_name(predicted))
print(predicted, names)

# %%
# Compute it
# ----------
# Use each number as an index into the list of classes. Put the OOV token at the
# end of the list, and give its index to all numbers outside, such as 7 and -7.

numbers = np.append(predicted, [7, -7])
inside = (0 <= numbers) & (numbers < 3)
tokens = np.array([*classes, "[UNK]"])
named = tokens[np.where(inside, numbers, -1)]

# %%
# The whole function takes any list of tokens. Keras returns bytes; ``as_text``
# decodes them.

from keras_by_hand.layers.text import as_text, find_tokens

# %%
# Check it
# --------

of_keras = np.append(names, np.array(to_name([7, -7])))
np.testing.assert_array_equal(as_text(of_keras), named)

expected = find_tokens(predicted, classes, "[UNK]")
np.testing.assert_array_equal(as_text(names), expected)

places = np.array([[0, 1, 2], [3, 4, 5], [-1, 9, 2]])
cases = [  # layer, vocabulary, mask token, OOV token, OOV indices
    (StringLookup, classes, None, "[UNK]", 1),
    (StringLookup, classes, "", "?", 1),
    (StringLookup, classes, "", "[UNK]", 2),
    (IntegerLookup, [30, 10], None, -1, 1),
    (IntegerLookup, [30, 10], 0, -9, 2),
]
for kind, vocabulary, mask_token, oov_token, num_oov_indices in cases:
    layer = kind(
        vocabulary=vocabulary,
        mask_token=mask_token,
        oov_token=oov_token,
        num_oov_indices=num_oov_indices,
        invert=True,
    )
    y = np.array(layer(places))
    y = as_text(y) if kind is StringLookup else y
    special = list_special(mask_token, oov_token, num_oov_indices)
    expected = find_tokens(places, list_tokens(vocabulary, special), oov_token)
    np.testing.assert_array_equal(y, expected)

# %%
# There and back, known words stay the same.

options = {"vocabulary": classes, "mask_token": ""}
there = np.array(StringLookup(**options)(classes))
back = StringLookup(**options, invert=True)(there)
back = as_text(np.array(back))
np.testing.assert_array_equal(back, classes)

# %%
# Break it
# --------
# Would you go back with the default, which is one OOV index? It takes place 0
# and moves all classes by one: each picture gets a wrong name.

default = StringLookup(vocabulary=classes, invert=True)
wrong = np.array(default(predicted))
print("right:", names, "wrong:", wrong)
assert np.all(names != wrong)

# %%
# See it
# ------

places = np.arange(-1, 6)
fig, axis = plt.subplots(figsize=(6, 2.6), layout="constrained")
axis.set(title="The name of each class number", xlabel="number")
for row, count in enumerate((0, 1, 2)):
    tokens = list_tokens(classes, list_special(None, "[UNK]", count))
    for place, name in zip(places, find_tokens(places, tokens, "[UNK]")):
        known = name in classes
        box = {"facecolor": "lightskyblue" if known else "lightgray"}
        axis.text(place, row, name, ha="center", color="k", bbox=box)
axis.set(xlim=(-1.6, 5.6), ylim=(-0.6, 2.6), xticks=places, yticks=range(3))
axis.set(ylabel="num_oov_indices")
plt.show()
