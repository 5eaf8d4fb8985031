"""Cases of layers that apply an activation."""

import by_hand
import keras
from library.cases.activations import draw_x
from library.engine.cases import ROUNDED_CONSTANTS, Case
from library.engine.subjects import function, layer

AXES = [1, [1, 2], [-1, 0]]


@layer("ReLU")
def relu(draw):
    config = draw.some(max_value=[1.0, 2.0], negative_slope=[0.25, 0.5])
    return Case(config | draw.some(threshold=[0.25, 1.0]), (draw_x(draw),))


@layer("LeakyReLU", tolerance=ROUNDED_CONSTANTS)  # 0.3
def leaky_relu(draw):
    return Case(draw.some(negative_slope=[0.25, 0.5]), (draw_x(draw),))


@layer("ELU")
def elu(draw):
    return Case(draw.some(alpha=[0.5, 2.0]), (draw_x(draw),))


@layer("PReLU")
def prelu(draw):
    axes = [[1], [2], [1, 3], [1, 2, 3]]
    return Case(draw.some(shared_axes=axes), (draw.normal(2, 3, 4, 5),))


@layer("Softmax", number=24)
def softmax(draw):
    x = draw.normal(2, 3, 4)
    masks = draw.mask(2, 3, 4), draw.mask(3, 4), draw.mask(1, 3, 4)
    return Case(draw.some(axis=AXES), (x,), draw.some(mask=masks))


@layer("Activation")
def activation(draw):
    config = {"activation": draw.one_of("relu", "softmax", "elu", "tanh", None)}
    return Case(config, (draw.normal(2, 3, 4),))


@layer("Identity")
def identity(draw):
    return Case({}, (draw.normal(2, 3, 4),))


def weighted(x, factor=2, shift=0):
    return x * factor + shift


def apply_lambda(inputs, arguments=None):
    layer = keras.layers.Lambda(weighted, arguments=arguments, dtype="float64")
    return layer(inputs)


def lambda_layer(inputs, arguments=None):
    return by_hand.lambda_layer(inputs, function=weighted, arguments=arguments)


@function(apply_lambda, lambda_layer)
def of_lambda(draw):
    values = [{"factor": 3}, {"shift": -4}, {"factor": 5, "shift": 1}]
    return Case(draw.some(arguments=values), (draw.normal(2, 3),))
