r"""
Three ways to clip a gradient
=============================

Clipping bounds the gradients before the optimizer uses them. ``clipvalue``
bounds each entry, ``clipnorm`` each array, and ``global_clipnorm`` all arrays
together: only the last keeps the direction of the step. For a bound :math:`c`
and the arrays of gradients :math:`g_k`, of kernels and biases:

.. math::

   \begin{aligned}
   \text{clipvalue:} \quad & \max(-c, \min(c, g_k)) \\
   \text{clipnorm:} \quad & g_k \frac{c}{\max(c, n_k)},
   \quad n_k = \sqrt{\sum g_k^2} \\
   \text{global clipnorm:} \quad & g_k \frac{c}{\max(c, n)},
   \quad n = \sqrt{\sum_k n_k^2}
   \end{aligned}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# Two steps of each way, from the same integers: one with targets that are far
# from what the layer predicts, and one with targets off by one, where the
# gradients are so small that nothing is to be clipped.

bound, learning_rate = 4.0, 0.5
x = np.random.randint(-1, 2, size=(4, 3))  # (batch, features)
start = [np.array([[1, -2], [3, -3], [-1, 2]]), np.array([-1, 2])]  # W, b
target = {
    "far": np.array([[1, 20], [-9, -6], [12, -13], [-7, -4]]),  # (batch, units)
    "near": x @ start[0] + start[1] + 1,
}
new_weights, losses = {}, {}
for name in ("clipvalue", "clipnorm", "global_clipnorm"):
    optimizer = keras.optimizers.SGD(learning_rate, **{name: bound})
    model = keras.Sequential([keras.Input(shape=(3,)), keras.layers.Dense(2)])
    model.compile(optimizer, loss="mean_squared_error")
    for far in target:
        model.set_weights(start)
        losses[name, far] = model.train_on_batch(x, target[far])
        new_weights[name, far] = model.get_weights()

# %%
# Compute it
# ----------
# Each function takes the gradients of all arrays, and returns them clipped.


def norm(array):
    """The root of the sum of the squares of all entries."""
    return np.sqrt(np.sum(array**2))


def clipvalue(gradients, bound):
    return [np.clip(gradient, -bound, bound) for gradient in gradients]


def clipnorm(gradients, bound):
    sizes = [max(bound, norm(gradient)) for gradient in gradients]
    return [gradient * bound / size for gradient, size in zip(gradients, sizes)]


def global_clipnorm(gradients, bound):
    size = norm(np.array([norm(gradient) for gradient in gradients]))
    return [gradient * bound / max(bound, size) for gradient in gradients]


def loss_and_gradients(x, target, kernel, bias):
    """The mean squared error, and its gradients, one for each weight."""
    residual = x @ kernel + bias - target  # (batch, units)
    slope = 2 * residual / residual.size
    return np.mean(residual**2), [x.T @ slope, np.sum(slope, axis=0)]


functions = {
    "clipvalue": clipvalue,
    "clipnorm": clipnorm,
    "global_clipnorm": global_clipnorm,
}
expected_loss, gradients = {}, {}
for far in target:
    batch = x, target[far]
    expected_loss[far], gradients[far] = loss_and_gradients(*batch, *start)

# %%
# Check it
# --------
# What is near is not clipped: all three take the same step, to the bit. Clipped
# values are exact as well. A norm sums eight squares; it, the root, and what
# follows are rounded eight times at most, if half of the sum's error is counted
# since a root halves it. With the rounding of the new weight, the limit is
# :math:`\varepsilon (4 \left|\text{step}\right| + \left|w\right| / 2)`.

for (name, far), found in new_weights.items():
    np.testing.assert_equal(losses[name, far], expected_loss[far], err_msg=name)
    steps = functions[name](gradients[far], bound)
    for old, new, step, gradient in zip(start, found, steps, gradients[far]):
        message = f"{name}, {far}"
        np.testing.assert_equal(new.shape, old.shape, err_msg=message)
        np.testing.assert_equal(new.dtype, np.float32, err_msg=message)
        wanted = old - learning_rate * step
        if far == "near":
            unclipped = old - learning_rate * gradient
            np.testing.assert_array_equal(new, unclipped, err_msg=message)
        if np.array_equal(step, gradient) or name == "clipvalue":
            np.testing.assert_array_equal(new, wanted, err_msg=message)
            continue
        size = 4 * np.abs(learning_rate * step) + np.abs(wanted) / 2
        limit = np.finfo("float32").eps * size
        error = np.abs(new - wanted)
        print(f"{message}: error {np.max(error / limit):.2f} of its limit")
        np.testing.assert_array_less(error, limit, err_msg=message)

# %%
# The kernel's gradient is beyond the bound, and the bias's within: so the bias
# is clipped by the global norm alone.

print(
    "norms:", [float(norm(gradient).round(3)) for gradient in gradients["far"]]
)
for name in functions:
    unclipped = start[1] - learning_rate * gradients["far"][1]
    same = np.array_equal(new_weights[name, "far"][1], unclipped)
    np.testing.assert_equal(same, name != "global_clipnorm")

# %%
# Break it
# --------
# The global norm is not the sum of the norms, and it is the gradient that is
# clipped, not the step, which has the learning rate in it. Two ways at a time
# are refused.

found = np.concatenate(
    [new.ravel() for new in new_weights["global_clipnorm", "far"]]
)
far = np.concatenate([gradient.ravel() for gradient in gradients["far"]])
old = np.concatenate([array.ravel() for array in start])
sum_of_norms = sum(norm(gradient) for gradient in gradients["far"])
half = 0.5 * far
mistakes = {
    "sum of the norms": half * bound / sum_of_norms,
    "largest norm": half * bound / norm(gradients["far"][0]),
    "step clipped": half * bound / max(bound, norm(half)),
}
for mistake, step in mistakes.items():
    differ = np.abs(found - (old - step)) > 1e-3
    print(f"{mistake}: {np.count_nonzero(differ)} of 8 weights are wrong")
    np.testing.assert_array_equal(differ, np.ones(8, "bool"))

with np.testing.assert_raises(ValueError):
    keras.optimizers.SGD(clipnorm=bound, clipvalue=bound)

# %%
# See it
# ------
# The gradient of each weight, and what is left of it. By value, only entries
# beyond the bound lose something; array by array, the whole kernel does, and
# the bias nothing. Either way the step points elsewhere.

fig, axis = plt.subplots(figsize=(6, 3.6), layout="constrained")
bars = {"gradient": gradients["far"]}
bars |= {name: functions[name](gradients["far"], bound) for name in functions}
for i, (name, arrays) in enumerate(bars.items()):
    heights = np.concatenate([array.ravel() for array in arrays])
    places = np.arange(8) + 0.2 * i - 0.3
    axis.bar(places, heights, 0.2, label=name.replace("_", " "))
axis.axhline(0, color="gray", linewidth=0.8)
for edge in (-bound, bound):
    axis.axhline(edge, color="gray", linestyle=":")
axis.set(title="A gradient, and what three ways of clipping leave of it")
axis.set_xticks(
    range(8), [*(f"kernel {i}" for i in range(6)), "bias 0", "bias 1"]
)
axis.tick_params(axis="x", rotation=30)
axis.legend()
plt.show()
