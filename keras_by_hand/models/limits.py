"""How many numbers a layer may make: no more than in proportion to the inputs
and the weights of a model, whatever its config asks for."""

import contextlib
import contextvars
import functools
import math

import numpy as np

from keras_by_hand.layers.convolution import (
    conv1d,
    conv1d_transpose,
    conv2d,
    conv2d_transpose,
    conv3d,
    conv3d_transpose,
    depthwise_conv1d,
    depthwise_conv2d,
    separable_conv1d,
    separable_conv2d,
)
from keras_by_hand.layers.dense import einsum_dense
from keras_by_hand.layers.merging import (
    add,
    average,
    concatenate,
    dot,
    maximum,
    minimum,
    multiply,
    subtract,
)
from keras_by_hand.layers.pooling import (
    adaptive_average_pooling1d,
    adaptive_average_pooling2d,
    adaptive_average_pooling3d,
    adaptive_max_pooling1d,
    adaptive_max_pooling2d,
    adaptive_max_pooling3d,
    average_pooling1d,
    average_pooling2d,
    average_pooling3d,
    max_pooling1d,
    max_pooling2d,
    max_pooling3d,
)
from keras_by_hand.layers.preprocessing import (
    category_encoding,
    center_crop,
    discretization,
    resizing,
)
from keras_by_hand.layers.reshaping import (
    before_and_after,
    repeat_vector,
    up_sampling1d,
    up_sampling2d,
    up_sampling3d,
    zero_padding1d,
    zero_padding2d,
    zero_padding3d,
)
from keras_by_hand.layers.text import (
    integer_lookup,
    string_lookup,
    text_vectorization,
)
from keras_by_hand.models.errors import CannotRun

ALWAYS = 2**23  # numbers that a layer may make in any model
GROWTH = 256  # and for each number in the inputs and weights

limit = contextvars.ContextVar("limit", default=math.inf)


@contextlib.contextmanager
def limited(numbers):
    """Let no function that is bounded make more numbers than a model may that
    has so many in its inputs and weights."""
    token = limit.set(max(ALWAYS, GROWTH * numbers))
    try:
        yield
    finally:
        limit.reset(token)


def numbers_in(y):
    """Return how many numbers nested lists hold."""
    inner = isinstance(y, list | tuple)
    return sum(map(numbers_in, y)) if inner else np.size(y)


def check_size(numbers):
    """Raise CannotRun for more numbers than may be made."""
    if numbers > limit.get():
        raise CannotRun(
            f"it would make {int(numbers):,} numbers; of inputs and weights "
            f"as small as these, it may make {limit.get():,}"
        )


@functools.cache
def bounded(function):
    """Return a function of the library that raises CannotRun rather than make
    more numbers than may be: before, where its arguments tell how many it would
    make, and else afterwards, before others make more of them."""
    estimate = find_estimate(function)

    @functools.wraps(function)
    def call(*args, **keywords):
        if limit.get() == math.inf:
            return function(*args, **keywords)
        if estimate:
            check_size(estimate(*args, **keywords))
        y = function(*args, **keywords)
        check_size(numbers_in(y))
        return y

    return call


def find_estimate(function):
    """Return what tells how many numbers a function makes, or one that it is
    around; None where nothing does."""
    while function is not None:
        if function in ESTIMATES:
            return ESTIMATES[function]
        if isinstance(function, np.ufunc) and not function.signature:
            return size_of_ufunc
        function = getattr(function, "__wrapped__", None)
    return None


# -- How many numbers a function makes at most, from its arguments


def entries(value, rank):
    """Return one number for each of rank axes."""
    return np.broadcast_to(value, rank).tolist()


def split_axes(x, data_format):
    """Return the lengths of the axes of space, and the product of the others:
    samples and channels."""
    space = x.shape[2:] if data_format == "channels_first" else x.shape[1:-1]
    return space, x.size / max(math.prod(space), 1)


def size_of_ufunc(*args, **others):
    return math.prod(np.broadcast_shapes(*map(np.shape, args)))


def size_of_merging(inputs):
    ranks = max(map(np.ndim, inputs))
    shapes = [
        (x.shape[0], *[1] * (ranks - x.ndim), *x.shape[1:]) for x in inputs
    ]
    return len(inputs) * math.prod(np.broadcast_shapes(*shapes))


