"""LoRA: layers with an update of low rank beside their weights."""

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.quantization import int8_dense, quantize_int8
from keras_by_hand.shapes import (
    as_arrays,
    as_raw_arrays,
    check_numbers,
    check_rank,
    check_shapes,
    check_tokens,
)


def _check_update(function, shape, a, b, lora_alpha):
    """a and b must make an update of this shape, that of a kernel."""
    check_shapes(function, a=(a, (*shape[:-1], "rank")))
    check_shapes(function, b=(b, (a.shape[-1], shape[-1])))
    if lora_alpha is not None:
        check_numbers(function, lora_alpha=lora_alpha)


def lora_embedding(
    x: ArrayLike,
    embeddings: ArrayLike,
    a: ArrayLike,
    b: ArrayLike,
    lora_alpha: float | None = None,
) -> np.ndarray:
    """An Embedding layer with LoRA (Hu et al., 2021, section 4.1).

    x: tokens, any shape, embeddings: (input_dim, output_dim), a: (input_dim,
    rank), b: (rank, output_dim). Returns (*x.shape, output_dim). By default
    alpha is the rank.

    Raises ValueError for other shapes, and for tokens of input_dim or more.

    >>> embeddings, a, b = [[10, 20], [30, 40]], [[1], [2]], [[5, 6]]
    >>> lora_embedding([1], embeddings, a, b)
    array([[40, 52]])
    """
    x, embeddings, a, b = as_arrays(
        lora_embedding, x=x, embeddings=embeddings, a=a, b=b
    )
    check_shapes(
        lora_embedding, embeddings=(embeddings, ("input_dim", "output_dim"))
    )
    check_tokens(lora_embedding, x, len(embeddings))
    _check_update(lora_embedding, embeddings.shape, a, b, lora_alpha)
    x = np.asarray(x).astype("int32")
    factor = 1 if lora_alpha is None else lora_alpha / len(b)
    return embeddings[x] + factor * (a[x] @ b)


def _check_lora(function, x, kernel, a, b, bias, lora_alpha):
    """Weights of a Dense layer with LoRA must fit to x and to each other."""
    check_rank(function, 2, x=x)
    check_shapes(function, kernel=(kernel, (x.shape[-1], "units")))
    check_shapes(function, bias=(bias, kernel.shape[1:]))
    _check_update(function, kernel.shape, a, b, lora_alpha)


def lora_dense(
    x: ArrayLike,
    kernel: ArrayLike,
    bias: ArrayLike | None,
    a: ArrayLike,
    b: ArrayLike,
    *,
    lora_alpha: float | None = None,
) -> np.ndarray:
    """A Dense layer with LoRA (Hu et al., 2021, section 4.1).

    x: (..., features), kernel: (features, units), bias: (units,) or None, a:
    (features, rank), b: (rank, units). Returns (..., units). By default alpha
    is the rank.

    Raises ValueError for other shapes.

    >>> x, kernel, bias = [[1, 2]], [[10, 0], [0, 10]], [0, 1]
    >>> lora_dense(x, kernel, bias, a=[[1], [1]], b=[[2, 3]])
    array([[16, 30]])
    """
    x, kernel, bias, a, b = as_arrays(
        lora_dense, x=x, kernel=kernel, bias=bias, a=a, b=b
    )
    _check_lora(lora_dense, x, kernel, a, b, bias, lora_alpha)
    factor = 1 if lora_alpha is None else lora_alpha / a.shape[-1]
    y = x @ kernel + factor * (x @ a @ b)
    return y if bias is None else y + bias


