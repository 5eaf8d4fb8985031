r"""
Random numbers: from a seed to Keras' first weights, in NumPy
=============================================================

After ``keras.utils.set_random_seed(313)``, a model begins with the same weights
each time. TensorFlow's ``stateless_uniform`` makes them of whole numbers. So
NumPy can reproduce them, to the bit, and repeat a training run without Keras.

Each layer draws a seed. *Philox*, a function that scrambles whole numbers,
makes random words of four bytes: as many as you like, from the seed and 0, 1,
2, ... The lower 23 bits of a word, :math:`b`, give a number :math:`u` from 0 to
below 1. From u comes one weight of the default kernel (Glorot uniform):

.. math::

   u = \frac{b}{2^{23}}, \qquad
   W = \sqrt{\frac{6}{\text{features} + \text{units}}} \; (2 u - 1)
"""

import random

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import glorot_uniform

if keras.backend.backend() != "tensorflow":
    raise SystemExit("This page needs TensorFlow: others draw other numbers")

# %%
# Build it
# --------
# In both layers, features and units add up to six, so that the root is 1.


def build(*, with_dropout):
    keras.utils.set_random_seed(313)
    layers = [keras.Input((4,)), keras.layers.Dense(2)]
    if with_dropout:
        layers.append(keras.layers.Dropout(0.5))
    return keras.Sequential([*layers, keras.layers.Dense(4)])


kernel, _, last_kernel, _ = build(with_dropout=False).get_weights()
print(kernel)

# %%
# Compute it
# ----------
# Python's own generator draws a seed for each layer. Philox takes a key and
# counters, and turns each counter into four words. In each of ten rounds, it
# multiplies two words by constants, and mixes the upper halves of the products
# with the other two words and the key (by exclusive or). Here the first call
# takes a key fixed by TensorFlow, and the seed as its counter. Of its four
# words, two are the key of the second call, and two are part of its counters.
# Eight weights need two counters.
from keras_by_hand.random import philox

seed = random.Random(313).randint(1, 10**9)
words = philox([0x3EC8F720, 0x02461E29], [[seed, 0, 0, 0]])[0]
counters = [[n, 0, words[2], words[3]] for n in range(2)]
bits = philox(words[:2], counters) & (2**23 - 1)
u = bits.reshape(4, 2) / 2**23  # (features, units)
by_hand = np.float32(2 * u - 1)

# %%
# Check it
# --------
# ``glorot_uniform`` does it for any shape and seed. ``draw_kept`` draws what
# dropout keeps: its ``SeedGenerator`` holds a seed and the number of draws.
from keras_by_hand.random import default_seeds, draw_kept

np.testing.assert_array_equal(kernel, by_hand, strict=True)
seeds = default_seeds(313, 3)
expected = glorot_uniform((2, 4), seed=seeds[1])
np.testing.assert_array_equal(last_kernel, expected, strict=True)
model = build(with_dropout=True)
dropped = model.layers[1](np.ones((3, 5)), training=True)
dropped = keras.ops.convert_to_numpy(dropped)
kept = draw_kept((3, 5), 0.5, seed=[seeds[1], 0])
np.testing.assert_array_equal(dropped, np.float32(2 * kept), strict=True)

# %%
# Break it
# --------
# The seed is set, and still one more layer changes the weights of the next.
# Dropout takes the second seed, and the last ``Dense`` the third. To compare
# models, give each initializer a seed of its own.

right, wrong = model.get_weights()[2], last_kernel
print("right:", right[0], "wrong:", wrong[0])
assert np.all(right == glorot_uniform((2, 4), seed=seeds[2]))
assert not np.any(right == wrong)

# %%
# See it
# ------
# The first weight of kernels with 400 seeds in a row.
first = [glorot_uniform((4, 2), seed=seed)[0, 0] for seed in range(400)]
fig, axis = plt.subplots(figsize=(6, 3.2), layout="constrained")
axis.plot(first, ".", markersize=4)
axis.set(xlabel="seed", ylabel="first weight")
axis.set_title("Seeds next to each other give unrelated weights")
plt.show()
