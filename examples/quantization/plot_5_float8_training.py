r"""
float8 scales follow the input two steps late
=============================================

In training, a layer in ``float8`` remembers the largest entries of its last
inputs, kernels and gradients, and takes its scales from what it remembers. An
input that has suddenly grown is clipped: in that step, and in the next.

.. math::

   \begin{aligned}
   s_\text{next} &= \frac{\max(h_1, h_2, h_3)}{448}, \qquad
   h_\text{next} = \left(\max \left|x\right|, h_3, h_1\right) \\
   \frac{\partial L}{\partial W} &= \hat{x}^\top \hat{g}, \qquad
   \hat{x} = s_x \operatorname{e4m3}\left(\frac{x}{s_x}\right), \quad
   \hat{g} = s_g \operatorname{e5m2}\left(\frac{1}{s_g}
   \frac{\partial L}{\partial y}\right)
   \end{aligned}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# A layer that remembers three entries instead of 1024. The largest input is 7,
# then 28 in three steps, then 7 again.

policy = keras.dtype_policies.QuantizedFloat8DTypePolicy(
    "float8", "float32", amax_history_length=3
)
inputs = keras.Input(shape=(3,))
dense = keras.layers.Dense(2, use_bias=False, dtype=policy)
model = keras.Model(inputs, dense(inputs))
rate = 2**-9
model.compile(optimizer=keras.optimizers.SGD(rate), loss="mse")

kernel = np.array([[1.7, -0.5], [-1.25, 0.75], [0.25, 1]])
dense.kernel.assign(kernel)

# %%
# ``train_on_batch`` averages the loss over its calls, unless it is reset.


def state():
    """The variables of the layer: {name: array}."""
    names = [weight.name for weight in dense.weights]
    return dict(zip(names, dense.get_weights()))


print(list(state()))
np.testing.assert_equal(dense.quantization_mode, "float8")

sizes = [7, 7, 28, 28, 28, 7, 7, 7, 7, 7]
steps = []
for size in sizes:
    x = np.random.randint(-99, 100, size=(8, 3)) / 100  # (batch, features)
    x[0] = 1
    x = (size * x).astype("float32")
    targets = np.random.normal(size=(8, 2)).astype("float32")  # (batch, units)
    before = state()
    model.reset_metrics()
    loss = model.train_on_batch(x, targets)
    steps.append((before, x, targets, loss, state()))

# %%
# Compute it
# ----------
# The loss is the mean square error. Inputs and kernels are divided in float32
# before they are rounded, as in Keras. Float8 numbers near zero, which are
# spaced differently, do not occur here.


def read_back(values, scale, fraction_bits, largest):
    """``values`` as float8 numbers times a scale."""
    clipped = np.clip(values / scale, -largest, largest).astype("float64")
    exponent = np.frexp(clipped)[1] - 1  # clipped = 1.xx * 2**exponent
    step = 2.0 ** (exponent - fraction_bits)
    return scale * (np.rint(clipped / step) * step)


def next_scale(scale, history, largest):
    """The scale after a step, from the history before it."""
    if history.max() == 0:
        return scale
    return 1 / (np.float32(largest) / history.max())


def next_history(history, values):
    """The newest entry takes the first place, the one before it the last."""
    newest = np.abs(values).max()
    return np.array([newest, *history[2:], history[0]])


def train_step(before, x, targets):
    """The loss of a step, and the variables after it."""
    x_read = read_back(x, before["inputs_scale"], 3, 448)
    kernel_read = read_back(before["kernel"], before["kernel_scale"], 3, 448)
    residual = x_read @ kernel_read - targets  # (batch, units)
    gradient = 2 * residual / residual.size
    gradient_read = read_back(gradient, before["outputs_grad_scale"], 2, 57344)
    after = {"kernel": before["kernel"] - rate * x_read.T @ gradient_read}
    for name, values, largest in [
        ("inputs", x, 448),
        ("kernel", before["kernel"], 448),
        ("outputs_grad", gradient, 57344),
    ]:
        scale, history = f"{name}_scale", f"{name}_amax_history"
        after[scale] = next_scale(before[scale], before[history], largest)
        after[history] = next_history(before[history], values)
    return np.mean(residual**2), after


# %%
# Check it
# --------
# Each step is checked from Keras' own state before it. Scales and histories are
# equal to the bit, except for the newest gradient. That, the loss and the
# kernel come from sums, and their limits are those of sums, with the largest
# entry in place of each: three products with a rounded kernel in an answer, and
# eight with a rounded gradient in the gradient of the kernel.


def measured(loss, after):
    """What comes from sums, in one row."""
    newest = after["outputs_grad_amax_history"][0]
    return np.array([loss, newest, *after["kernel"].ravel()])


eps = np.finfo("float32").eps
errors, limits = [], []
for before, x, targets, loss, after in steps:
    expected_loss, expected = train_step(before, x, targets)
    error = np.abs(measured(loss, after) - measured(expected_loss, expected))
    y_limit = 2.0 * eps * 3 * np.abs(x).max() * np.abs(before["kernel"]).max()
    newest = expected["outputs_grad_amax_history"][0]
    loss_limit = 16 * newest * y_limit + 10 * eps * expected_loss
    sum_limit = 4.5 * eps * rate * 8 * np.abs(x).max() * newest
    kernel_limit = sum_limit + 0.5 * eps * np.abs(expected["kernel"])
    errors.append(error)
    limits.append(
        [loss_limit, y_limit / 8 + eps * newest, *kernel_limit.ravel()]
    )
    for name in before:
        exact = slice("grad_amax" in name, None)  # all but the newest gradient
        if name != "kernel":
            np.testing.assert_array_equal(
                np.ravel(after[name])[exact],
                np.ravel(expected[name])[exact],
                name,
            )
print(f"largest error: {np.max(np.divide(errors, limits)):.2f} of its limit")

np.testing.assert_array_less(np.array(errors), np.array(limits))
np.testing.assert_array_equal(steps[0][0]["kernel"], kernel.astype("float32"))

# %%
# The input of 28 is in the history after its first step, and only after its
# second is there a scale of 28 / 448. So the layer reads 7 twice in its place.
# It also forgets 28 late: the next four inputs, of 7, are read with its scale.

reach = np.array([448 * before["inputs_scale"] for before, *_ in steps])
print("largest input:", sizes)
print("can be read:  ", reach.astype(int).tolist())

np.testing.assert_array_equal(reach, [448, 448, 7, 7, 28, 28, 28, 28, 28, 7])

# %%
# Break it
# --------
# Whoever scales each input by its own largest entry clips nothing. The kernel
# that comes out differs from that of the layer where this does clip.

for number in (2, 3):
    before, x, targets, _, after = steps[number]
    own_scale = {**before, "inputs_scale": np.abs(x).max() / 448}
    wrong = train_step(own_scale, x, targets)[1]["kernel"]
    clipped = np.count_nonzero(np.abs(x) > 7)
    distance = np.abs(after["kernel"] - wrong)
    print(f"step {number + 1}: {clipped} inputs clipped, {distance.min():.3f}")
    np.testing.assert_array_less(1e-2, distance)

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3.6), layout="constrained")
numbers = range(1, 11)
axis.step(numbers, reach, where="mid", color="C1", label="largest it can read")
axis.plot(numbers, sizes, "o", label="largest input")
axis.set(title="float8 reads a grown input two steps late")
axis.set(xlabel="step of training", xticks=numbers, yscale="log")
axis.set(yticks=[7, 28, 448], yticklabels=["7", "28", "448"])
axis.minorticks_off()
axis.legend()
plt.show()