def lora_gradients(
    x: ArrayLike,
    a: ArrayLike,
    b: ArrayLike,
    y_gradient: ArrayLike,
    *,
    lora_alpha: float | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients of the bias, a and b (derived from Hu et al., 2021).

    x: (batch, features), a: (features, rank), b: (rank, units), y_gradient:
    (batch, units), the gradient of the loss at y. By default alpha is the rank.

    Raises ValueError for other shapes.

    >>> x, a, b, y_gradient = [[1, 2]], [[3], [4]], [[5]], [[10]]
    >>> of_bias, of_a, of_b = lora_gradients(x, a, b, y_gradient)
    >>> of_bias.tolist(), of_a.tolist(), of_b.tolist()
    ([10], [[50], [100]], [[110]])
    """
    x, a, b, y_gradient = as_arrays(
        lora_gradients, x=x, a=a, b=b, y_gradient=y_gradient
    )
    check_shapes(lora_gradients, x=(x, ("batch", "features")))
    check_shapes(lora_gradients, y_gradient=(y_gradient, (len(x), "units")))
    _check_update(
        lora_gradients, (x.shape[1], y_gradient.shape[1]), a, b, lora_alpha
    )
    factor = 1 if lora_alpha is None else lora_alpha / a.shape[-1]
    scaled_gradient = factor * x.T @ y_gradient  # G, (features, units)
    bias_gradient = np.sum(y_gradient, axis=0)
    return bias_gradient, scaled_gradient @ b.T, a.T @ scaled_gradient


def lora_penalty(a: ArrayLike, b: ArrayLike, l2: float = 0.01) -> np.floating:
    """The L2 penalty of a Dense layer with LoRA (Keras documentation, L2).

    a: (features, rank), b: (rank, units).

    Raises ValueError for other shapes, and for an l2 below 0.

    >>> print(lora_penalty(a=[[1], [2]], b=[[3, 0]], l2=0.5))
    7.0
    """
    a, b = as_arrays(lora_penalty, a=a, b=b)
    check_numbers(lora_penalty, 0, l2=l2)
    check_shapes(lora_penalty, a=(a, ("features", "rank")))
    check_shapes(lora_penalty, b=(b, (a.shape[-1], "units")))
    return l2 * np.sum(a**2) + l2 * np.sum(b**2)


def merge_lora(
    kernel: ArrayLike,
    a: ArrayLike,
    b: ArrayLike,
    *,
    lora_alpha: float | None = None,
) -> np.ndarray:
    """The kernel that a layer with LoRA computes with, and saves (Hu et al.,
    2021, section 4.1): of Dense, or of a convolution.

    kernel: (features, units) or (*size, in, filters), a: (..., rank), with the
    other axes of the kernel, b: (rank, units or filters). Returns the shape of
    the kernel. By default alpha is the rank.

    Raises ValueError for other shapes.

    >>> merge_lora(kernel=[[10, 20], [30, 40]], a=[[1], [2]], b=[[5, 6]])
    array([[15, 26],
           [40, 52]])
    """
    kernel, a, b = as_arrays(merge_lora, kernel=kernel, a=a, b=b)
    check_rank(merge_lora, 2, kernel=kernel)
    _check_update(merge_lora, kernel.shape, a, b, lora_alpha)
    factor = 1 if lora_alpha is None else lora_alpha / a.shape[-1]
    return kernel + factor * a @ b


def lora_int8_dense(
    x: ArrayLike,
    bias: ArrayLike | None,
    a: ArrayLike,
    b: ArrayLike,
    kernel_q: ArrayLike,
    kernel_scale: ArrayLike,
    *,
    lora_alpha: float | None = None,
) -> np.ndarray:
    """A Dense layer in int8 with LoRA (Hu et al., 2021, section 4.1).

    x: (..., features), bias: (units,) or None, a: (features, rank), b: (rank,
    units), kernel_q: (features, units) in int8, kernel_scale: (units,) or (1,
    units). Returns (..., units). By default alpha is the rank.

    Raises ValueError for other shapes, TypeError for a kernel_q of floats.

    >>> x, kernel_q, kernel_scale = [[1.0, 1.0]], [[127], [0]], [127.0]
    >>> a, b = [[1], [1]], [[10]]
    >>> lora_int8_dense(x, None, a, b, kernel_q, kernel_scale).round(4)
    array([[21.]])
    """
    x, bias, a, b = as_arrays(lora_int8_dense, x=x, bias=bias, a=a, b=b)
    kernel_q, kernel_scale = as_raw_arrays(
        lora_int8_dense, kernel_q=kernel_q, kernel_scale=kernel_scale
    )
    _check_lora_int8(lora_int8_dense, x, kernel_q, kernel_scale, bias)
    _check_update(lora_int8_dense, kernel_q.shape, a, b, lora_alpha)
    factor = 1 if lora_alpha is None else lora_alpha / a.shape[-1]
    return int8_dense(x, kernel_q, kernel_scale, bias) + factor * (x @ a @ b)


def _check_lora_int8(function, x, kernel_q, kernel_scale, bias):
    """Weights of a Dense layer in int8 must fit to x and to each other."""
    check_rank(function, 2, x=x)
    check_shapes(function, kernel_q=(kernel_q, (x.shape[-1], "units")))
    shape = (1, kernel_q.shape[1])[-np.ndim(kernel_scale) :]  # or without the 1
    check_shapes(function, kernel_scale=(kernel_scale, shape))
    check_shapes(function, bias=(bias, kernel_q.shape[1:]))


def merge_lora_int8(
    kernel_q: ArrayLike,
    kernel_scale: ArrayLike,
    a: ArrayLike,
    b: ArrayLike,
    *,
    lora_alpha: float | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """The int8 kernel and its scale that Keras saves (Dense, merged LoRA).

    kernel_q: (features, units) in int8, kernel_scale: (units,), a: (features,
    rank), b: (rank, units). Returns arrays like the first two. By default alpha
    is the rank.

    Raises ValueError for other shapes.

    >>> kernel_q, scale = merge_lora_int8([[100]], [2.0], a=[[77]], b=[[1]])
    >>> kernel_q.tolist(), scale.round(4).tolist()  # 100 / 2 + 77 is 127 / 1
    ([[127]], [1.0])
    """
    a, b = as_arrays(merge_lora_int8, a=a, b=b)
    kernel_q, kernel_scale = as_raw_arrays(
        merge_lora_int8, kernel_q=kernel_q, kernel_scale=kernel_scale
    )
    check_shapes(merge_lora_int8, kernel_q=(kernel_q, ("features", "units")))
    check_shapes(
        merge_lora_int8, kernel_scale=(kernel_scale, kernel_q.shape[1:])
    )
    _check_update(merge_lora_int8, kernel_q.shape, a, b, lora_alpha)
    factor = 1 if lora_alpha is None else lora_alpha / a.shape[-1]
    merged = np.float32(kernel_q / kernel_scale + factor * a @ b)
    merged_q, merged_scale = quantize_int8(merged)
    return merged_q, merged_scale[0]
