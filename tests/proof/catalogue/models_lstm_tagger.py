"""Ways to break the layers of a tagger, each seen from the whole model."""

from breaking import (
    activation,
    inputs,
)
from fault import Fault
from keras import layers, ops

PAGE = "models/plot_lstm_tagger"


def halves_exchanged(y):
    """The backward half of a Bidirectional layer before the forward half."""
    return ops.roll(y, y.shape[-1] // 2, axis=-1)


FAULTS = [
    Fault(
        "tagger: Dense takes the backward half for the forward half",
        PAGE,
        "Bidirectional.merge_mode",
        inputs(layers.Dense, halves_exchanged),
    ),
    Fault(
        "tagger: softmax over the words of a sentence",
        PAGE,
        "softmax",
        activation("softmax", lambda z, y: ops.softmax(z, axis=1)),
    ),
]
