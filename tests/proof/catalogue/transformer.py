"""Ways to break the parts of transformer blocks, each seen from the block."""

from breaking import (
    activation,
    altered_argument,
    flipped,
    ignoring_argument,
    inputs,
    outputs,
    weight,
)
from fault import Fault
from keras import layers, ops

ENCODER = "attention/plot_transformer_encoder"
DECODER = "attention/plot_transformer_decoder"

FAULTS = [
    Fault(
        "encoder block: the entries of gamma in reverse",
        ENCODER,
        "LayerNormalization.call",
        weight(layers.LayerNormalization, "gamma", flipped(0)),
    ),
    Fault(
        "encoder block: the attention ignores attention_mask",
        ENCODER,
        "MultiHeadAttention.call",
        ignoring_argument(layers.MultiHeadAttention, "attention_mask", "call"),
    ),
    Fault(
        "encoder block: the attention brings twice as much",
        ENCODER,
        "MultiHeadAttention",
        outputs(layers.MultiHeadAttention, lambda y: 2 * y),
    ),
    Fault(
        "encoder block: relu in the place of gelu",
        ENCODER,
        "gelu",
        activation("gelu", lambda z, y: ops.relu(z)),
    ),
    Fault(
        "decoder block: the causal mask is ignored",
        DECODER,
        "MultiHeadAttention.call",
        ignoring_argument(layers.MultiHeadAttention, "use_causal_mask", "call"),
    ),
    Fault(
        "decoder block: normalization with another epsilon",
        DECODER,
        "LayerNormalization.epsilon",
        altered_argument(layers.LayerNormalization, "epsilon", lambda _: 1e-3),
    ),
    Fault(
        "decoder block: the words come in reverse",
        DECODER,
        "LayerNormalization",
        inputs(layers.LayerNormalization, lambda x: ops.flip(x, 1)),
    ),
]
