"""Operators between tensors: +, [...], and the functions of keras.ops."""

import functools
import math
from typing import get_args

import numpy as np

from keras_by_hand.activations import erfc, leaky_relu, relu, relu6
from keras_by_hand.layers.convolution import (
    conv1d,
    conv2d,
    conv3d,
    depthwise_conv1d,
    depthwise_conv2d,
    separable_conv1d,
    separable_conv2d,
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
from keras_by_hand.layers.preprocessing import resizing
from keras_by_hand.models.config import compute_dtype, snake_case
from keras_by_hand.models.errors import CannotRun, refusing
from keras_by_hand.models.layers.layer import Layer
from keras_by_hand.models.layers.preprocessing import rounded_as
from keras_by_hand.models.limits import (
    bounded,
    check_size,
    size_of_einsum,
)
from keras_by_hand.models.notes import BIAS, SPARSEMAX, is_taken_for_bias
from keras_by_hand.models.operators.image import (
    crop_images,
    depth_to_space,
    extract_patches,
    pad_images,
    rgb_to_grayscale,
    space_to_depth,
)
from keras_by_hand.models.operators.norm import (
    batch_norm,
    dot_product_attention,
    layer_norm,
    rms_norm,
)
from keras_by_hand.models.operators.signal import (
    bincount,
    extract_sequences,
    fft,
    fft2,
    ifft2,
    irfft,
    rfft,
    search_sorted,
    segment_max,
    segment_min,
    segment_prod,
    segment_sum,
    slice_of,
    stft,
)
from keras_by_hand.models.tensors import (
    Tensor,
    arrays_of,
    each,
    flat,
    in_dtype,
    speaks_numpy,
)
from keras_by_hand.names import ACTIVATIONS
from keras_by_hand.precision import bfloat16, float16
from keras_by_hand.shapes import DataFormat
from keras_by_hand.tracing.tape import NoGradient, plain

# Functions whose names and answers NumPy has, too, by what Keras does with
# dtypes of whole numbers, which NumPy makes float64 or int64.
ALIKE = (  # leaves them as they are
    "absolute all amax amin any array_split broadcast_to copy cross diag "
    "diagflat diagonal diff dsplit expand_dims flip fliplr flipud full_like "
    "hsplit isfinite isinf isnan isneginf isposinf logical_and logical_not "
    "logical_or logical_xor max min moveaxis nan_to_num nanmax nanmin negative "
    "ones_like pad ptp ravel repeat roll rot90 sign signbit split "
    "squeeze swapaxes take take_along_axis transpose tril triu trunc vsplit "
    "zeros_like"
)
IN_FLOATS = (  # makes float32 of them
    "arccos arccosh arcsin arcsinh arctan arctan2 arctanh average cbrt ceil "
    "cos cosh deg2rad divide exp exp2 expm1 floor heaviside hypot linspace "
    "log log10 log1p log2 logaddexp logaddexp2 mean median nanmean nanstd "
    "nanvar percentile rad2deg reciprocal sin sinc sinh sqrt std tan tanh "
    "true_divide var"
)
JOINED = (  # brings all that is given to one dtype
    "add append bitwise_and bitwise_not bitwise_or bitwise_xor concatenate dot "
    "dstack equal floor_divide fmax fmin greater greater_equal "
    "hstack less less_equal matmul maximum minimum multiply "
    "not_equal outer power stack subtract tensordot vdot vstack where"
)
SUMMED = "nanprod nansum prod sum trace"  # adds up small ones in 32 bits
RUNNING = "cumprod cumsum nancumprod nancumsum"  # keeps the dtype
PLACES = "argmax argmin count_nonzero digitize"  # returns int32
ROUNDED_TO = {"float16": float16, "bfloat16": bfloat16}
OF_NUMPY = {"xs": "arrays"}


# -- Dtypes


def as_float(x):
    """Return whole numbers in float32."""
    return in_dtype(x, "float32", "biu")


def in_floats(function):
    """Return a function that computes with whole numbers in float32."""

    @functools.wraps(function)
    def compute(*args, **options):
        options = {name: as_float(value) for name, value in options.items()}
        return function(*map(as_float, args), **options)

    return compute


def in_its_dtype(function):
    """Return a function that answers in the dtype of x."""

    @functools.wraps(function)
    def compute(x, *args, **options):
        return function(x, *args, **options).astype(x.dtype, copy=False)

    return compute


def joint_dtype(values):
    """Return the dtype to which Keras brings arrays and numbers."""
    arrays = [value for value in values if speaks_numpy(value)]
    numbers = [value for value in values if isinstance(value, int | float)]
    floats = [array.dtype for array in arrays if array.dtype.kind == "f"]
    if floats:
        return np.result_type(*floats)
    dtype = np.result_type(*arrays)
    if any(isinstance(number, float) for number in numbers):
        return np.dtype("float32")
    is_whole = any(not isinstance(number, bool) for number in numbers)
    return np.dtype("int32") if is_whole and dtype.kind == "b" else dtype


def joined_dtype(function):
    """Return a function that brings all that it is given by place to one dtype,
    but for booleans that choose."""
    choosing = function is np.where

    @functools.wraps(function)
    def compute(*args, **options):
        chosen, args = list(args[:choosing]), list(args[choosing:])
        dtype = joint_dtype(
            [value for value in flat(args) if value is not None]
        )

        def joined(value):
            if speaks_numpy(value):
                return value.astype(dtype, copy=False)
            is_number = isinstance(value, int | float)
            return np.asarray(value, dtype) if is_number else value

        return function(*chosen, *each(joined, args), **options)

    return compute


def summed(function):
    """Return a function that adds up whole numbers of less than 32 bits in 32,
    and others in theirs, in which they may wrap."""

    @functools.wraps(function)
    def compute(x, *args, **options):
        if options.pop("dtype", None) is not None:
            raise CannotRun("Keras drops its dtype in a model")
        if x.dtype.kind in "biu" and x.dtype.itemsize < 4:
            x = x.astype("uint32" if x.dtype.kind == "u" else "int32")
        return function(x, *args, dtype=x.dtype, **options)

    return compute


def running(function):
    """Return a function that keeps the dtype, but makes int32 of booleans."""

    @functools.wraps(function)
    def compute(x, axis=None, dtype=None):
        x = in_dtype(x, "int32", "b") if dtype is None else cast(x, dtype)
        return function(x, axis, dtype=x.dtype)

    return compute


def in_places(function):
    """Return a function whose places or counts are int32."""

    @functools.wraps(function)
    def compute(*args, **options):
        return np.asarray(function(*args, **options)).astype("int32")

    return compute


def of_numpy(names, wrap=None):
    """Return functions of NumPy by their names, each wrapped."""
    functions = {name: getattr(np, name) for name in names.split()}
    return {n: wrap(f) if wrap else f for n, f in functions.items()}


# -- What NumPy has not, or otherwise


def by_rank(*functions):
    """Return a function that calls the one for as many axes of space as x has:
    functions are those for one axis, two, and so on."""

    @functools.wraps(functions[0])
    def call(x, *args, **options):
        if not 3 <= x.ndim < 3 + len(functions):
            raise CannotRun(f"an input of {x.ndim} axes is not known here")
        return functions[x.ndim - 3](x, *args, **options)

    return call


def get_item(x, key):
    return x[tuple(key) if isinstance(key, list) else key]


def einsum(*operands, subscripts):
    check_size(size_of_einsum(subscripts, *operands))
    dtype = joint_dtype(operands)
    return np.einsum(subscripts, *[x.astype(dtype) for x in operands])


def clip(x, x_min, x_max):
    return joined_dtype(np.clip)(x, x_min, x_max)


def inner(x1, x2):
    if joint_dtype([x1, x2]).itemsize < 4:
        raise CannotRun("whole numbers of less than 32 bits are not known here")
    return joined_dtype(np.inner)(x1, x2)


def with_remainder(function):
    """Return a function of two, of which a number in Python is int32."""

    @functools.wraps(function)
    def compute(*args):
        return joined_dtype(function)(
            *[np.int32(x)[...] if isinstance(x, int) else x for x in args]
        )

    return compute


def no_booleans(function):
    """Return a function that makes int32 of booleans."""

    @functools.wraps(function)
    def compute(x, *args, **options):
        return function(in_dtype(x, "int32", "b"), *args, **options)

    return compute


def select(condlist, choicelist, default=0):
    dtype = joint_dtype(choicelist)
    if isinstance(default, float) and dtype.kind != "f":
        raise CannotRun("a fraction among whole numbers is not known here")
    choices = [x.astype(dtype) for x in choicelist]
    return np.select(condlist, choices, np.asarray(default, dtype))


def argsort(x, axis=-1):
    return np.argsort(x, axis, kind="stable").astype("int32")


def sort(x, axis=-1):
    return np.sort(x, axis)


def isclose(x1, x2, rtol=1e-5, atol=1e-8, equal_nan=False):
    if joint_dtype([x1, x2]).kind != "f":
        return np.equal(x1, x2)  # as Keras does with whole numbers
    return np.isclose(x1, x2, rtol, atol, equal_nan)


def quantile(x, q, axis=None, method="linear", keepdims=False):
    if method != "linear":
        raise CannotRun(f"Keras drops method={method!r} in a model")
    x = as_float(x)
    return np.quantile(x, np.asarray(q, x.dtype), axis, keepdims=keepdims)


def tile(x, repeats):
    check_size(x.size * math.prod(np.atleast_1d(repeats).tolist()))
    return np.tile(x, repeats)


def without_nans(find, worst):
    """Return a function that finds places where NaN counts as the worst number;
    -1 where all are NaN."""

    @functools.wraps(find)
    def compute(x, axis=None, keepdims=False):
        if x.dtype.kind != "f":
            return find(x, axis, keepdims=keepdims)
        is_nan = np.isnan(x)
        places = find(np.where(is_nan, worst, x), axis, keepdims=keepdims)
        return np.where(is_nan.all(axis, keepdims=keepdims), -1, places)

    return in_places(compute)


def cast(x, dtype):
    """Cast as Keras does: to 16 bits it rounds, here to numbers of float32."""
    if dtype in ROUNDED_TO or not speaks_numpy(x):
        x = ROUNDED_TO.get(dtype, np.asarray)(x)
    return x.astype(compute_dtype(dtype))


def convert_to_tensor(x, dtype=None, **others):
    return x if dtype is None else cast(x, dtype)


def stop_gradient(x):
    return plain(x)


def unstack(x, num=None, axis=0):
    return [np.take(x, i, axis) for i in range(x.shape[axis])]


def one_hot(x, num_classes, axis=-1, dtype="float32", sparse=False):
    """x: whole numbers. Those that are no class have zeros."""
    check_size(x.size * num_classes)
    x = np.expand_dims(x, axis if axis >= 0 else x.ndim + 1 + axis)
    classes = np.expand_dims(
        np.arange(num_classes), [a for a in range(x.ndim) if a]
    )
    return cast(np.moveaxis(classes, 0, axis) == x, dtype)


def multi_hot(x, num_classes, axis=-1, dtype="float32", sparse=False):
    # Along the second axis where there is one, else along the only one.
    return one_hot(x, num_classes, axis, dtype).max(min(x.ndim - 1, 1))


def norm(x, ord=None, axis=None, keepdims=False):
    return np.linalg.norm(as_float(x), ord, axis, keepdims)


def normalize(x, axis=-1, order=2, epsilon=None):
    x = as_float(x)
    size = np.linalg.norm(x, order, axis, keepdims=True)
    return x / np.maximum(size, 1e-7 if epsilon is None else epsilon)


def moments(x, axes, keepdims=False, synchronized=False):
    if x.dtype.kind != "f":
        raise CannotRun("moments of whole numbers are not known here")
    return np.mean(x, axes, keepdims=keepdims), np.var(
        x, axes, keepdims=keepdims
    )


def erf(x):
    return np.vectorize(math.erf, otypes=[np.result_type(x, 0.0)])(x)


def rsqrt(x):
    return 1 / np.sqrt(x)


def logsumexp(x, axis=None, keepdims=False):
    largest = np.max(x, axis, keepdims=True)
    y = np.log(np.sum(np.exp(x - largest), axis, keepdims=True)) + largest
    return y if keepdims else np.squeeze(y, axis)


def top_k(x, k, sorted=True):
    if not sorted:
        raise CannotRun("the order of sorted=False is not known here")
    last = x.shape[-1] - 1  # backwards, so that of equals the first comes first
    order = last - np.argsort(x[..., ::-1], axis=-1, kind="stable")[..., ::-1]
    order = order[..., :k]
    return np.take_along_axis(x, order, -1), order.astype("int32")


def max_pool(x, pool_size, **options):
    pool = by_rank(*map(bounded, (max_pooling1d, max_pooling2d, max_pooling3d)))
    y = pool(x, pool_size=pool_size, **options)
    return y.astype(x.dtype)


def image_resize(x, size, **options):
    height, width = size
    y = bounded(resizing)(x, height=height, width=width, **options)
    return rounded_as(x, y)


# Among activations.
NO_OPERATORS = "exponential hard_swish linear mish swish tanh".split()

# By their modules. Only these: a file must not reach what else NumPy can do,
# such as read other files.
OPERATORS = {
    "keras.src.ops.numpy": {
        "get_item": get_item,
        "einsum": einsum,
        "tile": tile,
        "argsort": argsort,
        "clip": clip,
        "fmod": with_remainder(np.fmod),
        "inner": inner,
        "mod": with_remainder(np.mod),
        "round": no_booleans(np.round),
        "select": select,
        "square": no_booleans(np.square),
        "isclose": isclose,
        "nanargmax": without_nans(np.argmax, -np.inf),
        "nanargmin": without_nans(np.argmin, np.inf),
        "quantile": quantile,
        # NumPy 2.1 has another name for the shape.
        "reshape": lambda x, newshape: np.reshape(x, newshape),
        "sort": sort,
        "bincount": bincount,
        "search_sorted": search_sorted,
        **of_numpy(ALIKE),
        **of_numpy(IN_FLOATS, in_floats),
        **of_numpy(JOINED, joined_dtype),
        **of_numpy(SUMMED, summed),
        **of_numpy(RUNNING, running),
        **of_numpy(PLACES, in_places),
    },
    "keras.src.ops.core": {
        "cast": cast,
        "convert_to_tensor": convert_to_tensor,
        "slice": slice_of,
        "stop_gradient": stop_gradient,
        "unstack": unstack,
    },
    "keras.src.ops.math": {
        "erfc": in_floats(erfc),
        "extract_sequences": extract_sequences,
        "fft": fft,
        "fft2": fft2,
        "ifft2": ifft2,
        "irfft": irfft,
        "rfft": rfft,
        "segment_max": segment_max,
        "segment_min": segment_min,
        "segment_prod": segment_prod,
        "segment_sum": segment_sum,
        "stft": stft,
        "erf": erf,
        "logsumexp": logsumexp,
        "rsqrt": rsqrt,
        "top_k": top_k,
    },
    "keras.src.ops.linalg": {
        "det": np.linalg.det,
        "inv": np.linalg.inv,
        "norm": norm,
        "solve": np.linalg.solve,
    },
    "keras.src.ops.nn": {
        **{n: f for n, f in ACTIVATIONS.items() if n not in NO_OPERATORS},
        "leaky_relu": in_floats(leaky_relu),
        "relu": in_its_dtype(relu),
        "relu6": in_its_dtype(relu6),
        "adaptive_average_pool": by_rank(
            adaptive_average_pooling1d,
            adaptive_average_pooling2d,
            adaptive_average_pooling3d,
        ),
        "adaptive_max_pool": in_its_dtype(
            by_rank(
                adaptive_max_pooling1d,
                adaptive_max_pooling2d,
                adaptive_max_pooling3d,
            )
        ),
        "average_pool": by_rank(
            average_pooling1d, average_pooling2d, average_pooling3d
        ),
        "batch_norm": batch_norm,
        "conv": by_rank(conv1d, conv2d, conv3d),
        "depth_to_space": depth_to_space,
        "depthwise_conv": by_rank(depthwise_conv1d, depthwise_conv2d),
        "dot_product_attention": dot_product_attention,
        "layer_norm": layer_norm,
        "max_pool": max_pool,
        "moments": moments,
        "multi_hot": multi_hot,
        "normalize": normalize,
        "one_hot": one_hot,
        "rms_norm": rms_norm,
        "separable_conv": by_rank(separable_conv1d, separable_conv2d),
        "space_to_depth": space_to_depth,
    },
    "keras.src.ops.image": {
        "crop_images": crop_images,
        "extract_patches": extract_patches,
        "pad_images": pad_images,
        "resize": image_resize,
        "rgb_to_grayscale": rgb_to_grayscale,
    },
}


def check_data_format(data_format=None, **others):
    """Raise CannotRun for what is none, as functions and limits read it."""
    if data_format not in (*get_args(DataFormat), None):
        raise CannotRun(
            "data_format must be 'channels_last' or 'channels_first', "
            f"not {data_format!r}"
        )


class Operator(Layer):
    """An operation between tensors, such as +: it has no weights or masks."""

    def check_config(self):
        pass  # its keys are arguments of the function, which refuses others

    def prepare(self, build):
        of_module = OPERATORS.get(self.module, {})
        name = snake_case(self.kind)
        if name not in of_module:
            raise CannotRun("no function of this file computes this operator")
        self.function = refusing(bounded(of_module[name]))
        if name == "sparsemax":
            self.note(SPARSEMAX)

    def call(self, args, keywords):
        options = {
            OF_NUMPY.get(name, name): tuple(value)
            if isinstance(value, list)
            else value
            for name, value in (self.config | arrays_of(keywords)).items()
            if name != "name"
        }
        args = arrays_of(args)
        arrays = [x for x in args if speaks_numpy(x)]
        if (
            self.kind == "Add"
            and len(arrays) == 2
            and is_taken_for_bias(*arrays)
        ):
            self.note(BIAS.format("the second"))
        try:
            check_data_format(**options)
            y = self.function(*args, **options)
        except (CannotRun, NoGradient) as error:
            raise self.refusal(error) from None
        # A mean of all is a scalar in NumPy: it would have no dtype of its own.
        return each(
            lambda y: Tensor(y if speaks_numpy(y) else np.asarray(y)), y
        )
