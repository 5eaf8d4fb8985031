"""Mistakes in where windows and pixels lie: padding, pooling, resizing, and the
order in which an image is flattened."""

import functools
import itertools
import math

import numpy as np

from keras_by_hand.activations import linear
from keras_by_hand.comparing.mistakes import Instead, Mistake, with_function
from keras_by_hand.layers.pooling import (
    average_pooling1d,
    average_pooling2d,
    average_pooling3d,
    max_pooling1d,
    max_pooling2d,
    max_pooling3d,
)

POOLS = {
    "average": (average_pooling1d, average_pooling2d, average_pooling3d),
    "the largest": (max_pooling1d, max_pooling2d, max_pooling3d),
}
POOLED_TO = {  # in the place of a global pooling
    "the first step": lambda x: x[:, 0],
    "the last step": lambda x: x[:, -1],
    "the largest": lambda x: x.max(axes_of(x)),
    "the average": lambda x: x.mean(axes_of(x)),
    "the sum": lambda x: x.sum(axes_of(x)),
}
FLATTENED = {  # orders of axes in which an image may be flattened
    "channels first, as NCHW does": (0, 3, 1, 2),
    "columns before rows": (0, 2, 1, 3),
    "channels first and columns before rows": (0, 3, 2, 1),
}
MOST_SHIFTS = 50  # places at which padding may begin


def axes_of(x):
    """Return the axes between samples and channels."""
    return tuple(range(1, x.ndim - 1))


def is_channels_first(layer):
    return layer.options.get("data_format") == "channels_first"


def mistaken_places(layer, scene):
    """Yield a layer's Mistakes in where its windows, pixels or numbers are."""
    x = scene.x
    if is_channels_first(layer) or x.ndim < 3:
        return
    if layer.kind.startswith("Global"):
        for text, pool in POOLED_TO.items():
            yield Mistake(
                f"global {text}",
                f"the port takes {text}: it should be {layer.kind}",
                functools.partial(with_function, function=of_x_alone(pool)),
            )
    if layer.kind in ("Flatten", "Reshape") and x.ndim == 4:
        for text, order in FLATTENED.items():
            shape = scene.expected.shape
            turned = functools.partial(reshape_in_order, order, shape)
            yield Mistake(
                f"flatten {text}",
                f"the port flattens with {text}: transpose to Keras' order, "
                "with channels last, before",
                functools.partial(put_instead, turned),
            )
    if "pool_size" in layer.options:
        for text, pools in POOLS.items():
            if pools[x.ndim - 3].__name__ != layer.function.__name__:
                yield Mistake(
                    "pooling",
                    f"the port takes {text} of each window: it should be "
                    f"{layer.kind}",
                    functools.partial(
                        with_function, function=pools[x.ndim - 3]
                    ),
                )
    is_in_steps = "recurrent_kernel" in layer.arrays
    if layer.options.get("padding") in ("same", "causal") and not is_in_steps:
        yield from mistaken_padding(layer, scene)
    if layer.kind in ("UpSampling2D", "Resizing") and x.ndim == 4:
        yield from mistaken_pixels(scene)


def of_x_alone(function):
    """Return a function that takes no notice of all that comes after x."""

    def apply(x, *args, **keywords):
        return function(x)

    return apply


def put_instead(function, layer):
    """Return what stands in the place of a layer."""
    return Instead(function)


def reshape_in_order(order, shape, x):
    """Return what an image becomes whose axes were in another order."""
    return x.transpose(order).reshape(shape)


# -- Padding


def mistaken_padding(layer, scene):
    """Yield a layer that pads more or less before its input, or with other
    numbers."""
    x, options = scene.x, layer.options
    rank, is_pooling = x.ndim - 2, "pool_size" in options
    size = options.get("pool_size")
    if not is_pooling:
        kernels = [a for n, a in layer.arrays.items() if n.endswith("kernel")]
        if not kernels or kernels[0].ndim != rank + 2:
            return
        size = kernels[0].shape[:rank]
    size = one_for_each(size, rank)
    strides = one_for_each(options.get("strides") or size, rank)
    rates = one_for_each(options.get("dilation_rate", 1), rank)
    span = [(n - 1) * rate + 1 for n, rate in zip(size, rates)]
    if math.prod(span) > MOST_SHIFTS:
        shifts = list(zip(*(range(n) for n in span)))
    else:
        shifts = list(itertools.product(*map(range, span)))
    is_transposed = "Transpose" in layer.kind
    moved = crop_at if is_transposed else pad_at
    for value in (-np.inf, 0) if is_pooling else (0,):
        for before in shifts:
            function = functools.partial(
                moved, layer.function, strides, span, value, before
            )
            told = before[0] if rank == 1 else before
            if is_transposed:
                text = (
                    f"the port crops {told} at the beginning: crop as padding="
                    f"{options['padding']!r} of Keras does"
                )
            else:
                usual = usual_padding(x, strides, span, options["padding"])
                zeros = ", with zeros that count" * (is_pooling and value == 0)
                text = (
                    f"the port pads {told} before its input{zeros}, and Keras "
                    f"{usual}: pad by hand, and let the layer pad nothing"
                )
            change = functools.partial(with_function, function=function)
            yield Mistake("padding", text, change)


