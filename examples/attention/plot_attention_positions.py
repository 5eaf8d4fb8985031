r"""
Positional encoding: attention alone cannot tell the order
==========================================================

"Dog bites man" and "man bites dog" are made of the same words. If words change
places, the outputs of ``Attention`` change places with them, and stay the same
numbers. So transformers add to each word a vector that tells its position.

.. math::

   P_{t, 2i} &= \sin \left( t / 10000^{2i/d} \right) \\
   P_{t, 2i+1} &= \cos \left( t / 10000^{2i/d} \right)

These sines are those of the first transformer (Vaswani et al., 2017), for step
t, pair i, and d features.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import attention  # of query and value, which is the key

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
# Suppose you add the step's number itself: 0, 1, 2 and so on. Late words become
# large, so their scores do, too: nearly all words see the last one alone.

wrong = attend(x + np.arange(6, dtype="float32")[:, np.newaxis])
print("right:", y[0, :, 0].round(2))
print("wrong:", wrong[0, :, 0].round(2))
assert np.ptp(wrong[0, 2:, 0]) < 0.01 < np.ptp(y[0, 2:, 0])

# %%
# In full
# -------
# ``sinusoidal_positions`` takes any number of steps, and of pairs of features.
# (Tensor2Tensor, the first transformer's own code, puts all sines before all
# cosines. A model needs the order that it was trained with.)

from keras_by_hand.layers.attention import sinusoidal_positions

np.testing.assert_allclose(sinusoidal_positions(6, 8), positions, atol=1e-6)

# %%
# See it
# ------
# The hand of a clock is a pair of features: sine across, cosine upwards.
# On the site, move two steps together: while their distance stays the same, so
# does their dot product.

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
# 1. Write ``likeness(distance, divisors)``: the dot product of two positions
#    that stand so far apart. (sin(a) sin(b) + cos(a) cos(b) = cos(a - b).)
# 2. Write ``step_of(position)``, which reads the step from its eight features.
#    ``np.arctan2(sine, cosine)`` gives back an angle between -pi and pi. Which
#    pair of features knows all steps up to 3000?
