"""Cases of embeddings, and of the mask of padding."""

from library.engine.cases import FLOAT32, FLOAT64, Case
from library.engine.subjects import layer


def draw_tokens(draw):
    return draw.tokens(7, *draw.one_of((2, 4), (2, 3, 4), (5,)))


@layer("Embedding")
def embedding(draw):
    config = {"input_dim": 7, "output_dim": 3, **draw.some(mask_zero=[True])}
    return Case(config, (draw_tokens(draw),))


@layer("ReversibleEmbedding", number=24)
def reversible_embedding(draw):
    config = {"input_dim": 7, "output_dim": 3, **draw.some(tie_weights=[False])}
    if draw.number % 3 == 0:
        return Case(config | draw.some(mask_zero=[True]), (draw_tokens(draw),))
    config |= draw.some(logit_soft_cap=[0.5, 2.0], reverse_dtype=["float32"])
    tolerance = FLOAT32 if "reverse_dtype" in config else FLOAT64
    x = draw.normal(2, 4, 3)
    return Case(config, (x,), {"reverse": True}, tolerance=tolerance)


@layer("Masking")
def masking(draw):
    return Case(draw.some(mask_value=[1.0]), (draw.tokens(2, 3, 4, 2) * 1.0,))
