r"""
LoRA gradients: A learns through B, and B through A
===================================================

Training a ``Dense`` layer with LoRA moves A, B and the bias, but not the
kernel. With :math:`\delta` for the gradient of the loss at the output
:math:`y = x (W + \frac{\alpha}{r} A B) + b`:

.. math::

   G &= \frac{\alpha}{r} \, x^T \delta \\
   \frac{\partial L}{\partial A} &= G \, B^T \\
   \frac{\partial L}{\partial B} &= A^T G

B begins with zeros. So in the first step A stays, and only B moves.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# With a learning rate of 1, the weights before a step of ``SGD`` minus the
# weights after it are the gradient. Compile the model after ``enable_lora``.

x = rng.integers(-1, 2, size=(8, 6))  # (batch, features)
target = rng.integers(-2, 3, size=(8, 4))  # (batch, units)
kernel = rng.integers(-1, 2, size=(6, 4))  # (features, units)
bias = np.array([1, -1, 2, 0])  # (units,)
a = rng.choice([-1, 1], size=(6, 2))  # (features, rank)
b = np.zeros((2, 4))  # (rank, units)


def train(lora_alpha=None, learning_rate=1.0, steps=2):
    """Kernel, bias, A and B before the first step and after each."""
    dense = keras.layers.Dense(4)
    model = keras.Sequential([keras.Input(shape=(6,)), dense])
    dense.enable_lora(rank=2, lora_alpha=lora_alpha)
    model.compile(keras.optimizers.SGD(learning_rate), loss="mse")
    model.set_weights([kernel, bias, a, b])
    states = [model.get_weights()]
    for _ in range(steps):
        model.train_on_batch(x, target)
        states.append(model.get_weights())
    return states


# %%
# Compute it
# ----------


def lora_gradients(x, a, b, y_gradient, lora_alpha=None):
    """Gradients of the bias, a and b of a Dense layer with LoRA.

    x: (batch, features), a: (features, rank), b: (rank, units), y_gradient:
    (batch, units), the gradient of the loss at y. (Layer: Hu et al., 2021.)
    """
    factor = 1 if lora_alpha is None else lora_alpha / a.shape[-1]
    kernel_gradient = factor * x.T @ y_gradient  # (features, units)
    bias_gradient = np.sum(y_gradient, axis=0)
    return bias_gradient, kernel_gradient @ b.T, a.T @ kernel_gradient


# %%
# Check it
# --------
# Whole numbers, divided by powers of two, are equal to the bit.

for alpha in (None, 3):
    states = train(alpha)
    for before, after in zip(states, states[1:]):
        _, old_bias, old_a, old_b = before
        y = x @ (kernel + (alpha or 2) / 2 * old_a @ old_b) + old_bias
        y_gradient = 2 * (y - target) / y.size
        expected = lora_gradients(x, old_a, old_b, y_gradient, alpha)
        for old, new, gradient in zip(before[1:], after[1:], expected):
            np.testing.assert_array_equal(old - new, gradient)
        np.testing.assert_array_equal(after[0], kernel)

# %%
# .. warning:: **Seen in Keras 3.15.1:** With LoRA, a ``kernel_regularizer``
#    penalizes A and B, each by itself, and no longer the kernel.

dense = keras.layers.Dense(4, kernel_regularizer=keras.regularizers.L2(0.5))
dense.build((None, 6))
dense.enable_lora(rank=2)
dense.set_weights([kernel, old_bias, old_a, old_b])
penalties = [keras.ops.convert_to_numpy(loss) for loss in dense.losses]
expected = [np.sum(old_a**2) / 2, np.sum(old_b**2) / 2]
np.testing.assert_array_equal(penalties, expected)

# %%
# Break it
# --------
# Would you forget the factor? Or reshape B where it must be transposed?

kernel_gradient = x.T @ y_gradient
a_moved = old_a - states[2][2]
assert np.any(a_moved != kernel_gradient @ old_b.T)
assert np.any(a_moved != 3 / 2 * kernel_gradient @ old_b.reshape(4, 2))

# %%
# See it
# ------

states = train(lora_alpha=3, learning_rate=0.1, steps=12)
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
for name, place in (("bias", 1), ("A", 2), ("B", 3)):
    moves = [np.linalg.norm(w[place] - states[0][place]) for w in states]
    axis.plot(moves, "o-", label=name)
axis.set(title="A waits for B", xlabel="step", ylabel="distance moved")
axis.legend()
plt.show()
