"""Cases of layers of several inputs."""

from keras.src.layers.preprocessing.feature_space import TFDConcat
from library.engine.cases import Case
from library.engine.subjects import layer

# On TensorFlow, Add takes for a bias what has one axis longer than 1 that is as long as the
# last. So no axis is as long as another one.
SHAPES = (7, 2, 3, 4), (7, 3, 4), (7, 1, 4), (7, 2, 1, 4)
NAMES = "Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract"


@layer(*NAMES)
def number_by_number(draw, name):
    shapes = [SHAPES[draw.int(0, 3)] for _ in range(draw.one_of(2, 3, 4))]
    inputs = [draw.normal(*shape) for shape in shapes]
    return Case({}, (inputs[:2] if name == "Subtract" else inputs,))


@layer("Concatenate")
@layer("TFDConcat", target=TFDConcat)
def concatenate(draw, name):
    config = draw.some(axis=[1, 2, -2])
    if name == "TFDConcat":  # of FeatureSpace, which tells it the axis
        config.setdefault("axis", -1)
    shape, number = [2, 3, 4], draw.one_of(2, 3)
    lengths = draw.lengths(number, 2, 5)
    if draw.number % 2:  # so that any axis fits
        lengths = [shape[config.get("axis", -1)]] * number
    inputs = []
    for length in lengths:
        shape[config.get("axis", -1)] = length
        inputs.append(draw.normal(*shape))
    return Case(config, (inputs,))


@layer("Dot", number=24)
def dot(draw):
    axes, *shapes = draw.one_of(
        (1, (2, 3), (2, 3)),
        (1, (2, 3), (2, 3, 4)),
        (1, (2, 3, 4), (2, 3, 5)),
        (2, (2, 3, 4), (2, 5, 4)),
        (-1, (2, 3, 4), (2, 5, 6, 4)),
        ((1, 2), (2, 4, 3), (2, 5, 4)),
        ((2, 1), (2, 3, 3), (2, 3, 3)),
        ((1, 2), (2, 3, 3), (2, 3, 3)),
    )
    inputs = [draw.normal(*shape) for shape in shapes]
    inputs[0][0] = 0  # which stay zeros when they are normalized
    return Case({"axes": axes, **draw.some(normalize=[True])}, (inputs,))
