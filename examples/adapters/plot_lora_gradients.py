r"""
LoRA gradients: in the first step of training, A does not move
==============================================================

You train with LoRA for one step, and A (``lora_kernel_a``) hasn't changed. That
is no mistake: B, a factor of A's gradient, begins with zeros. The first step
changes B, and from the next one on, A moves as well. Does neither ever move?
If you had trained before ``enable_lora``, call ``compile`` again after it.
"""

import keras
import numpy as np

# %%
# Build it
# --------
# One step from a B of zeros, one from another. SGD(1.0) subtracts gradients.

rng = np.random.default_rng(313)
x = rng.integers(-1, 2, size=(8, 6))  # (batch, features)
target = rng.integers(-2, 3, size=(8, 4))  # (batch, units)
shapes = [(6, 4), (4,), (6, 2), (2, 4)]  # of kernel, bias, A and B
weights = kernel, bias, a, b = [rng.integers(-2, 3, shape) for shape in shapes]
model = keras.Sequential([keras.Input(shape=(6,)), keras.layers.Dense(4)])
model.layers[0].enable_lora(rank=2, lora_alpha=3)
model.compile(keras.optimizers.SGD(1.0), loss="mse")
model.set_weights([kernel, bias, a, np.zeros((2, 4))])
model.train_on_batch(x, target)
first_a, first_b = model.get_weights()[2:]
model.set_weights(weights)
model.train_on_batch(x, target)
after = model.get_weights()

# %%
# Compute it
# ----------
# ``delta`` is the gradient of the loss at the output. That of the kernel, times
# alpha / rank, is G. It reaches A through B, and B through A.

from keras_by_hand.adapters import lora_gradients

delta = 2 * (x @ (kernel + 3 / 2 * a @ b) + bias - target) / target.size
G = 3 / 2 * x.T @ delta  # (features, units)
by_hand = [kernel, bias - delta.sum(axis=0), a - G @ b.T, b - a.T @ G]

# %%
# Check it
# --------
np.testing.assert_array_equal(first_a, a)
_, of_a, of_b = lora_gradients(x, a, b, delta, lora_alpha=3)
np.testing.assert_equal(by_hand[2:], [a - of_a, b - of_b])
np.testing.assert_equal(after, by_hand)

# %%
# Break it
# --------
# Leave out alpha / rank, and the steps of A and B have another size.
right, wrong = by_hand[3], b - a.T @ (x.T @ delta)
print("B, right:", right[0], "wrong:", wrong[0])
assert np.any(right != wrong) and np.all(first_b != 0)
