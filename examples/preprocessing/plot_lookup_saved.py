r"""
StringLookup and TextVectorization in a .keras file: vocabulary.txt
===================================================================

A vocabulary that you give to a lookup layer is saved in the layer's config. One
that ``adapt`` learned is saved in a text file inside the ``.keras`` file, one
token a line. A token that has a line break itself does not survive that.

.. math::

   \text{line } i = \text{token at place } i

Lines are counted from 0, and the special tokens come first.
"""

import importlib.util
import json
import os
import tempfile
import zipfile

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import IntegerLookup, StringLookup, TextVectorization

if importlib.util.find_spec("tensorflow") is None:
    raise SystemExit("This page needs TensorFlow: these layers use its tables")

# %%
# Build it
# --------
# A model of one layer, which has learned its vocabulary.

folder = tempfile.TemporaryDirectory()
path = os.path.join(folder.name, "model.keras")


def save_and_load(layer, dtype="string"):
    inputs = keras.Input((1,), dtype=dtype)
    keras.Model(inputs, layer(inputs)).save(path)
    return keras.models.load_model(path).layers[1]


towns = np.array(["Oslo", "Rome", "Rome", "Kyiv", "Rome", "Oslo"])
lookup = StringLookup(mask_token="")
lookup.adapt(towns)
loaded = save_and_load(lookup)

# %%
# Compute it
# ----------
# In the file, the first StringLookup of a model is "string_lookup", the second
# "string_lookup_1" and so on, whatever their names are.


def read_vocabulary(path, layer):
    """The tokens that ``adapt`` learned, as str, from a .keras file.

    layer: "string_lookup", "string_lookup_1", "text_vectorization", ...
    Raises KeyError if the vocabulary is in the config.
    """
    with zipfile.ZipFile(path) as archive:
        text = archive.read(f"assets/layers/{layer}/vocabulary.txt")
    return text.decode().split("\n")


# %%
# Check it
# --------

tokens = read_vocabulary(path, "string_lookup")
print(tokens)
np.testing.assert_array_equal(tokens, ["", "[UNK]", "Rome", "Oslo", "Kyiv"])
np.testing.assert_array_equal(tokens, loaded.get_vocabulary())

counting = TextVectorization(output_mode="count")
counting.adapt(towns)
save_and_load(counting)
tokens_of_texts = read_vocabulary(path, "text_vectorization")
np.testing.assert_array_equal(tokens_of_texts, counting.get_vocabulary())

numbers = IntegerLookup(mask_token=0)
numbers.adapt([30, 10, 30])
save_and_load(numbers, "int64")
integers = list(map(int, read_vocabulary(path, "integer_lookup")))
np.testing.assert_array_equal(integers, [0, -1, 30, 10])

save_and_load(StringLookup(vocabulary=["Rome", "Oslo"]))
with zipfile.ZipFile(path) as archive:
    config = json.loads(archive.read("config.json"))["config"]
given = config["layers"][1]["config"]["vocabulary"]
np.testing.assert_array_equal(given, ["Rome", "Oslo"])
np.testing.assert_raises(KeyError, read_vocabulary, path, "string_lookup")

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** In a ``StringLookup``
#    that is loaded, a token with a line break has become two tokens, and all
#    behind it have moved.

labels = np.array(["New\nYork", "Oslo", "Rome"])
broken = StringLookup()
broken.adapt(labels.repeat([3, 2, 1]))
before = keras.ops.convert_to_numpy(broken(labels))
after = keras.ops.convert_to_numpy(save_and_load(broken)(labels))
np.testing.assert_array_equal([before, after], [[1, 2, 3], [0, 3, 4]])

# %%
# Break it
# --------
# Would you drop empty lines? The first one is the mask token, and has place 0.

wrong = [token for token in tokens if token]
print("Rome:", tokens.index("Rome"), "wrong:", wrong.index("Rome"))
assert wrong.index("Rome") != int(lookup("Rome"))

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 2.4), layout="constrained")
axis.imshow([before, after], cmap="Blues", vmin=0, vmax=10)
for (row, column), place in np.ndenumerate([before, after]):
    axis.text(column, row, place, ha="center", va="center", color="k")
axis.set(title="A line break in one label moves the others")
axis.set(xticks=range(3), xticklabels=map(repr, labels.tolist()))
axis.set(yticks=[0, 1], yticklabels=["before saving", "after loading"])
plt.show()