def size_of_list(*arrays, **options):
    return sum(np.size(x) for held in arrays for x in held)


def size_of_product(a, b):
    """Of np.dot: each row of a with each column of b."""
    rows, columns = np.shape(a)[:-1], np.shape(b)
    summed = columns[-2:-1] or columns
    return math.prod(rows) * math.prod(columns) / max(math.prod(summed), 1)


def size_of_products(a, b):
    """Of np.matmul: matrices, in pairs."""
    a, b = np.shape(a), np.shape(b)
    pairs = np.broadcast_shapes(a[:-2], b[:-2])
    return math.prod(pairs) * math.prod(a[-2:-1] + b[1:][-1:])


def size_of_outer(a, b):
    return np.size(a) * np.size(b)


def size_of_dot(inputs, *, axes, **others):
    lengths = [x.shape[a] for x, a in zip(inputs, entries(axes, 2))]
    sizes = [x.size / max(n, 1) for x, n in zip(inputs, lengths)]
    return math.prod(sizes) / max(len(inputs[0]), 1)


def size_of_repeats(x, repeats, *others, **options):
    times = np.max(repeats, initial=0)
    return np.size(x) * int(times)


def size_of_padded(x, pad_width, *others, **options):
    pairs = np.broadcast_to(pad_width, (x.ndim, 2)).tolist()
    return math.prod(n + sum(pair) for n, pair in zip(x.shape, pairs))


def size_of_linspace(start, stop, num=50, *others, **options):
    return size_of_ufunc(start, stop) * num


def size_of_parts(x, indices_or_sections, *others, **options):
    return np.max(indices_or_sections, initial=0)


def size_of_codes(x, count_weights=None, *, num_tokens, **others):
    return np.size(x) * num_tokens


def size_of_bins(x, *, bin_boundaries, output_mode="int", **others):
    classes = 1 if output_mode == "int" else len(bin_boundaries) + 1
    return np.size(x) * classes


def size_of_lookup(
    x,
    *,
    vocabulary,
    max_tokens=None,
    num_oov_indices=1,
    output_mode="int",
    **others,
):
    """With the special tokens: those of unknown words, and one of a mask."""
    tokens = len(vocabulary) + num_oov_indices + 1
    depth = 1 if output_mode == "int" else max(tokens, max_tokens or 0)
    return np.size(x) * depth + num_oov_indices


