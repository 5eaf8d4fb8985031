"""Weights of older files, a list for each layer, nested as today's are."""

import numpy as np

from keras_by_hand.models.config import named_groups
from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.registry import MODELS

CONVOLUTIONS = "Conv1D Conv2D Conv3D Conv2DTranspose ConvLSTM2D".split()
IN_CELL = "LSTM GRU SimpleRNN ConvLSTM1D ConvLSTM2D ConvLSTM3D".split()
HEADS = "query key value output".split()
KERNELS = {  # how many weights layers have beside a bias
    **dict.fromkeys(
        "Dense Conv1D Conv2D Conv3D Conv1DTranspose Conv2DTranspose "
        "Conv3DTranspose DepthwiseConv1D DepthwiseConv2D "
        "LocallyConnected1D LocallyConnected2D".split(),
        1,
    ),
    **dict.fromkeys(
        "SeparableConv1D SeparableConv2D LSTMCell GRUCell SimpleRNNCell".split()
        + IN_CELL,
        2,
    ),
}
NORMALIZATIONS = {  # how many, beside gamma and beta, are never trained
    "BatchNormalization": 2,
    "GroupNormalization": 0,
    "LayerNormalization": 0,
}


class Place:
    """Where weights belong in today's file: the groups, one in another; the
    layer that has them, how many are trained and how many never are, and
    whether the layer is frozen."""

    def __init__(self, path, saved, trained, others=0, is_frozen=False):
        self.path, self.saved = path, saved
        self.trained, self.others = trained, others
        self.is_frozen = is_frozen
        self.arrays = []

    def counts(self):
        """Return how many stand among the trained, and among the others."""
        if self.is_frozen:
            return 0, self.trained + self.others
        return self.trained, self.others


def places_of(saved, path=(), is_frozen=False):
    """Return a Place for each layer in a saved layer that has weights of its
    own, in the order of their variables. Raises CannotRun for a layer of which
    it is not known how many weights it has."""
    kind, config = saved["class_name"], saved["config"]
    is_frozen = is_frozen or config.get("trainable") is False
    inside = []
    if kind in MODELS and "layers" in config:
        is_frozen = False  # each layer in it tells by itself
        for layer, name in named_groups(config["layers"]):
            inside.append((("layers", name), layer))
    elif kind == "Bidirectional":
        backward = config.get("backward_layer") or config["layer"]
        inside = [
            (("forward_layer",), config["layer"]),
            (("backward_layer",), backward),
        ]
    elif kind == "TimeDistributed":
        inside = [(("layer",), config["layer"])]
    elif kind == "RNN":
        inside = [(("cell",), config["cell"])]
    elif kind == "StackedRNNCells":
        for cell, name in named_groups(config["cells"]):
            inside.append((("cells", name), cell))
    elif kind == "SpectralNormalization":
        inside = [(("layer",), config["layer"])]
    if inside:
        places = [
            place
            for inner, layer in inside
            for place in places_of(layer, path + inner, is_frozen)
        ]
        if kind == "SpectralNormalization":  # has a vector of its own
            places.append(Place(path, saved, 0, 1))
        return places
    if kind == "MultiHeadAttention":
        number = 1 + config.get("use_bias", True)
        return [
            Place((*path, f"{name}_dense"), saved, number, 0, is_frozen)
            for name in HEADS
        ]
    if kind in IN_CELL:
        path = (*path, "cell")
    return [Place(path, saved, *count(kind, config), is_frozen)]


def count(kind, config):
    """Return how many weights a layer has that are trained, and that never
    are; None for a class that is not known here."""
    if kind in KERNELS:
        return KERNELS[kind] + config.get("use_bias", True), 0
    if kind in NORMALIZATIONS:
        trained = config.get("scale", True) + config.get("center", True)
        return trained, NORMALIZATIONS[kind]
    if kind == "EinsumDense":
        return 1 + (config.get("bias_axes") is not None), 0
    if kind in ("Embedding", "PReLU"):
        return 1, 0
    if kind in ("Attention", "AdditiveAttention"):
        has_scale = config.get("use_scale", kind == "AdditiveAttention")
        return has_scale + (config.get("score_mode") == "concat"), 0
    if kind == "Normalization":
        return 0, 3 * (config.get("mean") is None)
    return 0, 0


