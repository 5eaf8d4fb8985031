"""Operators for which there are layers, too: normalizations and attention."""

import functools

import numpy as np

from keras_by_hand.activations import softmax
from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.tensors import check_fractions

EPSILON = 1e-7  # of Keras


def of_fractions(function):
    """Return a function that refuses whole numbers."""

    @functools.wraps(function)
    def compute(x, *args, **options):
        check_fractions(x)
        return function(x, *args, **options)

    return compute


@of_fractions
def batch_norm(
    x, mean, variance, offset=None, scale=None, *, axis, epsilon=1e-3
):
    shape = [1] * x.ndim
    shape[axis] = -1
    factor = 1 / np.sqrt(variance + np.asarray(epsilon, x.dtype))
    factor = factor if scale is None else factor * scale
    y = (x - mean.reshape(shape)) * factor.reshape(shape)
    return y if offset is None else y + offset.reshape(shape)


@of_fractions
def layer_norm(
    x, gamma=None, beta=None, *, axis=-1, epsilon=None, rms_scaling=False
):
    if rms_scaling:
        raise CannotRun("rms_scaling=True is not known here")
    axes = axis if isinstance(axis, tuple) else (axis,)
    shape = [1] * x.ndim
    for along in axes:
        shape[along] = x.shape[along]
    epsilon = EPSILON if epsilon is None else epsilon
    deviation = np.sqrt(np.var(x, axes, keepdims=True) + epsilon)
    y = (x - np.mean(x, axes, keepdims=True)) / deviation
    y = y if gamma is None else y * gamma.reshape(shape)
    return y if beta is None else y + beta.reshape(shape)


@of_fractions
def rms_norm(x, scale=None, *, axis=-1, epsilon=None):
    epsilon = EPSILON if epsilon is None else epsilon
    squares = np.mean(np.square(x), axis, keepdims=True)
    y = x / np.sqrt(squares + epsilon)
    return y if scale is None else y * scale


@of_fractions
def dot_product_attention(
    query, key, value, bias=None, mask=None, scale=None,
    *, is_causal=False, flash_attention=None, attn_logits_soft_cap=None,
):  # fmt: skip
    """query: (batch, target, heads, features), key and value: (batch, source,
    heads or fewer, features); bias and mask: of (batch, heads, target, source).
    """
    if flash_attention or attn_logits_soft_cap is not None:
        raise CannotRun(
            "on TensorFlow, Keras has no flash_attention, and drops "
            "attn_logits_soft_cap"
        )
    groups = query.shape[2] // key.shape[2]
    key, value = np.repeat(key, groups, 2), np.repeat(value, groups, 2)
    if scale is None:
        scale = 1 / np.sqrt(np.asarray(query.shape[-1], query.dtype))
    scores = np.einsum("btnh,bsnh->bnts", query, key, optimize=True)
    scores = scores * np.asarray(scale, query.dtype)
    scores = scores if bias is None else scores + bias
    allowed = np.ones(scores.shape, bool) if mask is None else mask
    if is_causal:
        allowed = np.logical_and(allowed, np.tri(*scores.shape[2:], dtype=bool))
    lowest = -0.7 * np.finfo(scores.dtype).max
    weights = softmax(np.where(allowed, scores, lowest))
    return np.einsum("bnts,bsnh->btnh", weights, value, optimize=True)
