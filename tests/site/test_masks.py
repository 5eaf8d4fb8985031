"""What layers do with masks: the table of the reference, and what is known of Keras."""

import re

import pytest
from project import SITE

from gallery.keras_facts import read_masks

# Ports rely on these. A new Keras that treats masks otherwise turns this red, and pages
# have to say so.
KNOWN = {
    "makes a mask of its own": "Embedding Masking ReversibleEmbedding",
    "uses it and passes it on": "SimpleRNN LSTM GRU RNN Bidirectional ConvLSTM1D "
    "ConvLSTM2D ConvLSTM3D Attention AdditiveAttention Multiply",
    "uses it and drops it": "GlobalAveragePooling1D",
    "does not use it and passes it on": "Dense Activation Dropout LayerNormalization "
    "BatchNormalization Add Concatenate TimeDistributed",
    "does not use it and drops it": "Conv1D Flatten MaxPooling1D AveragePooling1D "
    "GlobalMaxPooling1D RMSNormalization Permute Dot",
}


@pytest.mark.parametrize("what, layers", KNOWN.items(), ids=KNOWN)
def test_layers_treat_masks_as_they_did(what, layers):
    found = read_masks()
    assert {name: found[name] for name in layers.split()} == dict.fromkeys(
        layers.split(), what
    )


def test_the_reference_tells_it():
    text = re.sub("<.*?>", "", (SITE / "reference.html").read_text())
    for name, what in read_masks().items():
        assert re.search(rf"^{what}\s+[^.]*\b{name}\b", text, re.M), name