def nested_weights(saved, arrays, writer):
    """Return the weights of a layer or a model, a list of arrays, nested as
    today's files have them."""
    places = places_of(saved)
    if len(places) == 1:  # of whatever class, and as many as there are
        places[0].arrays = arrays
    else:
        expected = sum(place.trained + place.others for place in places)
        if len(arrays) != expected:
            raise CannotRun(
                f"the file has {len(arrays)} weights, not {expected}"
            )
        left = iter(arrays)
        for which in (0, 1):  # first all that are trained
            for place in places:
                number = place.counts()[which]
                place.arrays += [next(left) for _ in range(number)]
    groups = {}
    for place in places:
        group = groups
        for name in place.path:
            group = group.setdefault(name, {})
        group["vars"] = arrays_of_today(place.saved, place.arrays, writer)
    return groups


# -- What the numbers of a layer meant


def arrays_of_today(saved, arrays, writer):
    """Return the weights of a layer in the order and shapes of today."""
    kind, config = saved["class_name"], saved["config"]
    if writer.is_keras_1 and kind in CONVOLUTIONS and arrays:
        kernel = kernel_of_keras_1(kind, config, arrays[0])
        arrays = [kernel, *arrays[1:]]
    if writer.flips_kernels and kind in CONVOLUTIONS:
        arrays = [
            flipped(array) if array.ndim > 2 else array for array in arrays
        ]
    if kind in ("LSTM", "ConvLSTM2D") and len(arrays) == 12:
        arrays = gates_joined(arrays, (0, 2, 1, 3))  # from i, c, f, o
    if kind == "GRU" and len(arrays) == 9:
        arrays = gates_joined(arrays, (0, 1, 2))
    if kind in ("LSTM", "GRU") and len(arrays) == 3:
        arrays = from_cudnn(kind, *arrays)
    return arrays


def gates_joined(arrays, order):
    """Return kernel, recurrent kernel and bias of such three of each gate."""
    return [
        np.concatenate([arrays[3 * gate + which] for gate in order], axis=-1)
        for which in range(3)
    ]


def from_cudnn(kind, kernel, recurrent_kernel, bias):
    """Return the weights of an LSTM or a GRU; those of CuDNN have two biases in
    a row, and each gate transposed."""
    gates = {"LSTM": 4, "GRU": 3}[kind]
    units = len(recurrent_kernel)
    if bias.shape != (2 * gates * units,):
        return [kernel, recurrent_kernel, bias]
    kernel = [
        gate.T.reshape(gate.shape, order="F")
        for gate in np.split(kernel, gates, axis=1)
    ]
    recurrent = [gate.T for gate in np.split(recurrent_kernel, gates, axis=1)]
    bias = bias.reshape(2, -1)
    if kind == "LSTM":
        bias = bias.sum(axis=0)
    return [np.concatenate(kernel, 1), np.concatenate(recurrent, 1), bias]


def kernel_of_keras_1(kind, config, kernel):
    """Return the kernel of a convolution of Keras 1, (*size, inputs,
    filters)."""
    first = config.get("data_format") == "channels_first"
    if kind == "Conv1D" and kernel.ndim == 4:
        length, one = np.ravel(config["kernel_size"])[0], kernel.shape[1]
        if (kernel.shape[0], one) != (length, 1):  # of Keras 1.0
            kernel = kernel.transpose(2, 3, 1, 0)
        return kernel[:, 0]
    if kind == "Conv2DTranspose":
        order = (2, 3, 0, 1) if first else (0, 1, 3, 2)
        return kernel.transpose(order)
    if first and kind == "Conv2D":
        return kernel.transpose(2, 3, 1, 0)
    if first and kind == "Conv3D":
        return kernel.transpose(2, 3, 4, 1, 0)
    return kernel


def flipped(kernel):
    """Return a kernel turned around along all axes of space: Theano convolves,
    where others correlate."""
    return np.flip(kernel, axis=tuple(range(kernel.ndim - 2)))