def size_of_vectors(x, *, ngrams=None, output_sequence_length=None, **others):
    """In letters: what all runs of words have, or all rows when padded; and the
    lengths of runs that are tried for each text."""
    x = np.asarray(x)
    letters = max(x.dtype.itemsize // 4, 1)  # of the longest text
    most = ngrams if isinstance(ngrams, int) else np.max(ngrams or 1)
    longest = min(int(most), letters)
    length = max(output_sequence_length or 0, letters * longest)
    tried = x.size * (length * longest + int(most))
    return size_of_lookup(x, **others) + tried


def size_of_repeated_vector(x, *, n):
    return x.size * n


def size_of_repeated_entries(x, *, size=2, data_format=None, **others):
    space, _ = split_axes(x, data_format)
    return x.size * math.prod(entries(size, len(space)))


def size_with_zeros(x, *, padding=1, data_format="channels_last"):
    space, others = split_axes(x, data_format)
    pairs = before_and_after(padding, len(space))
    return others * math.prod(n + sum(p) for n, p in zip(space, pairs))


def size_of_resized(
    x, *, height, width, data_format=None, pad_to_aspect_ratio=False, **others
):
    """Of the image, and of the weights of all old pixels in all new ones."""
    *_, h, w = x.shape if data_format == "channels_first" else x.shape[:-1]
    rest = x.size / max(h * w, 1)
    if pad_to_aspect_ratio:
        h, w = max(h, w * height / width), max(w, h * width / height)
    return rest * max(h, height) * max(w, width) + h * height + w * width


def size_of_adaptive(x, *, output_size, data_format="channels_last"):
    space, others = split_axes(x, data_format)
    lengths = zip(space, entries(output_size, len(space)))
    return others * math.prod(max(pair) for pair in lengths)


def size_of_pooled(x, pool_size=2, padding="valid", **others):
    """Of x when it is padded."""
    space, rest = split_axes(x, others.get("data_format"))
    more = entries(0 if padding == "valid" else pool_size, len(space))
    return rest * math.prod(n + size for n, size in zip(space, more))


def size_of_convolved(
    x, kernel, *_, padding="valid", dilation_rate=1, **others
):
    """Of x when it is padded."""
    space, _ = split_axes(x, others.get("data_format"))
    rates = entries(dilation_rate, len(space))
    span = [size * rate for size, rate in zip(kernel.shape, rates)]
    size = 0 if padding == "valid" else span
    return size_of_pooled(x, pool_size=size, padding="same", **others)


def size_of_transposed(
    x, kernel, *_, strides=1, dilation_rate=1, output_padding=None, **others
):
    space, rest = split_axes(x, others.get("data_format"))
    rank = len(space)
    spans = [
        size * rate + more
        for size, rate, more in zip(
            kernel.shape,
            entries(dilation_rate, rank),
            entries(output_padding or 0, rank),
        )
    ]
    lengths = zip(space, entries(strides, rank), spans)
    filters = kernel.shape[-2] / max(kernel.shape[-1], 1)
    return rest * filters * math.prod(n * step + s for n, step, s in lengths)


def size_of_separable(x, depthwise_kernel, *_, **others):
    return size_of_convolved(x, depthwise_kernel, **others)


def size_of_einsum(equation, *operands):
    """Of the result; of axes without a letter, the largest."""
    inputs, arrow, result = equation.replace(" ", "").partition("->")
    result = result if arrow else set(inputs)
    lengths, unnamed = {}, [1]
    for term, x in zip(inputs.split(","), operands):
        before, dots, after = term.partition("...")
        first, last = len(before), np.ndim(x) - len(after)
        shape = np.shape(x)
        lengths |= zip(before + after, shape[:first] + shape[last:])
        unnamed.append(math.prod(shape[first:last]) if dots else 1)
    return max(unnamed) * math.prod(lengths.get(c, 1) for c in result)


def size_of_einsum_dense(x, kernel, *_, equation, **others):
    return size_of_einsum(equation, x, kernel)


ESTIMATES: dict = {
    **dict.fromkeys(
        (
            add,
            subtract,
            multiply,
            average,
            maximum,
            minimum,
        ),
        size_of_merging,
    ),
    **dict.fromkeys(
        (
            concatenate,
            np.append,
            np.concatenate,
            np.hstack,
            np.stack,
            np.vstack,
        ),
        size_of_list,
    ),
    **dict.fromkeys(
        (conv1d, conv2d, conv3d, depthwise_conv1d, depthwise_conv2d),
        size_of_convolved,
    ),
    **dict.fromkeys(
        (conv1d_transpose, conv2d_transpose, conv3d_transpose),
        size_of_transposed,
    ),
    einsum_dense: size_of_einsum_dense,
    dot: size_of_dot,
    **dict.fromkeys(
        (
            adaptive_average_pooling1d,
            adaptive_average_pooling2d,
            adaptive_average_pooling3d,
            adaptive_max_pooling1d,
            adaptive_max_pooling2d,
            adaptive_max_pooling3d,
        ),
        size_of_adaptive,
    ),
    **dict.fromkeys(
        (
            average_pooling1d,
            average_pooling2d,
            average_pooling3d,
            max_pooling1d,
            max_pooling2d,
            max_pooling3d,
        ),
        size_of_pooled,
    ),
    **dict.fromkeys(
        (up_sampling1d, up_sampling2d, up_sampling3d),
        size_of_repeated_entries,
    ),
    **dict.fromkeys(
        (zero_padding1d, zero_padding2d, zero_padding3d), size_with_zeros
    ),
    category_encoding: size_of_codes,
    center_crop: size_of_resized,
    discretization: size_of_bins,
    resizing: size_of_resized,
    repeat_vector: size_of_repeated_vector,
    separable_conv1d: size_of_separable,
    separable_conv2d: size_of_separable,
    integer_lookup: size_of_lookup,
    string_lookup: size_of_lookup,
    text_vectorization: size_of_vectors,
    np.array_split: size_of_parts,
    np.dot: size_of_product,
    np.linspace: size_of_linspace,
    np.matmul: size_of_products,
    np.outer: size_of_outer,
    np.pad: size_of_padded,
    np.repeat: size_of_repeats,
    np.split: size_of_parts,
}
