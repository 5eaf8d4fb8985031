"""Shapes of the weights of layers, and what they draw while they are made.

Each function has the config of a layer and the shape of its input, with which
it was built, and returns the shapes of its weights in the order of
get_weights(), by the names of their initializers: "recurrent" for
recurrent_initializer.
"""

import functools
import re
from collections.abc import Callable

import numpy as np

from keras_by_hand.models.layers.augmentation import AUGMENTATION_LAYERS


def dense_shapes(config, shape):
    units = config["units"]
    return {"kernel": (shape[-1], units), "bias": (units,)}


def einsum_parts(config, shape):
    """The shapes, and the axes of the kernel that are inputs and outputs."""
    equation, partial = config["equation"], np.ravel(config["output_shape"])
    of_x, of_kernel, of_y = re.split(",|->", equation.replace("...", ""))
    elided = len(shape) - len(of_x)
    before, after = (elided, 0) if equation[:3] == "..." else (0, elided)
    y_shape = [shape[0], *shape[1:before], *partial.tolist()]
    lengths = dict(zip(of_x, shape[before:]))
    lengths |= dict(zip(of_y, y_shape[before:]))
    shapes = {"kernel": tuple(lengths[letter] for letter in of_kernel)}
    if axes := config["bias_axes"]:
        kept = of_y[min(map(of_y.index, axes)) :]
        bias = [lengths[letter] if letter in axes else 1 for letter in kept]
        shapes["bias"] = (*bias, *[1] * after)
    outputs = [i for i, letter in enumerate(of_kernel) if letter in of_y]
    inputs = [i for i in range(len(of_kernel)) if i not in outputs]
    return shapes, inputs, outputs


def einsum_shapes(config, shape):
    return einsum_parts(config, shape)[0]


def embedding_shapes(config, shape):
    return {"embeddings": (config["input_dim"], config["output_dim"])}


def channels_of(config, shape):
    return shape[1 if config["data_format"] == "channels_first" else -1]


def conv_shapes(config, shape):
    filters, size = config["filters"], config["kernel_size"]
    inputs = channels_of(config, shape) // config["groups"]
    return {"kernel": (*size, inputs, filters), "bias": (filters,)}


def transpose_shapes(config, shape):
    filters, size = config["filters"], config["kernel_size"]
    kernel = *size, filters, channels_of(config, shape)
    return {"kernel": kernel, "bias": (filters,)}


def depthwise_shapes(config, shape):
    channels, each = channels_of(config, shape), config["depth_multiplier"]
    kernel = *config["kernel_size"], channels, each
    return {"depthwise": kernel, "bias": (channels * each,)}


def separable_shapes(config, shape):
    kernel = depthwise_shapes(config, shape)["depthwise"]
    ones, filters = [1] * len(config["kernel_size"]), config["filters"]
    pointwise = *ones, kernel[-2] * kernel[-1], filters
    return {"depthwise": kernel, "pointwise": pointwise, "bias": (filters,)}


def normalized_shape(config, shape):
    """The lengths of the axes that a normalization has weights for."""
    return tuple(shape[axis] for axis in sorted(np.ravel(config["axis"])))


def normalization_shapes(config, shape):
    return dict.fromkeys(["gamma", "beta"], normalized_shape(config, shape))


def batch_normalization_shapes(config, shape):
    names = "gamma", "beta", "moving_mean", "moving_variance"
    return dict.fromkeys(names, normalized_shape(config, shape))


def scale_shapes(config, shape):
    return {"scale": normalized_shape(config, shape)}


def layer_scale_shapes(config, shape):
    return {"gamma": (config["projection_dim"],)}


def prelu_shapes(config, shape):
    shared = config["shared_axes"] or ()
    lengths = [1 if i in shared else n for i, n in enumerate(shape)]
    return {"alpha": tuple(lengths[1:])}


def attention_shapes(config, shape):
    names = ["scale"] * config["use_scale"]
    names += ["concat_score_weight"] * (config["score_mode"] == "concat")
    return dict.fromkeys(names, ())


def additive_shapes(config, shape):
    return {"scale": (shape[0][-1],)} if config["use_scale"] else {}


