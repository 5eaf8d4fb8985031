r"""
Loss scaling saves small gradients
==================================

Gradients of a ``mixed_float16`` model are float16 on their way, and what is
2**-25 or less becomes zero. ``LossScaleOptimizer`` multiplies the loss by a
scale :math:`S`, and divides the gradients :math:`g` of that by it, in float32.
The scale adapts:

.. math::

   W &\leftarrow \begin{cases}
   W - \eta \, \frac{g}{S} & \text{all } g \text{ are finite} \\
   W & \text{otherwise: the step is skipped}
   \end{cases} \\
   S &\leftarrow \begin{cases}
   2 S & \text{the } n\text{-th finite step in a row} \\
   \frac{S}{2} & \text{a step was skipped} \\
   S & \text{otherwise}
   \end{cases}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# Inputs and residuals are whole numbers times 2**-13, which float16 holds. The
# kernel stays so small that the answer is the bias, and the residuals of each
# unit add up to zero, so that the bias stays as well. In three of the steps the
# residuals are large, and scaled gradients are beyond float16.

small, large = 2.0**-13, 2.0**10
x = np.array([[1, 0, 1], [1, 1, 0], [0, 1, 1], [0, -1, -1]]) * small
residual = np.array([[1, -2], [2, 1], [-2, 3], [-1, -2]])  # (batch, units)
bias = np.array([64, -160]) * small  # (units,)
start = np.zeros((3, 2))  # the kernel, (features, units)
four = [small] * 4
sizes = four + [large] + [small] * 2 + [large] * 2 + four
learning_rate = 2.0**10


def train_keras(optimizer, sizes, *names):
    """By step: loss, kernel, bias, and these numbers of the optimizer."""
    inputs = keras.Input(shape=(3,))
    dense = keras.layers.Dense(2, dtype="mixed_float16")
    model = keras.Model(inputs, dense(inputs))
    model.compile(optimizer, loss="mean_squared_error")
    dense.set_weights([start, bias])
    optimizer.build(model.trainable_variables)  # makes its variables
    steps = []
    for size in sizes:
        loss = model.train_on_batch(x, bias - residual * size)
        numbers = [
            keras.ops.convert_to_numpy(getattr(optimizer, name)).item()
            for name in names
        ]
        steps.append((loss, *dense.get_weights(), numbers))
    return steps


scaling = keras.optimizers.LossScaleOptimizer(
    keras.optimizers.SGD(learning_rate),
    initial_scale=2.0**10,
    dynamic_growth_steps=3,
)
plain = keras.optimizers.SGD(learning_rate)
names = "step_counter", "dynamic_scale", "iterations"
keras_scaled = train_keras(scaling, sizes, *names)
keras_plain = train_keras(plain, four, "iterations")

# %%
# Compute it
# ----------
# float16 rounds twice: the gradient of the answer, which is cast to float16,
# and the gradient of the kernel. What is beyond 65504 becomes infinite there.


def float16(values):
    with np.errstate(over="ignore"):
        return values.astype("float16").astype("float32")


def train(sizes, scale, growth_steps):
    """By step: loss, kernel, count of finite steps, scale, iterations."""
    kernel, finite_steps, iterations, steps = start, 0, 0, []
    for size in sizes:
        loss = np.mean((residual * size) ** 2)
        slope = float16(scale * 2 * residual * size / residual.size)
        with np.errstate(invalid="ignore"):  # 0 times infinity
            gradient = float16(x.T @ slope)
        if np.all(np.isfinite(gradient)):
            kernel = kernel - learning_rate * gradient / scale
            iterations += 1
            finite_steps += 1
            if finite_steps == growth_steps:
                scale, finite_steps = 2 * scale, 0
        else:
            scale, finite_steps = scale / 2, 0
        steps.append((loss, kernel, finite_steps, scale, iterations))
    return steps


scaled = train(sizes, scale=2**10, growth_steps=3)
unscaled = train(four, scale=1, growth_steps=np.inf)

# %%
# Check it
# --------
# Each loss, weight and number of the optimizer is equal to the bit. The loss
# that is returned is not scaled, and a step that is skipped is not counted as
# an iteration.

runs = [*zip(keras_scaled, scaled), *zip(keras_plain, unscaled)]
for (loss, kernel, found_bias, numbers), expected in runs:
    expected_loss, expected_kernel, *state = expected
    print(f"loss {loss:.1e}, after the step {numbers}")
    np.testing.assert_equal(loss, np.float32(expected_loss))
    np.testing.assert_equal(kernel.dtype, np.float32)
    np.testing.assert_array_equal(kernel, expected_kernel)
    np.testing.assert_array_equal(found_bias, bias)
    np.testing.assert_equal(numbers, state[-len(numbers) :])

# %%
# Without the scale, nothing arrives: the kernel stays zero.

moved = [np.count_nonzero(steps[3][1]) for steps in (keras_scaled, keras_plain)]
print(f"moved in four steps: {moved[0]} weights, without the scale {moved[1]}")
np.testing.assert_equal(moved, [5, 0])

# %%
# Break it
# --------
# If ``mixed_float16`` is set for all of Keras, ``compile`` wraps the optimizer
# by itself. If only the layer is told, it does not.

for policy, initial_scale in {"mixed_float16": 2**15, "float32": None}.items():
    keras.config.set_dtype_policy(policy)
    inputs = keras.Input(shape=(3,))
    outputs = keras.layers.Dense(2, dtype="mixed_float16")(inputs)
    model = keras.Model(inputs, outputs)
    keras.config.set_dtype_policy("float32")
    model.compile("sgd", loss="mean_squared_error")
    found = getattr(model.optimizer, "initial_scale", None)
    print(f"{policy} for all of Keras: the scale begins at {found}")
    np.testing.assert_equal(found, initial_scale, policy)

# %%
# The scale must be divided out, and not before the gradient is float32: in
# float16 the quotient would underflow after all.

slope = float16(2**10 * 2 * residual * small / residual.size)
gradient = float16(x.T @ slope)
_, first_kernel, *_ = keras_scaled[0]
mistakes = {
    "not divided": -learning_rate * gradient,
    "divided in float16": -learning_rate * float16(gradient / 2**10),
}
for name, wrong in mistakes.items():
    differ = np.count_nonzero(wrong != first_kernel)
    print(f"{name}: {differ} of 6 entries differ")
    np.testing.assert_equal(differ, np.count_nonzero(gradient), name)

# %%
# See it
# ------

scales = np.array([numbers[1] for *_, numbers in keras_scaled])
skipped, step = np.equal(sizes, large), np.arange(1, len(sizes) + 1)
fig, axis = plt.subplots(figsize=(6, 3.2), layout="constrained")
axis.plot(step, scales, color="gray", linewidth=0.8)
axis.plot(step[~skipped], scales[~skipped], "o", label="step taken")
axis.plot(step[skipped], scales[skipped], "s", label="step skipped")
axis.set_yscale("log", base=2)
axis.set(title="The scale doubles after three steps, or is halved")
axis.set(xlabel="step", xticks=step, ylabel="scale after it")
axis.legend()
plt.show()
