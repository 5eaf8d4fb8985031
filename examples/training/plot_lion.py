r"""
Lion: steps by the sign of an average
=====================================

Adam keeps two averages for each weight, of gradients and of their squares. Lion
(*evolved sign momentum*) gets by with one, of gradients, and takes only its
sign: in each step, every weight moves by exactly the learning rate. So it needs
less memory than Adam, and a smaller rate: Keras advises 3 to 10 times smaller,
with a weight decay larger by as much. (*signSGD* takes the sign of the
gradient, without average.)

.. math::

   w &\leftarrow w - \eta \operatorname{sign}(\beta_1 m + (1 - \beta_1) \, g) \\
   m &\leftarrow \beta_2 m + (1 - \beta_2) \, g

:math:`g` is the gradient of a weight :math:`w`, :math:`\eta` the learning rate.
The average :math:`m` begins at 0. It is used twice: for the step it is mixed
with much of the newest gradient (:math:`\beta_1` is 0.9), but what is kept
takes only a little of it (:math:`\beta_2` is 0.99), and remembers for long.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import adam

# %%
# Build it
# --------
# Two weights have steady gradients, a large and a small one. The third has one
# that turns around. ``apply`` takes gradients, so no model is needed.

gradients = np.array([[100, 0.01, 1], [100, 0.01, 1], [100, 0.01, -1]])
weights = keras.Variable(np.zeros(3), dtype="float32")
optimizer = keras.optimizers.Lion(learning_rate=0.5)
path = []
for gradient in np.float32(gradients):
    optimizer.apply([keras.ops.convert_to_tensor(gradient)], [weights])
    path.append(keras.ops.convert_to_numpy(weights))
print(np.stack(path))  # (steps, weights)

# %%
# Compute it
# ----------
# The step comes first. Only then does the average take in the gradient.

w, m, by_hand = np.zeros(3), np.zeros(3), []
for g in gradients:
    w = w - 0.5 * np.sign(0.9 * m + 0.1 * g)
    m = 0.99 * m + 0.01 * g
    by_hand.append(w)

# %%
# The whole function takes one step, with any betas.

from keras_by_hand import lion

# %%
# Check it
# --------
# Halves are not rounded: the weights are equal to the bit.

np.testing.assert_array_equal(path, np.float32(by_hand), strict=True)
w, slots = np.zeros(3), None
for g in gradients:
    w, slots = lion(w, g, slots, learning_rate=0.5)
np.testing.assert_array_equal(path[2], np.float32(w), strict=True)

# %%
# Break it
# --------
# Adam takes in the gradient first, then steps. Suppose you port Lion so, with
# one average for both. It remembers too well: the gradient of the third weight
# has turned around, and the weight still goes on, uphill.

w, m = np.zeros(3), np.zeros(3)
for g in gradients:
    m = 0.99 * m + 0.01 * g
    w = w - 0.5 * np.sign(m)
print("right:", path[2])
print("wrong:", w)
assert np.all((path[2] == w) == [True, True, False])

# %%
# See it
# ------
# The loss is a parabola, so that the gradient is the weight itself. Adam's
# steps get shorter near the minimum. Lion's do not: it swings around 0 until
# the learning rate falls. The page "Learning rate schedules" shows how.

by_adam = by_lion = 1.0
adam_slots = lion_slots = None
weights = []
for t in range(1, 151):
    by_adam, adam_slots = adam(by_adam, by_adam, adam_slots, t, 0.05)
    by_lion, lion_slots = lion(by_lion, by_lion, lion_slots, 0.05)
    weights.append([by_adam, by_lion])
fig, axis = plt.subplots(figsize=(6, 3.2), layout="constrained")
axis.plot(np.array(weights), label=["Adam", "Lion"])
axis.set(xlabel="step", ylabel="weight")
axis.set_title("Lion's steps do not get shorter by themselves")
axis.legend()
plt.show()
