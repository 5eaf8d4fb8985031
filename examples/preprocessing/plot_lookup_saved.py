r"""
vocabulary.txt: the words of StringLookup in a .keras file
==========================================================

The words that ``adapt`` has learned stand in a text file inside the ``.keras``
file, also for the tokenizer ``TextVectorization``. The word with index
:math:`i` is on line :math:`i`, counted from 0. You can read it without Keras.
But loading splits a word with a line break, unless you pass ``vocabulary``.
"""

import tempfile
import zipfile

import keras
import numpy as np
from keras.layers import StringLookup

if keras.backend.backend() != "tensorflow":
    raise SystemExit("This page needs TensorFlow: set KERAS_BACKEND=tensorflow")

# %%
# Build it
# --------
labels = np.array(["New\nYork", "Oslo", "Rome"])
lookup = StringLookup(mask_token="")
lookup.adapt(labels.repeat([3, 2, 1]))
words = lookup.get_vocabulary(include_special_tokens=False)
passed = StringLookup(mask_token="", vocabulary=words)
inputs = keras.Input((1,), dtype="string")
folder = tempfile.TemporaryDirectory()
path = f"{folder.name}/model.keras"
keras.Model(inputs, [lookup(inputs), passed(inputs)]).save(path)
_, loaded, mended = keras.models.load_model(path).layers

# %%
# Compute it
# ----------
# The file is a zip archive. (Passed words are in its ``config.json`` instead.)
# The first line is empty: it is the mask token. To build the layer again, pass
# all ``tokens`` as ``vocabulary``, not the path: the empty line is an error.

with zipfile.ZipFile(path) as archive:
    text = archive.read("assets/layers/string_lookup/vocabulary.txt").decode()
tokens = text.split("\n")

# %%
# Check it
# --------
np.testing.assert_array_equal(loaded.get_vocabulary(), tokens)

# %%
# Break it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** In a ``StringLookup``
#    that is loaded, a token with a line break has become two tokens, and all
#    behind it have moved.
print("right:", labels.tolist(), "wrong:", tokens[2:])
indices = [layer(labels).numpy() for layer in (lookup, mended, loaded)]
print("index, right:", indices[0], "mended:", indices[1], "wrong:", indices[2])
np.testing.assert_array_equal(indices, [[2, 3, 4], [2, 3, 4], [1, 4, 5]])
