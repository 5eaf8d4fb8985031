"""Attention: dot-product and multi-head, and who may attend to whom."""

import numpy as np

from keras_by_hand.activations import sigmoid, softmax
from keras_by_hand.shapes import check_broadcasts, check_shapes, name_arrays


def _check_steps(function, query, value, key, features=None):
    """Query, value and key must have three axes, and fit together.

    features: of the key, None for any number.
    """
    check_shapes(function, query=(query, (None, None, None)))
    check_shapes(function, value=(value, (len(query), None, None)))
    check_shapes(function, key=(key, (*value.shape[:2], features)))


def _check_masks(function, shape, query_mask, value_mask, key_mask=None):
    """Masks must have the lengths of shape, (batch, queries, values)."""
    batch, queries, values = shape
    check_shapes(
        function,
        query_mask=(query_mask, (batch, queries)),
        value_mask=(value_mask, (batch, values)),
        key_mask=(key_mask, (batch, values)),
    )


def _weigh(function, scores, value, query_mask, value_mask, use_causal_mask):
    """The mean of the values, weighted by softmax(scores), and the weights.

    scores: (batch, queries, values), value: (batch, values, units). A masked
    value gets no weight; the result of a masked query is 0.
    """
    _check_masks(function, scores.shape, query_mask, value_mask)
    mask = np.ones(scores.shape, dtype=bool)
    if value_mask is not None:
        mask &= value_mask[..., np.newaxis, :]
    if use_causal_mask:
        mask &= np.tri(*scores.shape[-2:], dtype=bool)
    attention_weights = softmax(np.where(mask, scores, scores - 1e9))
    y = attention_weights @ value
    if query_mask is not None:
        y = np.where(query_mask[..., np.newaxis], y, 0)
    return y, attention_weights


def attention(
    query,
    value,
    key=None,
    *weights,
    use_scale=False,
    score_mode="dot",
    query_mask=None,
    value_mask=None,
    use_causal_mask=False,
    return_attention_scores=False,
):
    """Dot-product attention (Luong et al., 2015), as in Keras.

    query: (batch, queries, features), value: (batch, values, units), key:
    (batch, values, features), by default the value; weights: the scale if
    use_scale, and concat_score_weight if score_mode is "concat", both numbers;
    query_mask: (batch, queries), value_mask: (batch, values). Returns (batch,
    queries, units), and the weights, (batch, queries, values), if asked.
    """
    key = value if key is None else key
    _check_steps("attention", query, value, key, query.shape[-1])
    is_concat = score_mode == "concat"
    names = ["scale"] * use_scale + ["concat_score_weight"] * is_concat
    for name, weight in name_arrays(
        "attention", "weights", names, weights
    ).items():
        check_shapes("attention", **{name: (weight, ())})
    scale = weights[0] if use_scale else 1
    if score_mode == "dot":
        scores = scale * (query @ key.swapaxes(-2, -1))
    else:
        sums = query[..., np.newaxis, :] + key[..., np.newaxis, :, :]
        scores = weights[-1] * np.sum(np.tanh(scale * sums), axis=-1)
    masks = query_mask, value_mask, use_causal_mask
    y, attention_weights = _weigh("attention", scores, value, *masks)
    return (y, attention_weights) if return_attention_scores else y


def additive_attention(
    query,
    value,
    key=None,
    *weights,
    use_scale=True,
    query_mask=None,
    value_mask=None,
    use_causal_mask=False,
    return_attention_scores=False,
):
    """AdditiveAttention (Bahdanau et al., 2015; Keras documentation).

    query: (batch, queries, features), value: (batch, values, units), key:
    (batch, values, features), by default the value; weights: the scale,
    (features,), if use_scale; query_mask: (batch, queries), value_mask: (batch,
    values). Returns (batch, queries, units), and the weights, (batch, queries,
    values), if asked.
    """
    key = value if key is None else key
    _check_steps("additive_attention", query, value, key, query.shape[-1])
    named = name_arrays(
        "additive_attention", "weights", ["scale"] * use_scale, weights
    )
    shape = query.shape[-1:]
    check_shapes("additive_attention", scale=(named.get("scale"), shape))
    scale = weights[0] if use_scale else 1
    sums = query[..., np.newaxis, :] + key[..., np.newaxis, :, :]
    scores = np.sum(scale * np.tanh(sums), axis=-1)
    masks = query_mask, value_mask, use_causal_mask
    y, attention_weights = _weigh("additive_attention", scores, value, *masks)
    return (y, attention_weights) if return_attention_scores else y


