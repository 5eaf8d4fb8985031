"""Attention: dot-product and multi-head, and who may attend to whom."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from keras_by_hand.activations import sigmoid, softmax
from keras_by_hand.shapes import (
    OneOrMore,
    as_array,
    as_arrays,
    as_list,
    as_option,
    as_raw_array,
    as_raw_arrays,
    check_axes,
    check_booleans,
    check_broadcasts,
    check_count,
    check_flags,
    check_rank,
    check_shapes,
    check_sizes,
)

Result = np.ndarray | tuple[np.ndarray, np.ndarray]  # with the scores, if asked

# -- Attention, AdditiveAttention


def attention(
    query: ArrayLike,
    value: ArrayLike,
    key: ArrayLike | None = None,
    *weights: ArrayLike,
    use_scale: bool = False,
    score_mode: Literal["dot", "concat"] = "dot",
    query_mask: ArrayLike | None = None,
    value_mask: ArrayLike | None = None,
    return_attention_scores: bool = False,
    use_causal_mask: bool = False,
) -> Result:
    """Dot-product attention (Luong et al., 2015), as in Keras.

    query: (batch, queries, features), value: (batch, values, units), key:
    (batch, values, features), by default the value; weights: the scale if
    use_scale, and concat_score_weight if score_mode is "concat", both numbers;
    query_mask: (batch, queries), value_mask: (batch, values). Returns (batch,
    queries, units), and the weights, (batch, queries, values), if asked.

    Raises ValueError for another number of weights, and for other shapes and
    options.

    >>> value = [[[1, 2], [3, 4]]]
    >>> attention([[[100, 0]]], value, key=[[[0, 1], [1, 0]]])
    array([[[3., 4.]]])
    >>> attention([[[0, 0]]], value)  # the mean
    array([[[2., 3.]]])
    """
    query, value, key = as_arrays(attention, query=query, value=value, key=key)
    query_mask = as_raw_array(attention, query_mask=query_mask)
    value_mask = as_raw_array(attention, value_mask=value_mask)
    score_mode = as_option(attention, score_mode=score_mode)
    check_flags(
        attention,
        use_scale=use_scale,
        return_attention_scores=return_attention_scores,
        use_causal_mask=use_causal_mask,
    )
    key = value if key is None else key
    _check_query(attention, query, value, key)
    _check_masks(attention, query, value, query_mask, value_mask)
    _check_score_weights(
        attention,
        weights,
        scale=() if use_scale else None,
        concat_score_weight=() if score_mode == "concat" else None,
    )
    scale = weights[0] if use_scale else 1
    if score_mode == "dot":
        scores = scale * (query @ key.swapaxes(-2, -1))
    else:
        sums = query[..., np.newaxis, :] + key[..., np.newaxis, :, :]
        scores = weights[-1] * np.sum(np.tanh(scale * sums), axis=-1)
    masks = query_mask, value_mask, use_causal_mask
    y, attention_weights = _weigh(scores, value, *masks)
    return (y, attention_weights) if return_attention_scores else y


def additive_attention(
    query: ArrayLike,
    value: ArrayLike,
    key: ArrayLike | None = None,
    *weights: ArrayLike,
    use_scale: bool = True,
    query_mask: ArrayLike | None = None,
    value_mask: ArrayLike | None = None,
    return_attention_scores: bool = False,
    use_causal_mask: bool = False,
) -> Result:
    """AdditiveAttention (Bahdanau et al., 2015; Keras documentation).

    query: (batch, queries, features), value: (batch, values, units), key:
    (batch, values, features), by default the value; weights: the scale,
    (features,), if use_scale; query_mask: (batch, queries), value_mask: (batch,
    values). Returns (batch, queries, units), and the weights, (batch, queries,
    values), if asked.

    Raises ValueError for another number of weights, and for other shapes.

    >>> value, key = [[[1, 2], [3, 4]]], [[[50], [-50]]]
    >>> additive_attention([[[0]]], value, key, [100])  # a scale of 100
    array([[[1., 2.]]])
    """
    query, value, key = as_arrays(
        additive_attention, query=query, value=value, key=key
    )
    query_mask = as_raw_array(additive_attention, query_mask=query_mask)
    value_mask = as_raw_array(additive_attention, value_mask=value_mask)
    check_flags(
        additive_attention,
        use_scale=use_scale,
        return_attention_scores=return_attention_scores,
        use_causal_mask=use_causal_mask,
    )
    key = value if key is None else key
    _check_query(additive_attention, query, value, key)
    _check_masks(additive_attention, query, value, query_mask, value_mask)
    shape = query.shape[-1:]
    _check_score_weights(
        additive_attention, weights, scale=shape if use_scale else None
    )
    scale = weights[0] if use_scale else 1
    sums = query[..., np.newaxis, :] + key[..., np.newaxis, :, :]
    scores = np.sum(scale * np.tanh(sums), axis=-1)
    masks = query_mask, value_mask, use_causal_mask
    y, attention_weights = _weigh(scores, value, *masks)
    return (y, attention_weights) if return_attention_scores else y


def _weigh(scores, value, query_mask, value_mask, use_causal_mask):
    """The mean of the values, weighted by softmax(scores), and the weights.

    scores: (batch, queries, values), value: (batch, values, units). A masked
    value gets no weight; the result of a masked query is 0.
    """
    mask = np.ones(scores.shape, dtype=bool)
    if value_mask is not None:
        mask = np.logical_and(mask, value_mask[..., np.newaxis, :])
    if use_causal_mask:
        mask &= np.tri(*scores.shape[-2:], dtype=bool)
    less = scores - (65504 if scores.dtype == "float16" else 1e9)
    attention_weights = softmax(np.where(mask, scores, less))
    y = attention_weights @ value
    if query_mask is not None:
        y = np.where(query_mask[..., np.newaxis], y, 0)
    return y, attention_weights


def _check_query(function, query, value, key):
    """Query, value and key must have three axes, and fit together."""
    check_rank(function, 3, 3, query=query)
    check_shapes(function, value=(value, (len(query), "values", "units")))
    check_shapes(function, key=(key, (*value.shape[:2], query.shape[-1])))


def _check_masks(function, query, value, query_mask, value_mask):
    """A mask must have a number for each step."""
    check_shapes(function, query_mask=(query_mask, query.shape[:2]))
    check_shapes(function, value_mask=(value_mask, value.shape[:2]))


def _check_score_weights(function, weights, **shapes):
    """There must be a weight of each of these shapes that is not None."""
    shapes = {name: s for name, s in shapes.items() if s is not None}
    check_count(function, "weights", list(shapes), weights)
    for (name, shape), weight in zip(shapes.items(), weights):
        weight = as_array(function, **{name: weight})
        check_shapes(function, **{name: (weight, shape)})


def sinusoidal_positions(steps: int, features: int) -> np.ndarray:
    """Sinusoidal positions (Vaswani et al., 2017), (steps, features).

    features: an even number.

    Raises ValueError for another one.

    >>> sinusoidal_positions(1, 4)  # of step 0
    array([[0., 1., 0., 1.]])
    """
    _check_positions(steps, features)
    divisors = 10000 ** (np.arange(0, features, 2) / features)
    angles = np.arange(steps)[:, np.newaxis] / divisors
    pairs = np.stack([np.sin(angles), np.cos(angles)], axis=-1)
    return pairs.reshape(steps, features)


def _check_positions(steps, features):
    """Each angle makes two features."""
    check_sizes(sinusoidal_positions, steps=steps, features=features)
    if features % 2:
        raise ValueError(
            f"sinusoidal_positions: features must be even, not {features}"
        )


# -- MultiHeadAttention, GroupQueryAttention


def multi_head_attention(
    query: ArrayLike,
    value: ArrayLike,
    key: ArrayLike | None = None,
    *weights: Any,
    use_bias: bool = True,
    attention_axes: OneOrMore | None = None,
    sliding_window: int | None = None,
    use_gate: bool = False,
    attention_mask: ArrayLike | None = None,
    return_attention_scores: bool = False,
    use_causal_mask: bool = False,
) -> Result:
    """MultiHeadAttention (Vaswani et al., 2017; Keras documentation).

    query: (batch, target, features), value and key: (batch, source, features),
    weights: as in get_weights(), attention_mask: true where a step may attend,
    (batch, heads, target, source), or without heads, or also without batch.
    Returns (batch, target, features), and the scores, as the mask, if asked.

    Raises ValueError for another number of weights, and for other shapes and
    options. Where there are several axes of steps, they attend along
    attention_axes, by default all.

    >>> kernels = [[[1]], [[0]]], [[[0]], [[1]]], [[[1]], [[0]]], [[[1, 2]]]
    >>> x = np.array([[[0, 50], [50, 0], [3, 0]]])  # one head, of one number
    >>> y = multi_head_attention(x, x, None, *kernels, use_bias=False)
    >>> y.round(2)  # steps 1 and 2 look for 50, and find 0
    array([[[17.67, 35.33],
            [ 0.  ,  0.  ],
            [ 0.  ,  0.  ]]])
    """
    query, value, key = as_arrays(
        multi_head_attention, query=query, value=value, key=key
    )
    attention_mask = as_raw_array(
        multi_head_attention, attention_mask=attention_mask
    )
    check_flags(
        multi_head_attention,
        use_bias=use_bias,
        use_gate=use_gate,
        return_attention_scores=return_attention_scores,
        use_causal_mask=use_causal_mask,
    )
    weights = as_list(multi_head_attention, weights=weights)  # type: ignore
    key = value if key is None else key
    _check_attention_axes(query, attention_axes)
    _check_heads(
        multi_head_attention,
        query,
        value,
        key,
        attention_axes,
        _name_weights(multi_head_attention, weights, use_bias, use_gate),
    )
    _check_attention_mask(
        multi_head_attention,
        query,
        value,
        np.shape(weights[0])[1],
        attention_axes,
        attention_mask,
        sliding_window,
        use_causal_mask,
    )
    axes = _axes_of_steps(attention_axes, query.ndim)  # others: more samples
    samples = np.delete(query.shape[:-1], axes)
    behind = range(len(samples), query.ndim - 1)
    target, source = (np.take(x.shape, axes) for x in (query, value))
    query, value, key = [
        np.moveaxis(x, axes, behind).reshape(*samples, -1, x.shape[-1])
        for x in (query, value, key)
    ]
    biases = weights[1::2] if use_bias else [0] * len(weights)
    parts = zip(weights[:: 2 if use_bias else 1], biases)
    of_query, of_key, *of_gate, of_value, (output_kernel, output_bias) = parts
    q = _project(query, *of_query)  # (..., heads, target, key_dim)
    k = _project(key, *of_key)  # (..., heads, source, key_dim)
    v = _project(value, *of_value)  # (..., heads, source, value_dim)
    scores = q @ k.swapaxes(-1, -2) / q.shape[-1] ** 0.5

    allowed = np.array(True)
    if attention_mask is not None:
        before = attention_mask.shape[: attention_mask.ndim - 2 * len(axes)]
        mask = np.broadcast_to(attention_mask, (*before, *target, *source))
        heads = [1] * (scores.ndim - 2 - len(before))  # all alike
        allowed = mask.reshape(*before, *heads, *scores.shape[-2:])
    distance = np.subtract(*np.indices(scores.shape[-2:]))  # target - source
    if use_causal_mask:
        allowed = np.logical_and(allowed, distance >= 0)
    if sliding_window is not None:
        allowed = np.logical_and(allowed, abs(distance) < sliding_window)
    scores = softmax(np.where(allowed, scores, np.finfo(scores.dtype).min / 2))
    # Keras has zeros here where a step may attend to nothing, else means.
    if return_attention_scores or len(samples) + len(axes) > 2:
        scores = scores * allowed

    y = scores @ v  # (..., heads, target, value_dim)
    if use_gate:
        y = y * sigmoid(_project(query, *of_gate[0]))
    y = np.tensordot(y.swapaxes(-3, -2), output_kernel, 2) + output_bias
    y = y.reshape(*samples, *target, *y.shape[len(samples) + 1 :])
    y = np.moveaxis(y, behind, axes)
    scores = scores.reshape(*scores.shape[:-2], *target, *source)
    return (y, scores) if return_attention_scores else y


def _project(x, kernel, bias):
    """What each head makes of x: (..., heads, steps, units)."""
    return (np.tensordot(x, kernel, 1) + bias).swapaxes(-3, -2)


def _axes_of_steps(attention_axes, rank):
    """Along which steps attend: by default all but samples and features."""
    axes = range(1, rank - 1) if attention_axes is None else attention_axes
    return [int(axis) % rank for axis in np.ravel(axes)]


def group_query_attention(
    query: ArrayLike,
    value: ArrayLike,
    key: ArrayLike | None = None,
    *weights: Any,
    use_bias: bool = True,
    sliding_window: int | None = None,
    use_gate: bool = False,
    attention_mask: ArrayLike | None = None,
    return_attention_scores: bool = False,
    use_causal_mask: bool = False,
) -> Result:
    """GroupQueryAttention (Ainslie et al., 2023; Keras documentation).

    query: (batch, target, features), value and key: (batch, source, features),
    weights: as in get_weights(), attention_mask: as of multi_head_attention.
    Returns (batch, target, features), or a pair of that and the scores.

    Raises ValueError for another number of weights, and for other shapes and
    options.

    >>> x = [[[1], [2]]]
    >>> shared = [[[1]]], [[[1]]]  # the one head of key and value
    >>> kernels = [[[[1], [-9]]], *shared, [[[1]], [[10]]]]
    >>> y = group_query_attention(x, x, None, *kernels, use_bias=False)
    >>> y.round(2)  # the first head looks for 2, the second one for 1
    array([[[11.73],
            [11.88]]])
    """
    query, value, key = as_arrays(
        group_query_attention, query=query, value=value, key=key
    )
    attention_mask = as_raw_array(
        group_query_attention, attention_mask=attention_mask
    )
    check_flags(
        group_query_attention,
        use_bias=use_bias,
        use_gate=use_gate,
        return_attention_scores=return_attention_scores,
        use_causal_mask=use_causal_mask,
    )
    weights = as_list(group_query_attention, weights=weights)  # type: ignore
    key = value if key is None else key
    check_rank(group_query_attention, 3, 3, query=query)
    _check_heads(
        group_query_attention,
        query,
        value,
        key,
        None,
        _name_weights(group_query_attention, weights, use_bias, use_gate),
    )
    _check_attention_mask(
        group_query_attention,
        query,
        value,
        np.shape(weights[0])[1],
        None,
        attention_mask,
        sliding_window,
        use_causal_mask,
    )
    of_output = 2 if use_bias else 1
    heads = np.shape(weights[0])[1]
    repeated = [
        np.repeat(weight, heads // np.shape(weight)[-2], axis=-2)
        for weight in weights[:-of_output]
    ]
    return multi_head_attention(
        query,
        value,
        key,
        *repeated,
        *weights[-of_output:],
        use_bias=use_bias,
        sliding_window=sliding_window,
        use_gate=use_gate,
        attention_mask=attention_mask,
        return_attention_scores=return_attention_scores,
        use_causal_mask=use_causal_mask,
    )


def _name_weights(function, weights, use_bias, use_gate):
    """Weights by their names; ValueError where there are more or fewer."""
    parts = ["query", "key", *["gate"] * use_gate, "value", "output"]
    kinds = ["kernel", *["bias"] * use_bias]
    names = [f"{part}_{kind}" for part in parts for kind in kinds]
    check_count(function, "weights", names, weights)
    return dict(zip(names, weights))


def _check_attention_axes(query, attention_axes):
    """Steps must attend along axes between samples and features."""
    rank = np.ndim(query)
    check_rank(multi_head_attention, 3, query=query)
    if attention_axes is None:
        return
    check_axes(multi_head_attention, rank, attention_axes=attention_axes)
    axes = _axes_of_steps(attention_axes, rank)
    if not axes or {*axes} & {0, rank - 1}:
        raise ValueError(
            "multi_head_attention: attention_axes must be between samples and "
            f"features, from 1 to {rank - 2}, not {attention_axes!r}"
        )


def _check_heads(function, query, value, key, attention_axes, weights):
    """Inputs must fit together, and weights, which are given by their names, to
    these and to each other."""
    axes = _axes_of_steps(attention_axes, query.ndim)
    others = [None if a in axes else n for a, n in enumerate(query.shape[:-1])]
    check_shapes(function, value=(value, (*others, None)))
    check_shapes(function, key=(key, (*value.shape[:-1], None)))
    groups, value_dim = "heads", "value_dim"
    outputs = np.shape(weights["output_kernel"])[2:] or ["outputs"]
    if function is group_query_attention:
        groups, value_dim, outputs = "groups", "key_dim", query.shape[-1:]
    shapes = {
        "query": (query.shape[-1], "heads", "key_dim"),
        "key": (key.shape[-1], groups, "key_dim"),
        "gate": (query.shape[-1], "heads", value_dim),
        "value": (value.shape[-1], groups, value_dim),
        "output": ("heads", value_dim, *outputs),
    }
    found = {}  # lengths, by the names of axes
    for name, weight in weights.items():
        part, kind = name.split("_")
        shape = shapes[part]
        if kind == "bias":
            shape = shape[2:] if part == "output" else shape[1:]
        known = [found.get(axis, axis) for axis in shape]
        check_shapes(function, **{name: (weight, known)})
        found |= zip(shape, np.shape(weight))
    if found["heads"] % found[groups]:
        raise ValueError(
            f"{function.__name__}: {found['heads']} heads of the query cannot "
            f"share {found[groups]} heads of the key"
        )


def _check_attention_mask(
    function,
    query,
    value,
    heads,
    attention_axes,
    attention_mask,
    sliding_window,
    use_causal_mask,
):
    """A mask must be of pairs of steps, or of these and what stands before them
    in the scores."""
    axes = _axes_of_steps(attention_axes, query.ndim)
    pairs = [x.shape[axis] for x in (query, value) for axis in axes]
    if attention_mask is not None:
        others = [n for a, n in enumerate(query.shape[:-1]) if a not in axes]
        before, least = [*others, heads], len(pairs)
        most, rank = least + len(before), np.ndim(attention_mask)
        check_rank(function, least, most, attention_mask=attention_mask)
        shape = [*before[: rank - least], *pairs]
        check_broadcasts(function, attention_mask=(attention_mask, shape))
        check_booleans(function, attention_mask=attention_mask)
    if sliding_window is not None:
        check_sizes(function, sliding_window=sliding_window)
    counts = use_causal_mask or sliding_window is not None
    if counts and pairs != [query.shape[1], value.shape[1]]:
        raise ValueError(
            f"{function.__name__}: use_causal_mask and sliding_window are of "
            "axis 1; along other axes, give an attention_mask"
        )


def allowed_pairs(
    shape: Sequence[int],
    query_mask: ArrayLike | None = None,
    value_mask: ArrayLike | None = None,
    key_mask: ArrayLike | None = None,
    attention_mask: ArrayLike | None = None,
    use_causal_mask: bool = False,
) -> np.ndarray:
    """Who may attend to whom in MultiHeadAttention (Keras documentation).

    shape: (batch, target, source), query_mask: (batch, target), value_mask and
    key_mask: (batch, source), attention_mask: what broadcasts to the shape, as
    (target, source) does. Returns booleans of that shape.

    Raises ValueError for masks of other shapes.

    >>> allowed_pairs((1, 2, 3), value_mask=[[1, 1, 0]])
    array([[[ True,  True, False],
            [ True,  True, False]]])
    """
    query_mask, value_mask, key_mask, attention_mask = as_raw_arrays(
        allowed_pairs,
        query_mask=query_mask,
        value_mask=value_mask,
        key_mask=key_mask,
        attention_mask=attention_mask,
    )
    check_flags(allowed_pairs, use_causal_mask=use_causal_mask)
    _check_allowed(shape, query_mask, value_mask, key_mask, attention_mask)
    allowed = np.ones(shape, dtype=bool)
    if query_mask is not None:
        allowed &= query_mask[:, :, np.newaxis] != 0
    for mask in (value_mask, key_mask):
        if mask is not None:
            allowed &= mask[:, np.newaxis, :] != 0
    if attention_mask is not None:
        allowed &= attention_mask != 0
    if use_causal_mask:
        allowed &= np.tri(*shape[1:], dtype=np.bool_)
    return allowed


def _check_allowed(shape, query_mask, value_mask, key_mask, attention_mask):
    """The shape must have three lengths, and masks those of their steps."""
    if np.ndim(shape) == 0 or len(shape) != 3:
        raise ValueError(
            "allowed_pairs: shape must be (batch, target, source), "
            f"not {shape!r}"
        )
    check_sizes(allowed_pairs, 3, 0, shape=shape)
    batch, target, source = shape
    check_shapes(
        allowed_pairs,
        query_mask=(query_mask, (batch, target)),
        value_mask=(value_mask, (batch, source)),
        key_mask=(key_mask, (batch, source)),
    )
    check_broadcasts(allowed_pairs, attention_mask=(attention_mask, shape))


def window_mask(
    target: int,
    source: int,
    sliding_window: int,
    use_causal_mask: bool = False,
) -> np.ndarray:
    """Who may attend to whom, given two numbers of steps.

    Returns booleans, (target, source).

    Raises for what is no whole number, and for a window below 1.

    >>> window_mask(3, 3, sliding_window=2).astype(int)
    array([[1, 1, 0],
           [1, 1, 1],
           [0, 1, 1]])
    """
    check_flags(window_mask, use_causal_mask=use_causal_mask)
    check_sizes(window_mask, least=0, target=target, source=source)
    check_sizes(window_mask, sliding_window=sliding_window)
    distance = np.arange(target)[:, np.newaxis] - np.arange(source)
    allowed = np.abs(distance) < sliding_window
    return allowed & (distance >= 0) if use_causal_mask else allowed
