"""Ways to break the layers of a GPT, each seen from the whole model."""

from breaking import (
    activation,
    flipped,
    inputs,
    where,
)
from fault import Fault
from keras import layers, ops

PAGE = "models/plot_gpt"

FAULTS = [
    Fault(
        "GPT: positions count from the end",
        PAGE,
        "Embedding.call",
        where(
            lambda given: given["self"].input_dim == 23,
            inputs(layers.Embedding, flipped(1)),
        ),
    ),
    Fault(
        "GPT: gelu by tanh, as in GPT-2",
        PAGE,
        "gelu",
        activation("gelu", lambda z, y: ops.gelu(z, approximate=True)),
    ),
]