def recurrent_shapes(gates, config, shape):
    units = config["units"]
    kernels = {"kernel": (shape[-1], gates * units)}
    kernels["recurrent"] = units, gates * units
    rows = (2,) if config.get("reset_after") else ()
    return {**kernels, "bias": (*rows, gates * units)}


def conv_lstm_shapes(config, shape):
    filters, size = config["filters"], config["kernel_size"]
    inputs = shape[2 if config["data_format"] == "channels_first" else -1]
    return {
        "kernel": (*size, inputs, 4 * filters),
        "recurrent": (*size, filters, 4 * filters),
        "bias": (4 * filters,),
    }


def no_shapes(config, shape):
    return {}


# Of each class: its shapes, and the order in which it draws what its
# initializers need, and its seed in training.
OF_SIMPLE = functools.partial(recurrent_shapes, 1), "seed kernel recurrent bias"
OF_LSTM = functools.partial(recurrent_shapes, 4), "kernel recurrent bias seed"
OF_GRU = functools.partial(recurrent_shapes, 3), "kernel recurrent bias seed"
FIRST_WEIGHTS: dict[str, tuple[Callable, str]] = {
    **dict.fromkeys(AUGMENTATION_LAYERS, (no_shapes, "seed")),
    "AdditiveAttention": (additive_shapes, "seed scale"),
    "AlphaDropout": (no_shapes, "seed"),
    "Attention": (attention_shapes, "seed scale concat_score_weight"),
    "BatchNormalization": (
        batch_normalization_shapes,
        "beta gamma moving_mean moving_variance",
    ),
    "Conv1D": (conv_shapes, "kernel bias"),
    "Conv1DTranspose": (transpose_shapes, "kernel bias"),
    "Conv2D": (conv_shapes, "kernel bias"),
    "Conv2DTranspose": (transpose_shapes, "kernel bias"),
    "Conv3D": (conv_shapes, "kernel bias"),
    "Conv3DTranspose": (transpose_shapes, "kernel bias"),
    "ConvLSTM1D": (conv_lstm_shapes, "seed kernel recurrent bias"),
    "ConvLSTM2D": (conv_lstm_shapes, "seed kernel recurrent bias"),
    "ConvLSTM3D": (conv_lstm_shapes, "seed kernel recurrent bias"),
    "Dense": (dense_shapes, "kernel bias"),
    "DepthwiseConv1D": (depthwise_shapes, "depthwise bias"),
    "DepthwiseConv2D": (depthwise_shapes, "depthwise bias"),
    "Dropout": (no_shapes, "seed"),
    "EinsumDense": (einsum_shapes, "kernel bias"),
    "Embedding": (embedding_shapes, "embeddings"),
    "GRU": OF_GRU,
    "GRUCell": OF_GRU,
    "GaussianDropout": (no_shapes, "seed"),
    "GaussianNoise": (no_shapes, "seed"),
    "GroupNormalization": (normalization_shapes, "beta gamma"),
    "LSTM": OF_LSTM,
    "LSTMCell": OF_LSTM,
    "LayerNormalization": (normalization_shapes, "beta gamma"),
    "LayerScale": (layer_scale_shapes, "gamma"),
    "PReLU": (prelu_shapes, "alpha"),
    "RMSNormalization": (scale_shapes, "scale"),
    "ReversibleEmbedding": (embedding_shapes, "embeddings"),
    "SeparableConv1D": (separable_shapes, "depthwise pointwise bias"),
    "SeparableConv2D": (separable_shapes, "depthwise pointwise bias"),
    "SimpleRNN": OF_SIMPLE,
    "SimpleRNNCell": OF_SIMPLE,
    "SpatialDropout1D": (no_shapes, "seed"),
    "SpatialDropout2D": (no_shapes, "seed"),
    "SpatialDropout3D": (no_shapes, "seed"),
}
# What has no seed in training unless this is above 0.
RATES = {
    "AdditiveAttention": "dropout",
    "AlphaDropout": "rate",
    "Attention": "dropout",
    "Dropout": "rate",
    "GaussianDropout": "rate",
    "GaussianNoise": "stddev",
    "GroupQueryAttention": "dropout",
    "MultiHeadAttention": "dropout",
    "SpatialDropout1D": "rate",
    "SpatialDropout2D": "rate",
    "SpatialDropout3D": "rate",
}
