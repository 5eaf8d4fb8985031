r"""
Positional encoding: attention alone cannot tell the order
==========================================================

"Dog bites man" and "man bites dog" are made of the same words. If words change
places, the outputs of ``Attention`` change places with them, and stay the same
numbers. So transformers add a vector for its position to each word.

.. math::

   P_{t, 2i} &= \sin \left( t / 10000^{2i/d} \right) \\
   P_{t, 2i+1} &= \cos \left( t / 10000^{2i/d} \right)

These are the sinusoidal positions of the first transformer (Vaswani et al.,
2017), for step :math:`t`, pair :math:`i`, and :math:`d` features.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import attention

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Six words attend to one another. Then the same six do, in another order.

x = rng.normal(size=(1, 6, 8)).astype("float32")  # (batch, steps, features)
order = [2, 0, 1, 5, 4, 3]  # word 0 moves to step 1
layer = keras.layers.Attention()


def attend(x):
    return keras.ops.convert_to_numpy(layer([x, x]))  # query, and value as key


y, shuffled = attend(x), attend(x[:, order])
print("word 0 at step 0:", y[0, 0, :4].round(2))
print("word 0 at step 1:", shuffled[0, 1, :4].round(2))

# %%
# Compute it
# ----------
# Each pair of features, a sine and a cosine, is a point on a circle. The first
# pair goes round in 2π steps (about 6), and each further pair more slowly.
# Sines stand in the even columns, and cosines in the odd ones.

divisors = 10000 ** (np.arange(0, 8, 2) / 8)  # 1, 10, 100, 1000
angles = np.arange(6)[:, np.newaxis] / divisors  # (steps, pairs)
positions = np.zeros((6, 8), dtype="float32")  # (steps, features)
positions[:, 0::2] = np.sin(angles)
positions[:, 1::2] = np.cos(angles)

# %%
# Each position is added to the word that stands there. Then the words attend.

expected = attention(x + positions, x + positions)

# %%
# Check it
# --------
# Without positions, the outputs change places as the words do.

np.testing.assert_allclose(y, attention(x, x), rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(shuffled, y[:, order], rtol=1e-4, atol=1e-4)

# %%
# With positions, they become other numbers.

y = attend(x + positions)
np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)
shuffled = attend(x[:, order] + positions)
assert not np.allclose(shuffled, y[:, order], rtol=0.01, atol=0.01)

# %%
# Break it
# --------
# Tensor2Tensor, the first transformer's own code, puts all sines first. (Its
# divisors differ a bit, too.) A model needs the order it was trained with.

halves = np.concatenate([positions[:, 0::2], positions[:, 1::2]], axis=-1)
wrong = attend(x + halves)
print("right:", y[0, 2, :4].round(2))
print("wrong:", wrong[0, 2, :4].round(2))
assert not np.allclose(y, wrong)

# %%
# In full
# -------
# ``sinusoidal_positions`` takes any number of steps, and of pairs of features.

from keras_by_hand.layers.attention import sinusoidal_positions

np.testing.assert_allclose(sinusoidal_positions(6, 8), positions, atol=1e-6)

# %%
# See it
# ------
# The hand of a clock is a pair of features: sine across, cosine upwards.
# On the site, move two steps together: as long as they are as far apart, their
# dot product stays the same.

# sphinx_gallery_moving_picture = True
fig, clocks = plt.subplots(1, 4, figsize=(6, 2.2), layout="constrained")
fig.suptitle("Steps 0 to 5: each pair turns more slowly than the one before")
for i, (clock, divisor) in enumerate(zip(clocks, divisors)):
    clock.add_patch(plt.Circle((0, 0), 1, fill=False, color="gray"))
    for t, (across, up) in enumerate(positions[:, 2 * i : 2 * i + 2]):
        clock.plot([0, across], [0, up], color="C0", alpha=0.3 + 0.14 * t)
        if i == 0:  # elsewhere there is no room for numbers
            clock.text(1.2 * across, 1.2 * up, t, ha="center", va="center")
    clock.set(title=f"t / {divisor:g}", xlim=(-1.4, 1.4), ylim=(-1.4, 1.4))
    clock.set(aspect="equal", frame_on=False, xticks=[], yticks=[])
plt.show()

# %%
# Try it
# ------
# 1. Each of the ``products = positions @ positions.T`` depends only on how far
#    apart the two positions are. From ``divisors``, compute ``alike``, the one
#    for 3 steps apart: ``assert np.allclose(np.diag(products, 3), alike)``
# 2. Let ``pair = positions[:, :2]``. A step turns it on its circle, always by
#    the same angle. Find the matrix ``turn``, of shape (2, 2), that does this:
#    ``assert np.allclose(pair[:-1] @ turn, pair[1:], atol=1e-5)``
