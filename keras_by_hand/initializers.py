"""Initializers: how new weights are drawn."""

import numpy as np


def variance_scaling(
    draw, scale=1.0, mode="fan_in", distribution="truncated_normal"
):
    """Scale random numbers to the variance scale / fan (He et al., 2015, 2.2).

    draw: (features, units), or (..., inputs, outputs) for a convolution, from
    -1 to 1 ("uniform"), standard normal ("untruncated_normal"), or the latter
    cut off at -2 and 2. Returns its shape.
    """
    window = np.prod(draw.shape[:-2])  # 1 for Dense
    fan_in, fan_out = window * draw.shape[-2], window * draw.shape[-1]
    fan_avg = (fan_in + fan_out) / 2
    fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": fan_avg}[mode]
    if distribution == "uniform":
        draw = 3**0.5 * draw
    elif distribution == "truncated_normal":
        draw = draw / 0.87962566103423978
    return float(np.sqrt(scale / fan)) * draw


def orthogonal(draw, gain=1.0):
    """Columns at right angles, or rows if they are fewer (Saxe et al., 2014).

    draw: (rows, columns), normal. Returns the same shape.
    """
    tall = draw.shape[0] >= draw.shape[1]
    q, r = np.linalg.qr(draw if tall else draw.T)
    q = gain * q * np.sign(np.diag(r))
    return q if tall else q.T