def usual_padding(x, strides, span, padding):
    """Return how much Keras pads at the beginning: a number, or one for each
    axis."""
    if padding == "causal":
        return span[0] - 1
    found = []
    for n, step, length in zip(x.shape[1:-1], strides, span):
        positions = -(-n // step)
        found.append(max((positions - 1) * step + length - n, 0) // 2)
    return found[0] if len(found) == 1 else tuple(found)


def one_for_each(value, rank):
    """Return a tuple of whole numbers, one for each axis of space."""
    return tuple(int(number) for number in np.broadcast_to(value, rank))


def pad_at(function, strides, span, value, before, x, /, *weights, **options):
    """Return what a function makes of x, which is padded before as told, and
    after as needed."""
    space = x.shape[1:-1]
    positions = [-(-n // step) for n, step in zip(space, strides)]
    ends = [(n - 1) * s + k for n, s, k in zip(positions, strides, span)]
    after = [max(end - n - b, 0) for end, n, b in zip(ends, space, before)]
    pads = [(0, 0), *zip(before, after), (0, 0)]
    x = np.pad(x, pads, constant_values=value)
    return function(x, *weights, **{**options, "padding": "valid"})


def crop_at(
    function,
    strides,
    span,
    value,
    before,
    x,
    /,
    *weights,
    bias=0,
    activation=linear,
    **options,
):
    """Return what a transposed convolution makes, cropped as told; value is
    for what is behind its end."""
    lengths = [n * step for n, step in zip(x.shape[1:-1], strides)]
    y = function(x, *weights, **{**options, "padding": "valid"})
    pads = [(0, 0), *((0, n) for n in lengths), (0, 0)]
    y = np.pad(y, pads, constant_values=value)
    y = y[:, *(slice(b, b + n) for b, n in zip(before, lengths))]
    return activation(y + bias)


# -- Pixels


def mistaken_pixels(scene):
    """Yield resizing that takes its pixels from other places."""
    old, new = scene.x.shape[1:3], scene.expected.shape[1:3]
    if len(scene.expected.shape) != 4 or min(new) < 2:
        return
    corners = [(n - 1) / (m - 1) for n, m in zip(old, new)]
    ratios = [n / m for n, m in zip(old, new)]
    half = [(ratio - 1) / 2 for ratio in ratios]
    for steps, starts, is_near, text in (
        (corners, (0, 0), False, "lets the corners meet (align_corners)"),
        (ratios, (0, 0), False, "takes pixels half a pixel away"),
        (ratios, half, False, "interpolates between pixels"),
        (corners, (0, 0), True, "lets the corners meet (align_corners)"),
        (ratios, (-0.5, -0.5), True, "takes the nearest pixel below"),
        (ratios, half, True, "takes the nearest pixel"),
    ):
        places = [
            np.arange(count) * step + start
            for count, step, start in zip(new, steps, starts)
        ]
        function = functools.partial(take_at, places, is_near)
        yield Mistake(
            text,
            f"the port {text}: take pixels at their middles, as the model's "
            "interpolation does",
            functools.partial(put_instead, function),
        )


def take_at(places, is_near, x):
    """Return pixels at other places, interpolated along lines, or the
    nearest."""
    for axis, place in enumerate(places, start=1):
        last = x.shape[axis] - 1
        place = np.clip(place, 0, last)
        low = np.floor(place + 0.5 if is_near else place).astype(int)
        low = np.minimum(low, last)
        if is_near:
            x = x.take(low, axis)
            continue
        shape = [1] * x.ndim
        shape[axis] = -1
        part = (place - low).reshape(shape).astype(x.dtype)
        high = np.minimum(low + 1, last)
        x = x.take(low, axis) * (1 - part) + x.take(high, axis) * part
    return x
