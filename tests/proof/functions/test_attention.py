"""Attention layers in many drawn cases: shapes, heads and masks."""

from driving import assert_all_equal, by_hand, drawn, random_numbers
from hypothesis import given
from hypothesis import strategies as st
from keras import layers

LENGTHS = st.integers(1, 4)


def draw_inputs(data, layer):
    """Draw query, value and key, and the layer's weights; set them. Returns ([query,
    value, key], weights): (batch, steps, features) each."""
    batch, target, features = 2, data.draw(LENGTHS), data.draw(LENGTHS)
    source = data.draw(st.integers(target, 5))  # so that a window holds some of it
    shapes = [(batch, target, features), (batch, source, data.draw(LENGTHS))]
    shapes.append((batch, source, features))
    if isinstance(layer, layers.Attention):
        layer.build(shapes)
    else:
        layer.build(*shapes)
    given = random_numbers(data, *shapes)
    weights = random_numbers(data, *(w.shape for w in layer.weights))
    layer.set_weights(weights)
    return given, weights


def draw_mask(data, *shape):
    """Draw a mask, or None. Its first entry is true: where all is masked, float64 rounds
    the scores themselves away, and each page says what comes out."""
    mask = data.draw(st.none() | drawn(shape, st.booleans(), "bool"))
    if mask is not None:
        mask[..., 0] = True
    return mask


@given(data=st.data(), causal=st.booleans(), scaled=st.booleans(), dot=st.booleans())
def test_attention(data, causal, scaled, dot):
    options = {"use_scale": scaled, "score_mode": "dot" if dot else "concat"}
    layer = layers.Attention(dtype="float64", **options)
    inputs, weights = draw_inputs(data, layer)
    masks = [draw_mask(data, *array.shape[:2]) for array in inputs[:2]]
    call = {"use_causal_mask": causal, "return_attention_scores": True}
    expected = by_hand.attention(
        *inputs, *weights, query_mask=masks[0], value_mask=masks[1], **options, **call
    )
    assert_all_equal(layer(inputs, mask=masks, **call), expected)


@given(data=st.data(), causal=st.booleans(), scaled=st.booleans())
def test_additive_attention(data, causal, scaled):
    layer = layers.AdditiveAttention(use_scale=scaled, dtype="float64")
    inputs, weights = draw_inputs(data, layer)
    masks = [draw_mask(data, *array.shape[:2]) for array in inputs[:2]]
    call = {"use_causal_mask": causal, "return_attention_scores": True}
    expected = by_hand.additive_attention(
        *inputs,
        *weights,
        use_scale=scaled,
        query_mask=masks[0],
        value_mask=masks[1],
        **call,
    )
    assert_all_equal(layer(inputs, mask=masks, **call), expected)


def assert_heads_equal(data, layer, function, options):
    inputs, weights = draw_inputs(data, layer)
    call = {
        "use_causal_mask": data.draw(st.booleans()),
        "return_attention_scores": True,
    }
    if "sliding_window" not in options:
        batch, target, source = 2, inputs[0].shape[1], inputs[1].shape[1]
        heads = weights[0].shape[1]
        shapes = [
            (batch, target, source),
            (target, source),
            (batch, 1, source),
            (batch, 1, target, source),
            (batch, heads, target, source),
        ]
        shape = data.draw(st.sampled_from(shapes))
        call["attention_mask"] = draw_mask(data, *shape)
    expected = function(*inputs, *weights, **options, **call)
    assert_all_equal(layer(*inputs, **call), expected)


def draw_options(data):
    """Draw what both layers with heads are told; without a window if it is None."""
    window = data.draw(st.none() | st.integers(1, 3))
    options = {} if window is None else {"sliding_window": window}
    return options | {
        "use_bias": data.draw(st.booleans()),
        "use_gate": data.draw(st.booleans()),
    }


@given(data=st.data(), heads=st.integers(1, 3), key_dim=st.sampled_from([4, 16]))
def test_multi_head_attention(data, heads, key_dim):
    options = draw_options(data)
    value_dim = data.draw(st.none() | st.integers(2, 4))  # the bias of 1 goes astray
    layer = layers.MultiHeadAttention(
        heads, key_dim, value_dim, dtype="float64", **options
    )
    assert_heads_equal(data, layer, by_hand.multi_head_attention, options)


@given(data=st.data(), heads=st.integers(1, 2), times=st.integers(1, 3))
def test_group_query_attention(data, heads, times):
    options = draw_options(data)
    layer = layers.GroupQueryAttention(
        4, heads * times, heads, dtype="float64", **options
    )
    assert_heads_equal(data, layer, by_hand.group_query_attention, options)
