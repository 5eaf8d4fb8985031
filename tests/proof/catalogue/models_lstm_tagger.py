"""Ways to break the layers of a tagger, each seen from the whole model."""

from breaking import (
    activation,
    altered_argument,
    during,
    ignoring_argument,
    in_order,
    inputs,
    operation,
    weight,
)
from fault import Fault
from keras import layers, ops

PAGE = "models/plot_lstm_tagger"


def halves_exchanged(y):
    """The backward half of a Bidirectional layer before the forward half."""
    return ops.roll(y, y.shape[-1] // 2, axis=-1)


FAULTS = [
    Fault(
        "tagger: token 0 is a word, too",
        PAGE,
        "Embedding.mask_zero",
        altered_argument(layers.Embedding, "mask_zero", lambda _: False),
    ),
    Fault(
        "tagger: the LSTMs ignore the mask",
        PAGE,
        "LSTM.call",
        ignoring_argument(layers.LSTM, "mask", "call"),
    ),
    Fault(
        "tagger: the last word's backward output comes first",
        PAGE,
        "Bidirectional.call",
        during(layers.Bidirectional, operation("flip", lambda flip, x, axis: x)),
    ),
    Fault(
        "tagger: Dense takes the backward half for the forward half",
        PAGE,
        "Bidirectional.merge_mode",
        inputs(layers.Dense, halves_exchanged),
    ),
    Fault(
        "tagger: the gates in the order of ONNX",
        PAGE,
        "LSTM",
        weight(layers.LSTM, "kernel", in_order(0, 3, 1, 2)),
    ),
    Fault(
        "tagger: softmax over the words of a sentence",
        PAGE,
        "softmax",
        activation("softmax", lambda z, y: ops.softmax(z, axis=1)),
    ),
]
