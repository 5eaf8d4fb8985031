r"""
Positional encoding: attention alone cannot tell the order
==========================================================

If the steps of a sequence change places, the outputs of ``Attention`` change
places in the same way, and stay the same numbers. Adding a vector for each
position to the embeddings tells the layer where a step stands.

.. math::

   P_{t, 2i} &= \sin \left( t / 10000^{2i/d} \right) \\
   P_{t, 2i+1} &= \cos \left( t / 10000^{2i/d} \right)

These are the sinusoidal positions of Vaswani et al. (2017), for step t and d
features.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import softmax

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Six tokens, and the same six in another order. A second ``Embedding`` holds
# the positions in its rows. It is not trained.

tokens = np.array([[3, 1, 4, 1, 5, 9]])  # (batch, steps)
order = [2, 0, 1, 5, 4, 3]
embeddings = rng.normal(size=(10, 8)).astype("float32")  # (tokens, features)


def keras_attention(tokens, positions=None):
    x = keras.layers.Embedding(10, 8, weights=[embeddings])(tokens)
    if positions is not None:
        fixed = {"weights": [positions], "trainable": False}
        layer = keras.layers.Embedding(*positions.shape, **fixed)
        x = x + layer(np.arange(len(positions)))
    return keras.ops.convert_to_numpy(keras.layers.Attention()([x, x]))


y = keras_attention(tokens)
print("token 3:", y[0, 0].round(2))
print("token 3 elsewhere:", keras_attention(tokens[:, order])[0, 1].round(2))

# %%
# Compute it
# ----------
# Each pair of features, a sine and a cosine, is a point on a circle. The first
# pair goes round in 2π steps (about 6), and each further pair more slowly.
# Sines stand in the even columns, and cosines in the odd ones.

divisors = 10000 ** (np.arange(0, 8, 2) / 8)  # 1, 10, 100, 1000
angles = np.arange(6)[:, np.newaxis] / divisors  # (steps, pairs)
waves = np.zeros((6, 8))  # (steps, features)
waves[:, 0::2] = np.sin(angles)
waves[:, 1::2] = np.cos(angles)

# %%
# The whole function takes any number of steps and features.
# ``self_attention`` computes what the layer does here.

from keras_by_hand import sinusoidal_positions


def self_attention(x):
    """Attention of x, (batch, steps, features), to itself, as in Keras."""
    return softmax(x @ x.swapaxes(1, 2)) @ x


positions = sinusoidal_positions(6, 8)  # (steps, features)

# %%
# Check it
# --------
# The function returns the positions above. Then Keras: without positions, the
# outputs change places as the tokens do.

np.testing.assert_allclose(positions, waves, atol=1e-12)

tolerance = 1000 * np.finfo("float32").eps
shuffled = keras_attention(tokens[:, order])
np.testing.assert_allclose(shuffled, y[:, order], tolerance, tolerance)
expected = self_attention(embeddings[tokens])
np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# With positions, the same token gets another output at another step.

y = keras_attention(tokens, positions)
shuffled = keras_attention(tokens[:, order], positions)
for actual, ids in ((y, tokens), (shuffled, tokens[:, order])):
    expected = self_attention(embeddings[ids] + positions)
    np.testing.assert_allclose(actual, expected, tolerance, tolerance)
np.testing.assert_equal(np.allclose(shuffled, y[:, order]), False)

# %%
# With 8 features, the angles are t, t/10, t/100 and t/1000. The dot product of
# two positions is the sum of the cosines of the differences of their angles. So
# it depends only on how far apart they are.

t = np.arange(6)
distances = t[:, np.newaxis] - t
products = 0
for pair, divisor in enumerate((1, 10, 100, 1000)):
    sines, cosines = positions[:, 2 * pair], positions[:, 2 * pair + 1]
    np.testing.assert_allclose(sines, np.sin(t / divisor), atol=1e-12)
    np.testing.assert_allclose(cosines, np.cos(t / divisor), atol=1e-12)
    products = products + np.cos(distances / divisor)
np.testing.assert_allclose(positions @ positions.T, products, atol=1e-12)

# %%
# Break it
# --------
# Some programs, such as Tensor2Tensor, put all sines first, then all cosines.
# Would you use their positions with weights trained on those of the paper?

halves = np.concatenate([positions[:, 0::2], positions[:, 1::2]], axis=-1)
wrong = self_attention(embeddings[tokens] + halves)
print("right:", y[0, 2].round(1), "wrong:", wrong[0, 2].round(1))
assert not np.allclose(y, wrong)

# %%
# See it
# ------
# The first features change quickly from step to step, the last ones hardly.

table = sinusoidal_positions(60, 32)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
image = axis.imshow(table.T, cmap="PuOr", vmin=-1.2, vmax=1.2, aspect="auto")
axis.set(title="Positional encoding: each step has a column of its own")
axis.set(xlabel="step", ylabel="feature")
fig.colorbar(image)
plt.show()
