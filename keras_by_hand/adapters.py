"""LoRA: layers with an update of low rank beside their weights."""

import numpy as np

from keras_by_hand.quantization import int8_dense, quantize_int8
from keras_by_hand.shapes import check_shapes


def lora_embedding(x, embeddings, a, b, lora_alpha=None):
    """An Embedding layer with LoRA (Hu et al., 2021, section 4.1).

    x: tokens, any shape, embeddings: (input_dim, output_dim), a: (input_dim,
    rank), b: (rank, output_dim). Returns (*x.shape, output_dim).
    """
    check_shapes(
        "lora_embedding",
        embeddings=(embeddings, (None, None)),
        a=(a, (len(embeddings), None)),
        b=(b, (np.shape(a)[-1], np.shape(embeddings)[-1])),
    )
    factor = 1 if lora_alpha is None else lora_alpha / len(b)
    return embeddings[x] + factor * (a[x] @ b)


def _check_lora(function, x, kernel, a, b, bias):
    """Weights of a Dense layer with LoRA must fit to x and to each other."""
    units = np.shape(kernel)[-1]
    check_shapes(
        function,
        kernel=(kernel, (x.shape[-1], None)),
        bias=(bias, np.shape(bias) and (units,)),  # or one number
        a=(a, (x.shape[-1], None)),
        b=(b, (np.shape(a)[-1], units)),
    )


def lora_dense(x, kernel, bias, a, b, *, lora_alpha=None):
    """A Dense layer with LoRA (Hu et al., 2021, section 4.1).

    x: (..., features), kernel: (features, units), bias: (units,) or 0, a:
    (features, rank), b: (rank, units). Returns (..., units).
    """
    _check_lora("lora_dense", x, kernel, a, b, bias)
    factor = 1 if lora_alpha is None else lora_alpha / a.shape[-1]
    return x @ kernel + factor * (x @ a @ b) + bias


def lora_gradients(x, a, b, y_gradient, *, lora_alpha=None):
    """Gradients of the bias, a and b (derived from Hu et al., 2021).

    x: (batch, features), a: (features, rank), b: (rank, units), y_gradient:
    (batch, units), the gradient of the loss at y.
    """
    check_shapes(
        "lora_gradients",
        a=(a, (x.shape[-1], None)),
        b=(b, (a.shape[-1], y_gradient.shape[-1])),
    )
    factor = 1 if lora_alpha is None else lora_alpha / a.shape[-1]
    scaled_gradient = factor * x.T @ y_gradient  # G, (features, units)
    bias_gradient = np.sum(y_gradient, axis=0)
    return bias_gradient, scaled_gradient @ b.T, a.T @ scaled_gradient


def lora_penalty(a, b, l2=0.01):
    """The L2 penalty of a Dense layer with LoRA (Keras documentation, L2).

    a: (features, rank), b: (rank, units).
    """
    check_shapes(
        "lora_penalty", a=(a, (None, None)), b=(b, (a.shape[-1], None))
    )
    return l2 * np.sum(a**2) + l2 * np.sum(b**2)


def merge_lora(kernel, a, b, *, lora_alpha=None):
    """The kernel that a layer with LoRA computes with, and saves (Hu et al.,
    2021, section 4.1): of Dense, or of a convolution.

    kernel: (features, units) or (*size, in, filters), a: (..., rank), with the
    other axes of the kernel, b: (rank, units or filters). Returns the shape of
    the kernel.
    """
    check_shapes(
        "merge_lora",
        a=(a, (*kernel.shape[:-1], None)),
        b=(b, (a.shape[-1], kernel.shape[-1])),
    )
    factor = 1 if lora_alpha is None else lora_alpha / a.shape[-1]
    return kernel + factor * a @ b


def lora_int8_dense(x, bias, a, b, kernel_q, kernel_scale, *, lora_alpha=None):
    """A Dense layer in int8 with LoRA (Hu et al., 2021, section 4.1).

    x: (batch, features), bias: (units,), a: (features, rank), b: (rank,
    units), kernel_q: (features, units) in int8, kernel_scale: (units,).
    Returns (batch, units). By default alpha is the rank.
    """
    _check_lora("lora_int8_dense", x, kernel_q, a, b, bias)
    factor = 1 if lora_alpha is None else lora_alpha / a.shape[-1]
    return int8_dense(x, kernel_q, kernel_scale, bias) + factor * (x @ a @ b)


def merge_lora_int8(kernel_q, kernel_scale, a, b, *, lora_alpha=None):
    """The int8 kernel and its scale that Keras saves (Dense, merged LoRA).

    kernel_q: (features, units) in int8, kernel_scale: (units,), a: (features,
    rank), b: (rank, units). Returns arrays like the first two.
    """
    units = np.shape(kernel_q)[-1]
    check_shapes(
        "merge_lora_int8",
        kernel_q=(kernel_q, (None, None)),
        kernel_scale=(kernel_scale, (units,)),
        a=(a, (len(kernel_q), None)),
        b=(b, (a.shape[-1], units)),
    )
    factor = 1 if lora_alpha is None else lora_alpha / a.shape[-1]
    merged = np.float32(kernel_q / kernel_scale + factor * a @ b)
    merged_q, merged_scale = quantize_int8(merged)
    return merged_q, merged_scale[0]
