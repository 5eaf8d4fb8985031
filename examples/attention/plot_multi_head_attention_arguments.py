r"""
MultiHeadAttention arguments: value_dim, output_shape, gate
===========================================================

``value_dim`` and ``output_shape`` change the shapes of the weights. With
``use_gate``, one more projection of the query opens or closes each head.

.. math:: y = \sum_h (\sigma(x W^g_h) \odot P_h V_h) W_h

P V is the weighted mean of the values in head h. The sigmoid σ makes its gate:
numbers from 0 (closed) to 1 (open). (All biases are left out here.)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import multi_head_attention

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# The layer returns its scores, too, because of a defect on JAX (see below).

query = rng.normal(size=(2, 3, 6))  # (batch, target, features)
value = rng.normal(size=(2, 5, 7))  # (batch, source, features)


def keras_attention(weights, dtype="float32", **options):
    layer = keras.layers.MultiHeadAttention(2, 4, dtype=dtype, **options)
    layer.build(query.shape, value.shape)
    layer.set_weights(weights)
    y, _ = layer(query, value, return_attention_scores=True)
    return keras.ops.convert_to_numpy(y)


# %%
# Compute it
# ----------


def weight_shapes(
    query_features,
    value_features,
    num_heads,
    key_dim,
    value_dim=None,
    output_shape=None,
    use_bias=True,
    use_gate=False,
):
    """The shapes of MultiHeadAttention's weights, as in get_weights().

    output_shape: a tuple. The key has as many features as the value.
    """
    value_dim = value_dim or key_dim
    output_shape = output_shape or (query_features,)
    made = [
        (query_features, (num_heads, key_dim)),  # query
        (value_features, (num_heads, key_dim)),  # key
        (query_features, (num_heads, value_dim)),  # gate
        (value_features, (num_heads, value_dim)),  # value
    ]
    shapes = []
    for features, bias in made if use_gate else made[:2] + made[3:]:
        shapes += [(features, *bias), bias]
    shapes += [(num_heads, value_dim, *output_shape), output_shape]
    return shapes if use_bias else shapes[::2]


# %%
# Check it
# --------
# ``set_weights`` fails if a shape is wrong. (Only TensorFlow computes a whole
# layer in float64.)

cases = [  # arguments that change only shapes; that change the formula, too
    ({"output_shape": (5, 2)}, {}),  # y: (batch, target, 5, 2)
    ({"value_dim": 3}, {"use_bias": False}),
    ({"value_dim": 3, "output_shape": (5,)}, {"use_gate": True}),
]
tensorflow = keras.backend.backend() == "tensorflow"
for sizes, more in cases:
    shapes = weight_shapes(6, 7, 2, 4, **sizes, **more)
    weights = [rng.normal(size=shape) for shape in shapes]
    expected = multi_head_attention(query, value, None, *weights, **more)
    for dtype in ["float64", "float32"] if tensorflow else ["float32"]:
        y = keras_attention(weights, dtype, **sizes, **more)
        tolerance = 1000 * np.finfo(dtype).eps
        np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# The bias of the key changes no output: all scores of a step of the query grow
# by the same number, which softmax ignores.

other_bias = [*weights[:3], weights[3] + 1, *weights[4:]]
same = keras_attention(other_bias, **sizes, **more)
np.testing.assert_allclose(same, y, tolerance, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1:** in a functional model, the shape of the
#    scores is wrong: it has target for source. On JAX, a ``value_dim`` other
#    than ``key_dim`` is an error, unless the scores are returned.

symbols = [keras.Input((3, 6)), keras.Input((5, 7))]
layer = keras.layers.MultiHeadAttention(2, 4, value_dim=3)
_, scores = layer(*symbols, return_attention_scores=True)
np.testing.assert_equal(scores.shape, (None, 2, 3, 3))  # not 3, 5
if keras.backend.backend() == "jax":
    np.testing.assert_raises(TypeError, layer, query, value)

# %%
# Break it
# --------
# Would you add a gate of zeros to a trained layer, as if it changed nothing? It
# is half open: sigmoid(0) is 0.5. A large bias opens it.

y = keras_attention([*weights[:4], *weights[6:]], **sizes)  # without a gate


def with_gate(bias):
    gate = [np.zeros((6, 2, 3)), np.full((2, 3), bias)]
    gated = [*weights[:4], *gate, *weights[6:]]
    return multi_head_attention(query, value, None, *gated, use_gate=True)


np.testing.assert_allclose(y, with_gate(bias=1000), tolerance, tolerance)
wrong = with_gate(bias=0)
print("right:", y[0, 0].round(1), "wrong:", wrong[0, 0].round(1))
assert not np.allclose(y, wrong)

# %%
# See it
# ------
# The five outputs of one step. Closed gates leave only the output's bias, open
# ones the output without a gate.

biases = np.linspace(-8, 8, 65)
lines = [with_gate(bias)[0, 0] for bias in biases]
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(biases, lines)
axis.set(title="use_gate: from closed heads to open ones", ylabel="y")
axis.set(xlabel="bias of the gate (its kernel is zeros)")
plt.show()
