"""Cases of Dense and EinsumDense."""

from library.engine.cases import Case
from library.engine.subjects import layer

EQUATIONS = [  # with the shapes of inputs and of outputs, and the axes of a bias
    ("bf,fk->bk", (2, 4), 5, "k"),
    ("bsf,fu->bsu", (3, 2, 4), (None, 5), "u"),
    ("bsf,fhu->bshu", (3, 5, 4), (None, 2, 6), "hu"),
    ("bsf,fhu->bshu", (3, 5, 4), (None, 2, 6), "h"),
    ("bshu,huf->bsf", (3, 6, 2, 5), (None, 4), "f"),
    ("...f,fu->...u", (3, 2, 4), (2, 5), "u"),
    ("bst,st->bst", (2, 3, 4), (3, 4), "s"),
]


@layer("Dense")
def dense(draw):
    config = {"units": draw.one_of(3, 5)}
    config |= draw.some(use_bias=[False], activation=["relu", "softmax"])
    return Case(config, (draw.normal(*draw.one_of((2, 4), (2, 3, 4))),))


@layer("EinsumDense", number=28)
def einsum_dense(draw):
    equation, shape, output_shape, bias_axes = draw.one_of(*EQUATIONS)
    config = {"equation": equation, "output_shape": output_shape}
    config |= draw.some(activation=["relu", "softmax"], bias_axes=[bias_axes])
    return Case(config, (draw.normal(*shape),))
