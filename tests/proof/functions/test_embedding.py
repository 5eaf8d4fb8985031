"""Embeddings in many drawn cases."""

from driving import assert_equal, by_hand, drawn, random_numbers
from hypothesis import given
from hypothesis import strategies as st
from keras import layers


def draw_tokens(data):
    """Draw tokens below 7, of one to three axes."""
    shape = tuple(data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)))
    return data.draw(drawn(shape, st.integers(0, 6), "int64"))


@given(data=st.data())
def test_embedding(data):
    x, (embeddings,) = draw_tokens(data), random_numbers(data, (7, 3))
    layer = layers.Embedding(7, 3, dtype="float64")
    layer.build()
    layer.set_weights([embeddings])
    assert_equal(layer(x), by_hand.embedding(x, embeddings))


@given(data=st.data(), tied=st.booleans(), cap=st.none() | st.sampled_from([0.5, 2.0]))
def test_reversible_embedding(data, tied, cap):
    tokens = draw_tokens(data)
    (x,) = random_numbers(data, (*tokens.shape, 3))
    layer = layers.ReversibleEmbedding(
        7, 3, tie_weights=tied, logit_soft_cap=cap, dtype="float64"
    )
    layer.build()
    weights = random_numbers(data, *(weight.shape for weight in layer.weights))
    layer.set_weights(weights)
    assert_equal(layer(tokens), by_hand.reversible_embedding(tokens, *weights))
    expected = by_hand.reversible_embedding(
        x, *weights, reverse=True, logit_soft_cap=cap
    )
    assert_equal(layer(x, reverse=True), expected)
