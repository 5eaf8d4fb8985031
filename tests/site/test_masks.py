"""What layers do with masks: the table of the reference, and what is known of Keras."""

import re

import pytest
from project import SITE

from gallery.functions import find_things
from gallery.keras_facts import mask_in_words, read_masks
from gallery.keras_names import named

# Ports rely on these. A new Keras that treats masks otherwise turns this red, and pages
# have to say so.
KNOWN = {
    "makes a mask of its own": "Embedding Masking ReversibleEmbedding",
    "uses it and passes it on": "SimpleRNN LSTM GRU RNN Bidirectional ConvLSTM1D "
    "ConvLSTM2D ConvLSTM3D Attention AdditiveAttention MultiHeadAttention "
    "GroupQueryAttention Multiply Softmax",
    "uses it and drops it": "GlobalAveragePooling1D",
    "does not use it and passes it on": "Dense Activation Dropout LayerNormalization "
    "GroupNormalization Add Concatenate TimeDistributed SpectralNormalization Rescaling",
    "does not use it and drops it": "Conv1D Flatten MaxPooling1D AveragePooling1D "
    "GlobalMaxPooling1D RMSNormalization EinsumDense Permute Reshape RepeatVector Dot",
    "does not use it and passes it on; in training, it uses it and passes it on": (
        "BatchNormalization"
    ),
}


@pytest.mark.parametrize("what, layers", KNOWN.items(), ids=KNOWN)
def test_layers_treat_masks_as_they_did(what, layers):
    found = read_masks()
    assert {
        name: mask_in_words(**found[name]) for name in layers.split()
    } == dict.fromkeys(layers.split(), what)


def test_all_layers_are_asked_but_for_cells_and_preprocessing():
    """A layer that cannot be run would be left out without a word."""
    names = {name for title, name in find_things() if title == "Layers"}
    left_out = {
        name
        for name in names - set(read_masks())
        if ".preprocessing" not in named()["Layers"][name].__module__
    }
    assert left_out == {"SimpleRNNCell", "LSTMCell", "GRUCell", "StackedRNNCells"}


def test_the_reference_tells_it():
    text = re.sub("<.*?>", "", (SITE / "reference.html").read_text())
    for name, what in read_masks().items():
        assert re.search(rf"^{mask_in_words(**what)}\s+[^.]*\b{name}\b", text, re.M), (
            name
        )
