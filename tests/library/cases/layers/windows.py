"""Cases of the windows of convolution and pooling."""

import by_hand
import keras
import numpy as np
from library.engine.cases import Case
from library.engine.subjects import function


def patches_of_keras(x, size, strides=1, padding="valid", dilation_rate=1, value=0):
    """What a convolution meets whose filters take one entry each, of x minus the value
    that it is padded with."""
    rank, filters = len(size), np.prod(size) * x.shape[-1]
    kernel = np.eye(filters).reshape(*size, x.shape[-1], filters)
    if padding == "causal":
        before = [(n - 1) * rate for n, rate in zip(size, [dilation_rate] * rank)]
        x = np.pad(x - value, [(0, 0), *[(n, 0) for n in before], (0, 0)]) + value
        padding = "valid"
    y = keras.ops.conv(x - value, kernel, strides, padding, None, dilation_rate)
    return np.reshape(y, (*y.shape[:-1], *size, x.shape[-1])) + value


def draw_windows(draw, *steps):
    """Images and windows of one or two axes, which step in one of these ways."""
    rank = draw.one_of(1, 2)
    config = {"size": draw.lengths(rank, 1, 3)}
    config |= draw.some(padding=["same", "causal"], value=[-1.0, 7.0])
    config |= draw.some(**{draw.one_of(*steps): [2, 3]})
    return Case(config, (draw.whole(2, *draw.lengths(rank, 7, 10), 4),))


@function(patches_of_keras, by_hand.patches, number=24)
def patches(draw):
    return draw_windows(draw, "strides", "dilation_rate")


def entries_of_keras(x, size, strides=1, padding="valid", value=0):
    """The patches of Keras, entry by entry of their windows."""
    cut = patches_of_keras(x, size, strides, padding, value=value)
    entries = cut.reshape(*cut.shape[: -len(size) - 1], -1, cut.shape[-1])
    return list(np.moveaxis(entries, -2, 0))


@function(entries_of_keras, by_hand.window_entries, number=24)
def window_entries(draw):
    return draw_windows(draw, "strides")


def same_padding_of_keras(length, size, stride):
    """Where the window of a "same" convolution begins and ends, outside of its input."""
    positions = np.arange(1, length + 1, dtype="float32")[np.newaxis, :, np.newaxis]
    kernel = np.eye(size, dtype="float32")[:, np.newaxis]
    y = np.asarray(keras.ops.conv(positions, kernel, stride, "same"))[0]
    return np.sum(y[0] == 0), np.sum(y[-1] == 0)


@function(same_padding_of_keras, by_hand.same_padding)
def same_padding(draw):
    length, size = draw.int(6, 12), draw.one_of(1, 2, 3, 4, 5)
    return Case({"length": length, "size": size, "stride": draw.one_of(1, 2, 3)}, ())
