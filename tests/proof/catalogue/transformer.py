"""Ways to break the parts of transformer blocks, each seen from the block."""

from breaking import (
    activation,
)
from fault import Fault
from keras import ops

ENCODER = "attention/plot_transformer_encoder"

FAULTS = [
    Fault(
        "encoder block: relu in the place of gelu",
        ENCODER,
        "gelu",
        activation("gelu", lambda z, y: ops.relu(z)),
    ),
]
