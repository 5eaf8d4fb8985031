"""Operators between tensors: +, [...], and the functions of keras.ops."""

import math

import numpy as np

from keras_by_hand.layers.convolution import (
    conv,
    conv_transpose,
    depthwise_conv,
    separable_conv,
)
from keras_by_hand.layers.pooling import average_pooling, max_pooling
from keras_by_hand.layers.preprocessing import resizing
from keras_by_hand.models.activations import ACTIVATIONS
from keras_by_hand.models.config import snake_case
from keras_by_hand.models.errors import CannotRun, refusing
from keras_by_hand.models.layer import Layer
from keras_by_hand.models.tensors import Tensor, arrays_of, each

ALIKE = (  # their names in NumPy, which computes the same
    "abs absolute add all amax amin any append arange arccos arccosh arcsin "
    "arcsinh arctan arctan2 arctanh argmax argmin argsort array_split average "
    "bitwise_and bitwise_not bitwise_or bitwise_xor broadcast_to cbrt ceil "
    "clip concatenate copy cos cosh count_nonzero cross cumprod cumsum "
    "deg2rad diagonal diff digitize divide dot equal exp exp2 expand_dims "
    "expm1 flip floor floor_divide fmod full_like greater greater_equal "
    "hstack hypot inner isclose isfinite isinf isnan less less_equal linspace "
    "log log10 log1p log2 logaddexp logical_and logical_not logical_or "
    "logical_xor matmul max maximum mean median min minimum mod moveaxis "
    "multiply nan_to_num nanmax nanmean nanmin nansum negative not_equal "
    "ones_like outer pad percentile power prod ptp quantile rad2deg ravel "
    "reciprocal repeat reshape roll rot90 round select sign sin sinc sinh "
    "sort split sqrt square squeeze stack std subtract sum swapaxes take "
    "take_along_axis tan tanh tensordot trace transpose tril triu true_divide "
    "trunc var vstack where zeros_like"
)
OF_NUMPY = {
    "newshape": "shape",
    "x_min": "a_min",
    "x_max": "a_max",
    "xs": "arrays",
}


def get_item(x, key):
    return x[tuple(key) if isinstance(key, list) else key]


def einsum(*operands, subscripts):
    return np.einsum(subscripts, *operands)


def tile(x, repeats):
    return np.tile(x, repeats)


def cast(x, dtype):
    return x.astype("float64" if "float" in dtype else dtype)


def convert_to_tensor(x, dtype=None, **others):
    return x if dtype is None else cast(x, dtype)


def stop_gradient(x):
    return x


def unstack(x, num=None, axis=0):
    return [np.take(x, i, axis) for i in range(x.shape[axis])]


def one_hot(x, num_classes, axis=-1, dtype="float32", sparse=False):
    """x: whole numbers. Those that are no class have zeros."""
    x = np.expand_dims(x, axis if axis >= 0 else x.ndim + 1 + axis)
    classes = np.expand_dims(
        np.arange(num_classes), [a for a in range(x.ndim) if a]
    )
    return cast(np.moveaxis(classes, 0, axis) == x, dtype)


def multi_hot(x, num_classes, axis=-1, dtype="float32", sparse=False):
    return one_hot(x, num_classes, axis, dtype).max(1)


def norm(x, ord=None, axis=None, keepdims=False):
    return np.linalg.norm(x, ord, axis, keepdims)


def normalize(x, axis=-1, order=2, epsilon=None):
    size = np.linalg.norm(x, order, axis, keepdims=True)
    return x / np.maximum(size, 1e-7 if epsilon is None else epsilon)


def moments(x, axes, keepdims=False, synchronized=False):
    return np.mean(x, axes, keepdims=keepdims), np.var(
        x, axes, keepdims=keepdims
    )


def erf(x):
    return np.vectorize(math.erf, otypes=[float])(x)


def rsqrt(x):
    return 1 / np.sqrt(x)


def logsumexp(x, axis=None, keepdims=False):
    largest = np.max(x, axis, keepdims=True)
    y = np.log(np.sum(np.exp(x - largest), axis, keepdims=True)) + largest
    return y if keepdims else np.squeeze(y, axis)


def top_k(x, k, sorted=True):
    order = np.argsort(-x, axis=-1, kind="stable")[..., :k]
    return np.take_along_axis(x, order, -1), order


def image_resize(x, size, **options):
    return resizing(x, height=size[0], width=size[1], **options)


# By their modules. Only these: a file must not reach what else NumPy can do,
# such as read other files.
OPERATORS = {
    "keras.src.ops.numpy": {
        "get_item": get_item,
        "einsum": einsum,
        "tile": tile,
        **{name: getattr(np, name) for name in ALIKE.split()},
    },
    "keras.src.ops.core": {
        "cast": cast,
        "convert_to_tensor": convert_to_tensor,
        "stop_gradient": stop_gradient,
        "unstack": unstack,
    },
    "keras.src.ops.math": {
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
        **ACTIVATIONS,
        "average_pool": average_pooling,
        "conv": conv,
        "conv_transpose": conv_transpose,
        "depthwise_conv": depthwise_conv,
        "max_pool": max_pooling,
        "moments": moments,
        "multi_hot": multi_hot,
        "normalize": normalize,
        "one_hot": one_hot,
        "separable_conv": separable_conv,
    },
    "keras.src.ops.image": {"resize": image_resize},
}


class Operator(Layer):
    """An operation between tensors, such as +: it has no weights or masks."""

    def prepare(self, build):
        of_module = OPERATORS.get(self.module, {})
        name = snake_case(self.kind)
        if name not in of_module:
            raise CannotRun("no function of this file computes this operator")
        self.function = refusing(of_module[name])

    def call(self, args, keywords):
        options = {
            OF_NUMPY.get(name, name): tuple(value)
            if isinstance(value, list)
            else value
            for name, value in (self.config | arrays_of(keywords)).items()
            if name != "name"
        }
        try:
            y = self.function(*arrays_of(args), **options)
        except CannotRun as error:
            raise self.refusal(error) from None
        return each(Tensor, y) if isinstance(y, list | tuple) else Tensor(y)