def sinusoidal_positions(steps, features):
    """Sinusoidal positions (Vaswani et al., 2017), (steps, features).

    features: an even number.
    """
    divisors = 10000 ** (np.arange(0, features, 2) / features)
    angles = np.arange(steps)[:, np.newaxis] / divisors
    pairs = np.stack([np.sin(angles), np.cos(angles)], axis=-1)
    return pairs.reshape(steps, features)


def _check_heads(
    function, query, value, key, weights, use_bias, use_gate, shared=False
):
    """Weights must be as many as the layer has, and fit to its inputs.

    shared: whether several heads of the query may share one of key and value.
    """
    _check_steps(function, query, value, key)
    parts = ["query", "key", *["gate"] * use_gate, "value", "output"]
    kinds = ["kernel", "bias"] if use_bias else ["kernel"]
    names = [f"{part}_{kind}" for part in parts for kind in kinds]
    named = name_arrays(function, "weights", names, weights)
    kernel, of_key = named["query_kernel"], named["key_kernel"]
    features = query.shape[-1]
    check_shapes(function, query_kernel=(kernel, (features, None, None)))
    _, heads, key_dim = kernel.shape
    shape = key.shape[-1], None if shared else heads, key_dim
    check_shapes(function, key_kernel=(of_key, shape))
    groups, value_dim = of_key.shape[1], named["value_kernel"].shape[-1]
    if heads % groups:
        raise ValueError(
            f"{function}: {groups} heads of the key cannot share {heads} heads "
            "of the query"
        )
    outputs = named["output_kernel"].shape[2:] or [None]
    shapes = {
        "query": (features, heads, key_dim),
        "key": (key.shape[-1], groups, key_dim),
        "gate": (features, heads, value_dim),
        "value": (value.shape[-1], groups, value_dim),
        "output": (heads, value_dim, *outputs),
    }
    for name, weight in named.items():
        part, kind = name.split("_")
        shape = shapes[part]
        if kind == "bias":
            shape = shape[2:] if part == "output" else shape[1:]
        check_shapes(function, **{name: (weight, shape)})


def multi_head_attention(
    query,
    value,
    key=None,
    *weights,
    use_bias=True,
    use_gate=False,
    sliding_window=None,
    attention_mask=None,
    use_causal_mask=False,
    return_attention_scores=False,
):
    """MultiHeadAttention (Vaswani et al., 2017; Keras documentation).

    query: (batch, target, features), value and key: (batch, source, features),
    weights: as in get_weights(), attention_mask: what broadcasts to (batch,
    heads, target, source), without the heads or these and the batch, true where
    a step may attend. Returns (batch, target, features); or a pair, with the
    scores, (batch, heads, target, source).
    """
    key = value if key is None else key
    _check_heads(
        "multi_head_attention", query, value, key, weights, use_bias, use_gate
    )
    remaining = iter(weights)

    def project(x, axes=1):
        y = np.tensordot(x, next(remaining), axes)
        return y + next(remaining) if use_bias else y

    q = project(query).swapaxes(1, 2)  # (batch, heads, target, key_dim)
    k = project(key).swapaxes(1, 2)
    gate = sigmoid(project(query)) if use_gate else 1
    v = project(value).swapaxes(1, 2)
    scores = q @ k.swapaxes(2, 3) / q.shape[-1] ** 0.5

    target, source = np.indices(scores.shape[2:])
    allowed = True
    if attention_mask is not None:
        has_heads = np.ndim(attention_mask) == 4
        shape = scores.shape if has_heads else (len(query), *scores.shape[2:])
        check_broadcasts(
            "multi_head_attention", attention_mask=(attention_mask, shape)
        )
        allowed = np.broadcast_to(attention_mask, shape)
        if not has_heads:
            allowed = allowed[:, np.newaxis]  # the same for all heads
    if use_causal_mask:
        allowed = allowed & (source <= target)
    if sliding_window is not None:
        allowed = allowed & (np.abs(source - target) < sliding_window)
    scores = softmax(np.where(allowed, scores, -1e9))
    if return_attention_scores:  # zeros where a step may attend to nothing
        scores = scores * allowed

    y = project((scores @ v).swapaxes(1, 2) * gate, axes=2)
    return (y, scores) if return_attention_scores else y


