r"""
MultiHeadAttention dropout: scores are dropped, not features
============================================================

In training, ``dropout`` sets some scores of ``MultiHeadAttention`` and
``GroupQueryAttention`` to zero, after softmax. The others become larger, and
the scores of a step no longer add up to 1.

.. math:: p'_{t,s} = \frac{m_{t,s} \; p_{t,s}}{1 - \text{rate}}

m is 0 for a score that is dropped, and 1 for one that is kept. It is drawn for
each score on its own: in each sample, head and step.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import GroupQueryAttention, MultiHeadAttention

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# The values are one-hot, and the kernels of value and output are identities. So
# the output of a step is the scores that it used, one head after the other.

rate = 0.25
query = rng.normal(size=(8, 50, 8)).astype("float32")
value = np.tile(np.eye(4), (8, 1, 1))  # (batch, source, features)


def build(layer_class, *sizes, **options):
    layer = layer_class(*sizes, **options)
    layer.build(query.shape, value.shape)
    weights = layer.get_weights()
    # Kernels of value, (features, heads, size); output, (heads, size, features)
    weights[4][:] = np.eye(4)[:, np.newaxis]
    weights[6] = np.eye(8).reshape(2, 4, 8)
    layer.set_weights(weights)
    return layer


def scores_of(layer, training):
    """The scores that the layer used, and those that it returned."""
    call = {"return_attention_scores": True, "training": training}
    y, scores = map(keras.ops.convert_to_numpy, layer(query, value, **call))
    return y.reshape(8, 50, 2, 4).swapaxes(1, 2), scores


# %%
# Compute it
# ----------


def drop_scores(scores, kept, rate):
    """Attention scores after dropout (Srivastava et al., 2014).

    scores, kept: (batch, heads, target, source), kept: booleans.
    """
    return scores * kept / (1 - rate)


# %%
# Check it
# --------
# A score of 0 in the output has been dropped.
#
# .. warning:: **Seen in Keras 3.15.1, documentation:** The scores that
#    ``MultiHeadAttention`` and ``GroupQueryAttention`` return are those before
#    dropout, not those that they used.

tolerance = 1000 * np.finfo("float32").eps
options = {"dropout": rate, "seed": 1}
for layer_class, sizes in [  # heads and key_dim; head_dim and heads
    (MultiHeadAttention, (2, 4)),
    (GroupQueryAttention, (4, 2, 1)),
]:
    layer = build(layer_class, *sizes, **options)
    used, scores = scores_of(layer, training=True)
    kept = used > 0
    expected = drop_scores(scores, kept, rate)
    np.testing.assert_allclose(used, expected, tolerance, tolerance)

    # A prediction uses all scores
    predicted, _ = scores_of(layer, training=False)
    np.testing.assert_allclose(predicted, scores, tolerance, tolerance)

    # The same seed draws the same scores, but the next call draws others
    again, _ = scores_of(build(layer_class, *sizes, **options), training=True)
    np.testing.assert_array_equal(again > 0, kept)
    second, _ = scores_of(layer, training=True)

    # 75 % are kept, and of pairs 75 % of 75 %: they do not depend on each other
    for kept_parts, p in [
        (kept, 0.75),
        (kept & (second > 0), 0.75**2),  # in two calls
        (kept[:4] & kept[4:], 0.75**2),  # of two samples
        (kept[:, 0] & kept[:, 1], 0.75**2),  # of two heads
        (kept[:, :, :25] & kept[:, :, 25:], 0.75**2),  # of two steps
    ]:
        limit = 6 * np.sqrt(p * (1 - p) / kept_parts.size)  # standard errors
        np.testing.assert_array_less(abs(kept_parts.mean() - p), limit)

# %%
# ``Attention`` drops its weights in the same way, but returns others.
#
# .. warning:: **Seen in Keras 3.15.1, documentation:** In training,
#    ``Attention`` returns the scores after dropout. The scores of a query don't
#    add up to 1 then.

key = rng.normal(size=(8, 4, 8)).astype("float32")  # (batch, source, features)


def of_attention(training):
    layer = keras.layers.Attention(**options)
    call = {"return_attention_scores": True, "training": training}
    results = layer([query, value, key], **call)
    return [keras.ops.convert_to_numpy(result) for result in results]


y, all_weights = of_attention(training=False)  # y: the weights that it used
np.testing.assert_allclose(y, all_weights, tolerance, tolerance)
y, returned = of_attention(training=True)
left = drop_scores(all_weights, y > 0, rate)
np.testing.assert_allclose(y, left, tolerance, tolerance)
np.testing.assert_allclose(returned, left, tolerance, tolerance)
limit = 6 * np.sqrt(0.75 * 0.25 / y.size)  # standard errors
np.testing.assert_array_less(abs(np.mean(y > 0) - 0.75), limit)
y_again, _ = of_attention(training=True)
np.testing.assert_array_equal(y_again, y)

# %%
# Break it
# --------
# Would you divide the kept scores by their sum, to make it 1 again? Keras does
# not. If the largest score is dropped, little is left.

total = np.sum(scores * kept, axis=-1, keepdims=True)
wrong = scores * kept / np.maximum(total, 1e-9)
print("right:", used[0, 0, 0].round(2), "wrong:", wrong[0, 0, 0].round(2))
assert not np.allclose(used, wrong)

# %%
# See it
# ------
# A column has the scores of one step, and their sum below.

panels = [("returned", scores), ("used", used)]
fig, axes = plt.subplots(1, 2, figsize=(6, 2.2), layout="constrained")
fig.suptitle("Dropout sets some scores to zero, and makes the others larger")
for axis, (title, values) in zip(axes, panels):
    steps = values[0, 0, :10]  # (target, source)
    axis.imshow(steps.T, cmap="PuOr", vmin=-1.2, vmax=1.2)
    axis.set_xticks(range(10), steps.sum(axis=1).round(1), fontsize=7)
    axis.set(title=title, xlabel="sum, for ten steps of the query", yticks=[])
axes[0].set_ylabel("key and value")
plt.show()
