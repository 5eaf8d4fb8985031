"""Cases of attention, and of who may attend to whom."""

import by_hand
import keras
import numpy as np
from library.engine.cases import Case
from library.engine.subjects import function, layer

BATCH = 2
AXES = [1, 2, (1, 2), (-2, 1)]  # of attention, where there are several


def draw_lengths(draw):
    """How many queries and how many values; not equally many."""
    return draw.lengths(2, 3, 6)


def draw_list(draw, config):
    """Query and value, and in every second case a key, with their masks."""
    target, source = draw_lengths(draw)
    query, *others = [draw.normal(BATCH, n, 4) for n in (target, source, source)]
    inputs = [query, *others[: draw.one_of(1, 2)]]
    call = draw.some(return_attention_scores=[True], use_causal_mask=[True])
    masks = [draw.mask(BATCH, target), draw.mask(BATCH, source)]
    some = [masks, [masks[0], None], [None, masks[1]]]
    return Case(config, (inputs,), call | draw.some(mask=some))


@layer("Attention", number=24)
def attention(draw):
    return draw_list(draw, draw.some(use_scale=[True], score_mode=["concat"]))


@layer("AdditiveAttention", number=24)
def additive_attention(draw):
    return draw_list(draw, draw.some(use_scale=[False]))


def draw_heads(draw, config, features):
    """Query, value and, in every second case, a key, with their masks. features: of the
    value."""
    target, source = draw_lengths(draw)
    inputs = draw.normal(BATCH, target, 5), draw.normal(BATCH, source, features)
    attention_masks = [draw.mask(BATCH, target, source), draw.mask(1, target, source)]
    call = draw.some(
        key=[draw.normal(BATCH, source, features)],
        attention_mask=attention_masks,
        query_mask=[draw.mask(BATCH, target)],
        value_mask=[draw.mask(BATCH, source)],
        return_attention_scores=[True],
        use_causal_mask=[True],
    )
    if "key" in call:
        call |= draw.some(key_mask=[draw.mask(BATCH, source)])
    return Case(config, inputs, call)


SHARED = {"use_bias": [False], "use_gate": [True], "sliding_window": [1, 2]}


@layer("MultiHeadAttention", number=32)
def multi_head_attention(draw):
    sizes = {
        "num_heads": draw.one_of(2, 3),
        "key_dim": 16,
    }  # of 3, float32 rounds the root
    if draw.number % 4 != 3:
        pools = {"value_dim": [2, 5], "output_shape": [3, (2, 3)]}
        return draw_heads(draw, sizes | draw.some(**SHARED, **pools), features=3)
    return draw_along_axes(draw, sizes | draw.some(use_gate=[True]))


def draw_along_axes(draw, config):
    """Images as query and value, which are of other lengths along the axes of attention. In
    every second case, with a mask, by which some steps may attend to nothing."""
    turn = draw.number // 4
    axes = AXES[turn % len(AXES)]
    attending = [axis % 4 for axis in np.ravel(axes)]
    target = [BATCH, 3, 2]
    source = [n + 2 * (axis in attending) for axis, n in enumerate(target)]
    inputs = draw.normal(*target, 5), draw.normal(*source, 4)
    call = draw.some(return_attention_scores=[True])
    if axes == 1:
        config = config | draw.some(sliding_window=[2])
        call |= draw.some(use_causal_mask=[True])
    if turn >= len(AXES):
        pairs = [lengths[axis] for lengths in (target, source) for axis in attending]
        others = [(BATCH, 2, 1), (BATCH, 3), (), (BATCH,)][turn % len(AXES)]
        mask = draw.mask(*others, *pairs)
        mask[0] = False
        call["attention_mask"] = mask
    return Case({**config, "attention_axes": axes}, inputs, call)


@layer("GroupQueryAttention", number=24)
def group_query_attention(draw):
    groups = draw.one_of(2, 1, 3)
    sizes = {"num_query_heads": groups * draw.one_of(1, 2, 3)}
    sizes |= {"head_dim": 16, "num_key_value_heads": groups}
    return draw_heads(draw, sizes | draw.some(**SHARED), features=5)


# -- Who may attend to whom, and where


def pairs_of_keras(
    shape,
    query_mask=None,
    value_mask=None,
    key_mask=None,
    attention_mask=None,
    use_causal_mask=False,
    **window,
):
    """The mask that MultiHeadAttention makes of all that it is told, as a whole."""
    batch, target, source = shape
    heads = keras.layers.MultiHeadAttention(1, 1, **window)
    query, value = [keras.ops.zeros((batch, n, 1)) for n in (target, source)]
    mask = heads._compute_attention_mask(
        query,
        value,
        query_mask=query_mask,
        value_mask=value_mask,
        key_mask=key_mask,
        attention_mask=attention_mask,
        use_causal_mask=use_causal_mask,
    )
    return np.broadcast_to(True if mask is None else mask, shape)


@function(pairs_of_keras, by_hand.allowed_pairs)
def allowed_pairs(draw):
    shape = BATCH, *draw_lengths(draw)
    config = draw.some(
        query_mask=[draw.mask(*shape[:2])],
        value_mask=[draw.mask(*shape[::2])],
        key_mask=[draw.mask(*shape[::2])],
        attention_mask=[draw.mask(*shape), draw.mask(*shape[1:])],
        use_causal_mask=[True],
    )
    return Case({"shape": shape, **config}, ())


def window_of_keras(target, source, sliding_window, use_causal_mask=False):
    return pairs_of_keras(
        (1, target, source),
        use_causal_mask=use_causal_mask,
        sliding_window=sliding_window,
    )[0]


@function(window_of_keras, by_hand.window_mask)
def window_mask(draw):
    target, source = draw_lengths(draw)
    config = {"target": target, "source": source, "sliding_window": draw.int(1, 3)}
    return Case(config | draw.some(use_causal_mask=[True]), ())


def positions_in_the_plane(steps, features):
    """The same positions as points on circles, in the plane of complex numbers."""
    speeds = np.exp(-np.log(10000) * np.arange(features // 2) * 2 / features)
    points = np.exp(1j * np.outer(np.arange(steps), speeds))
    return np.stack([points.imag, points.real], axis=-1).reshape(steps, features)


@function(positions_in_the_plane, by_hand.sinusoidal_positions)
def sinusoidal_positions(draw):
    return Case({"steps": draw.int(3, 9), "features": 2 * draw.int(1, 5)}, ())
