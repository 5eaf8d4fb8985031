"""Ways to break the layers of a GPT, each seen from the whole model."""

from breaking import (
    activation,
    altered_argument,
    flipped,
    ignoring_argument,
    inputs,
    outputs,
    weight,
    where,
)
from fault import Fault
from keras import layers, ops

PAGE = "models/plot_gpt"

FAULTS = [
    Fault(
        "GPT: no causal mask",
        PAGE,
        "MultiHeadAttention.call",
        ignoring_argument(layers.MultiHeadAttention, "use_causal_mask", "call"),
    ),
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
        "GPT: normalization with the epsilon of BERT, 1e-12",
        PAGE,
        "LayerNormalization.epsilon",
        altered_argument(layers.LayerNormalization, "epsilon", lambda _: 1e-12),
    ),
    Fault(
        "GPT: gelu by tanh, as in GPT-2",
        PAGE,
        "gelu",
        activation("gelu", lambda z, y: ops.gelu(z, approximate=True)),
    ),
    Fault(
        "GPT: features of the queries in reverse",
        PAGE,
        "MultiHeadAttention",
        where(
            lambda given: given["self"].name == "query",
            outputs(layers.EinsumDense, flipped(-1)),
        ),
    ),
    Fault(
        "GPT: the table of embeddings upside down",
        PAGE,
        "Embedding",
        weight(layers.Embedding, "embeddings", flipped(0)),
    ),
]
