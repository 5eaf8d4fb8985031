"""Initializers: how new weights are drawn."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.shapes import (
    as_array,
    as_option,
    check_numbers,
    check_positive,
    check_rank,
    check_shapes,
)


def variance_scaling(
    draw: ArrayLike,
    scale: float = 1.0,
    mode: Literal["fan_in", "fan_out", "fan_avg"] = "fan_in",
    distribution: Literal[
        "uniform", "truncated_normal", "untruncated_normal"
    ] = "truncated_normal",
) -> np.ndarray:
    """Scale random numbers to the variance scale / fan (He et al., 2015, 2.2).

    draw: (features, units), or (..., inputs, outputs) for a convolution, from
    -1 to 1 ("uniform"), standard normal ("untruncated_normal"), or the latter
    cut off at -2 and 2. Returns its shape.

    Raises ValueError for other shapes and options, and for a scale that is not
    above 0.

    >>> draw = [[1, -1], [0, 0.5], [1, 1]]  # (features, units)
    >>> variance_scaling(draw, scale=1, distribution="uniform")
    array([[ 1. , -1. ],
           [ 0. ,  0.5],
           [ 1. ,  1. ]])
    """
    draw = as_array(variance_scaling, draw=draw)
    check_rank(variance_scaling, 2, draw=draw)
    check_positive(variance_scaling, scale=scale)
    mode = as_option(variance_scaling, mode=mode)
    distribution = as_option(variance_scaling, distribution=distribution)
    window = np.prod(draw.shape[:-2])  # 1 for Dense
    fan_in, fan_out = window * draw.shape[-2], window * draw.shape[-1]
    fan_avg = (fan_in + fan_out) / 2
    fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": fan_avg}[mode]
    if distribution == "uniform":
        draw = 3**0.5 * draw
    elif distribution == "truncated_normal":
        draw = draw / 0.87962566103423978
    return float(np.sqrt(scale / fan)) * draw


def orthogonal(draw: ArrayLike, gain: float = 1.0) -> np.ndarray:
    """Columns at right angles, or rows if they are fewer (Saxe et al., 2014).

    draw: (rows, columns), normal. Returns the same shape.

    Raises ValueError for other shapes, TypeError for a gain that is no number.

    >>> orthogonal([[3.0, 1], [4, 7]]).round(4)
    array([[ 0.6, -0.8],
           [ 0.8,  0.6]])
    """
    draw = as_array(orthogonal, draw=draw)
    check_shapes(orthogonal, draw=(draw, ("rows", "columns")))
    check_numbers(orthogonal, gain=gain)
    tall = draw.shape[0] >= draw.shape[1]
    q, r = np.linalg.qr(draw if tall else draw.T)
    q = gain * q * np.sign(np.diag(r))
    return q if tall else q.T
