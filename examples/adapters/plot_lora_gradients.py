r"""
LoRA gradients: A stands still in the first step
================================================

Training a ``Dense`` layer with LoRA moves A, B and the bias, but not the
kernel. B begins with zeros, and the gradient of A has B as a factor. So in the
first step only B and the bias move.

.. math::

   G &= \frac{\alpha}{r} \, x^T \delta \\
   \frac{\partial L}{\partial A} &= G \, B^T \\
   \frac{\partial L}{\partial B} &= A^T G \\
   \frac{\partial L}{\partial b} &= \sum_{\text{batch}} \delta

Here :math:`\delta` is the gradient of the loss at the output
:math:`y = x (W + \frac{\alpha}{r} A B) + b`, and :math:`G` that of the kernel,
times the factor.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# One step of ``SGD`` with a learning rate of 1 subtracts the gradient. (Compile
# the model after ``enable_lora``, or it may ignore A and B.)

x = rng.integers(-1, 2, size=(8, 6))  # (batch, features)
target = rng.integers(-2, 3, size=(8, 4))  # (batch, units)
kernel = rng.integers(-1, 2, size=(6, 4))  # (features, units)
bias = np.array([1, -1, 2, 0])  # (units,)
a = rng.choice([-1, 1], size=(6, 2))  # (features, rank)
zero_b = np.zeros((2, 4))  # (rank, units)


def new_model(b, lora_alpha, learning_rate=1.0):
    dense = keras.layers.Dense(4)
    model = keras.Sequential([keras.Input(shape=(6,)), dense])
    dense.enable_lora(rank=2, lora_alpha=lora_alpha)
    sgd = keras.optimizers.SGD(learning_rate)
    model.compile(sgd, loss="mse", run_eagerly=True)  # faster for few steps
    model.set_weights([kernel, bias, a, b])
    return model


model = new_model(zero_b, lora_alpha=3)
model.train_on_batch(x, target)
_, _, new_a, new_b = model.get_weights()
print("A moves by", np.abs(new_a - a).max(), "and B by", np.abs(new_b).max())

# %%
# Compute it
# ----------
# B is zero, so the output is that of the frozen kernel. Take the gradient of
# the mean squared error at the output. It leads to G, and G to the gradients of
# A and B.

output = x @ kernel + bias  # (batch, units)
delta = 2 * (output - target) / output.size  # (batch, units)
G = 3 / 2 * x.T @ delta  # (features, units); alpha / rank is 3 / 2
first_of_a = G @ zero_b.T  # (features, rank), all zero
first_of_b = a.T @ G  # (rank, units)

# %%
# The whole function begins with the gradient at the output. It also returns the
# gradient of the bias.

from keras_by_hand.adapters import lora_gradients

# %%
# Check it
# --------
# Whole numbers divided by powers of two: nothing is rounded.

np.testing.assert_array_equal(new_a, a - first_of_a)
np.testing.assert_array_equal(new_b, zero_b - first_of_b)

np.testing.assert_array_equal(new_a, a)
some_b = rng.integers(-1, 2, size=(2, 4))
for b in (zero_b, some_b):
    for lora_alpha, factor in [(None, 1), (3, 3 / 2)]:
        y = x @ (kernel + factor * a @ b) + bias
        y_gradient = 2 * (y - target) / y.size
        gradients = lora_gradients(x, a, b, y_gradient, lora_alpha=lora_alpha)
        bias_gradient, a_gradient, b_gradient = gradients
        model = new_model(b, lora_alpha)
        model.train_on_batch(x, target)
        new_kernel, new_bias, new_a, new_b = model.get_weights()
        np.testing.assert_array_equal(new_kernel, kernel)
        np.testing.assert_array_equal(new_bias, bias - bias_gradient)
        np.testing.assert_array_equal(new_a, a - a_gradient)
        np.testing.assert_array_equal(new_b, b - b_gradient)

# %%
# Break it
# --------
# What if you forget the factor in the gradients? Only A and B move wrongly.

y = x @ (kernel + 3 / 2 * a @ some_b) + bias
y_gradient = 2 * (y - target) / y.size
_, a_gradient, _ = lora_gradients(x, a, some_b, y_gradient, lora_alpha=3)
_, without_factor, _ = lora_gradients(x, a, some_b, y_gradient)
assert np.any(a_gradient != without_factor)

# %%
# See it
# ------
# After the first step, A has not moved.

model = new_model(zero_b, lora_alpha=3, learning_rate=0.1)
moves = []
for _ in range(12):
    _, new_bias, new_a, new_b = model.get_weights()
    changes = [new_bias - bias, new_a - a, new_b - zero_b]
    moves.append([np.linalg.norm(change) for change in changes])
    model.train_on_batch(x, target)
fig, axis = plt.subplots(figsize=(6, 3.4))
axis.plot(moves, "o-", label=["bias", "A", "B"])
axis.set(title="A waits for B", xlabel="step", ylabel="distance moved")
axis.legend()
plt.show()
