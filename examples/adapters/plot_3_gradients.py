r"""
LoRA trains A and B by the kernel's gradient
============================================

Once LoRA is enabled, training moves A, B and the bias, and leaves the kernel
alone. The kernel's gradient is still what counts: A sees it through B, and B
sees it through A.

.. math::

   G = \frac{\partial L}{\partial y}, \qquad
   \frac{\partial L}{\partial A} = \frac{\alpha}{r} \, x^T G \, B^T, \qquad
   \frac{\partial L}{\partial B} = \frac{\alpha}{r} \, A^T x^T G, \qquad
   \frac{\partial L}{\partial b} = \sum_{\text{batch}} G
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# A has random signs here, and B begins with zeros, as always. ``SGD`` with a
# learning rate of 1 subtracts the gradient and nothing else: the weights before
# a step, less those after it, *are* the gradient.

batch, features, units, rank, alpha = 8, 6, 4, 2, 3
x = np.random.randint(-1, 2, size=(batch, features))
target = np.random.randint(-2, 3, size=(batch, units))
kernel = np.random.randint(-1, 2, size=(features, units))
bias = np.array([1, -1, 2, 0])  # (units,)
a = np.random.choice([-1, 1], size=(features, rank))
b = np.zeros((rank, units))

dense = keras.layers.Dense(units)
model = keras.Sequential([keras.Input(shape=(features,)), dense])
dense.enable_lora(rank, lora_alpha=alpha)
shapes = [w.shape for w in (kernel, bias, a, b)]
np.testing.assert_equal([tuple(w.shape) for w in dense.weights], shapes)
dense.set_weights([kernel, bias, a, b])
y = model.predict(x, verbose=0)  # (batch, units)
np.testing.assert_equal((y.shape, y.dtype), ((batch, units), np.float32))
np.testing.assert_array_equal(y, x @ kernel + bias)

# %%
# A model compiled before would have an optimizer that does not know A and B. It
# is compiled after LoRA is enabled.

model.compile(keras.optimizers.SGD(learning_rate=1.0), loss="mse")
states, losses = [dense.get_weights()], []
for _ in range(2):
    losses.append(model.train_on_batch(x, target))
    states.append(dense.get_weights())

# %%
# Compute it
# ----------
# Each gradient has the shape of its weights, so that only this order fits:
# ``(features, units) @ (units, r)`` for A, and for B ``(r, features) @
# (features, units)``.


def loss_and_gradients(x, target, kernel, bias, a, b):
    """The mean squared error, and its gradients for bias, a and b."""
    scale = alpha / a.shape[1]
    error = x @ (kernel + scale * a @ b) + bias - target  # (batch, units)
    gradient = 2 * error / error.size
    kernel_gradient = x.T @ gradient  # (features, units)
    bias_gradient = gradient.sum(axis=0)  # (units,)
    a_gradient = scale * kernel_gradient @ b.T  # (features, r)
    b_gradient = scale * a.T @ kernel_gradient  # (r, units)
    return np.mean(error**2), [bias_gradient, a_gradient, b_gradient]


# %%
# Check it
# --------
# Each step is computed from Keras' weights before it. All numbers are multiples
# of a power of two that float32 holds: equal to the bit. The kernel never
# moves. In the first step A does not either, for B is zero.

for i in range(2):
    before = [w.astype("float64") for w in states[i]]
    loss, gradients = loss_and_gradients(x, target, *before)
    np.testing.assert_equal(losses[i], loss, err_msg=f"step {i + 1}")
    np.testing.assert_array_equal(states[i + 1][0], kernel)
    for place, gradient in enumerate(gradients, start=1):
        moved = before[place] - states[i + 1][place]
        largest = np.max(np.abs(moved))
        name = ["kernel", "bias", "A", "B"][place]
        print(f"step {i + 1}, {name}: moved by {largest:.4f} at most")
        np.testing.assert_equal(states[i + 1][place].dtype, np.float32)
        np.testing.assert_array_equal(moved, gradient, err_msg=name)
np.testing.assert_array_equal(states[1][2], a)
np.testing.assert_equal(np.any(states[2][2] != a), True)
print("losses:", *losses)

# %%
# What is penalised
# -----------------
# A penalty, too, is for what is trained. With LoRA, a ``kernel_regularizer``
# forgets the kernel and falls on A and on B, each by itself, not on the sum
# that the layer computes with.

penalised = keras.layers.Dense(
    units, kernel_regularizer=keras.regularizers.L2(0.5)
)
penalised.build((None, features))
penalised.enable_lora(rank)
new_a, new_b = states[1][2:]
penalised.set_weights([kernel, bias, new_a, new_b])
penalties = [keras.ops.convert_to_numpy(loss) for loss in penalised.losses]
print("penalties:", *penalties)
squares = [0.5 * np.sum(w.astype("float64") ** 2) for w in (new_a, new_b)]
np.testing.assert_array_equal(penalties, squares)

# %%
# Break it
# --------
# Mistakes in the second step, each of the right shape: without the factor, with
# a reshape where a transpose belongs, and as if the bias were frozen as well.

old_kernel, old_bias, old_a, old_b = states[1]
error = x @ (old_kernel + alpha / rank * old_a @ old_b) + old_bias - target
kernel_gradient = x.T @ (2 * error / error.size)
a_moved, b_moved = old_a - states[2][2], old_b - states[2][3]
mistakes = {
    "A, no alpha": (a_moved, kernel_gradient @ old_b.T),
    "A, reshaped": (
        a_moved,
        1.5 * kernel_gradient @ old_b.reshape(units, rank),
    ),
    "B, no alpha": (b_moved, old_a.T @ kernel_gradient),
    "B, reshaped": (b_moved, 1.5 * old_a.reshape(rank, -1) @ kernel_gradient),
    "bias, frozen": (old_bias - states[2][1], np.zeros(units)),
}
for name, (moved, wrong) in mistakes.items():
    differ = np.count_nonzero(moved != wrong)
    print(f"{name}: {differ} of {wrong.size} entries differ")
    np.testing.assert_equal(differ > wrong.size / 2, True, err_msg=name)

# %%
# See it
# ------
# The function above, with a learning rate of 0.1: how far each matrix is from
# where it began, as the root of the sum of squares.

weights, distances = [bias, a, b], []
for _ in range(13):
    starts = zip(weights, [bias, a, b])
    distances.append([np.sum((w - start) ** 2) ** 0.5 for w, start in starts])
    _, gradients = loss_and_gradients(x, target, kernel, *weights)
    weights = [w - 0.1 * g for w, g in zip(weights, gradients)]
fig, axis = plt.subplots(figsize=(6, 3.6), layout="constrained")
lines = axis.plot(distances, marker="o", markersize=4)
for line, name, style in zip(lines, ["bias", "A", "B"], [":", "-", "--"]):
    line.set(label=name, linestyle=style)
axis.set(title="A waits until B has made its first step")
axis.set(xlabel="step", ylabel="distance from the start")
axis.legend()
plt.show()