def allowed_pairs(
    shape,
    query_mask=None,
    value_mask=None,
    key_mask=None,
    attention_mask=None,
    use_causal_mask=False,
):
    """Who may attend to whom in MultiHeadAttention (Keras documentation).

    shape: (batch, target, source), query_mask: (batch, target), value_mask and
    key_mask: (batch, source), attention_mask: what broadcasts to the shape, as
    (target, source) does. Returns booleans of that shape.
    """
    masks = query_mask, value_mask, key_mask
    _check_masks("allowed_pairs", shape, *masks)
    check_broadcasts("allowed_pairs", attention_mask=(attention_mask, shape))
    allowed = np.ones(shape, dtype=bool)
    if query_mask is not None:
        allowed &= query_mask[:, :, np.newaxis]
    for mask in (value_mask, key_mask):
        if mask is not None:
            allowed &= mask[:, np.newaxis, :]
    if attention_mask is not None:
        allowed &= attention_mask
    if use_causal_mask:
        allowed &= np.tri(*shape[1:], dtype=bool)
    return allowed


def attend_over(
    x,
    attention_axes,
    *weights,
    use_bias=True,
    use_gate=False,
    attention_mask=None,
):
    """MultiHeadAttention of x with itself, over some of its axes.

    x: (batch, ..., features), attention_axes: a tuple, or None for all axes
    between these two; weights, use_bias, use_gate and attention_mask: as of
    multi_head_attention, whose steps are all places along these axes. Returns
    the same shape.
    """
    axes = range(1, x.ndim - 1) if attention_axes is None else attention_axes
    attending = [axis % x.ndim for axis in axes]  # -2 is the last but one
    others = [axis for axis in range(x.ndim - 1) if axis not in attending]
    order = [*others, *attending, x.ndim - 1]
    moved = x.transpose(order)
    steps = np.prod(moved.shape[len(others) : -1])
    sequences = moved.reshape(-1, steps, x.shape[-1])
    y = multi_head_attention(
        sequences,
        sequences,
        None,
        *weights,
        use_bias=use_bias,
        use_gate=use_gate,
        attention_mask=attention_mask,
    )
    return y.reshape(moved.shape).transpose(np.argsort(order))


def window_mask(target, source, sliding_window, use_causal_mask=False):
    """Who may attend to whom, given two numbers of steps.

    Returns booleans, (target, source).
    """
    distance = np.arange(target)[:, np.newaxis] - np.arange(source)
    allowed = np.abs(distance) < sliding_window
    return allowed & (distance >= 0) if use_causal_mask else allowed


def group_query_attention(
    query,
    value,
    key=None,
    *weights,
    use_bias=True,
    use_gate=False,
    sliding_window=None,
    attention_mask=None,
    use_causal_mask=False,
    return_attention_scores=False,
):
    """GroupQueryAttention (Ainslie et al., 2023; Keras documentation).

    query: (batch, target, features), value and key: (batch, source, features),
    weights: as in get_weights(), attention_mask: as of multi_head_attention.
    Returns (batch, target, features), or a pair of that and the scores.
    """
    key = value if key is None else key
    _check_heads(
        "group_query_attention",
        query,
        value,
        key,
        weights,
        use_bias,
        use_gate,
        shared=True,
    )
    of_output = 2 if use_bias else 1
    heads = weights[0].shape[1]
    repeated = [
        np.repeat(weight, heads // weight.shape[-2], axis=-2)
        for weight in weights[:-of_output]
    ]
    repeated += weights[-of_output:]
    return multi_head_attention(
        query,
        value,
        key,
        *repeated,
        use_bias=use_bias,
        use_gate=use_gate,
        sliding_window=sliding_window,
        attention_mask=attention_mask,
        use_causal_mask=use_causal_mask,
        return_attention_scores=return_attention_scores,
    )
