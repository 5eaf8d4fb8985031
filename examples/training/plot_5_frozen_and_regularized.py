r"""
A regularizer adds to the gradient, freezing only stops the step
================================================================

Regularizers are terms of the loss, so each adds a term to the gradient of the
weights it looks at. A frozen layer keeps its weights and drops the regularizers
of those. The one of its output stays, and the gradient still passes on to the
layers before it. With :math:`h = x W + b`, and :math:`G` the gradient of the
loss at a frozen layer of kernel :math:`V`,

.. math::

   \frac{\partial L}{\partial W} = x^T \left(G V^T
   + \frac{2 \, \lambda_h}{\text{batch}} h\right)
   + \lambda_1 \operatorname{sign}(W) + 2 \, \lambda_2 W
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.regularizers import L1L2, L2

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# The first layer has a regularizer for its kernel, its bias and its output. The
# second one has two as well, and is frozen. All numbers are small integers and
# powers of two. No entry of the first kernel is 0, where the absolute value has
# no derivative.

batch, features, hidden, units = 8, 3, 4, 2
l1, l2, l2_of_b, output_l2 = 16.0, 4.0, 0.5, 1.0
frozen_l2, frozen_output_l2 = 2.0, 0.125

inputs = keras.Input(shape=(features,))
first = keras.layers.Dense(
    hidden,
    kernel_regularizer=L1L2(l1=l1, l2=l2),
    bias_regularizer=L2(l2_of_b),
    activity_regularizer=L2(output_l2),
)
frozen = keras.layers.Dense(
    units,
    kernel_regularizer=L2(frozen_l2),
    activity_regularizer=L2(frozen_output_l2),
)
model = keras.Model(inputs, frozen(first(inputs)))
frozen.trainable = False
model.compile(keras.optimizers.SGD(learning_rate=1.0), loss="mse")

np.testing.assert_equal(len(model.trainable_weights), 2)
np.testing.assert_equal(frozen.trainable_weights, [])
np.testing.assert_equal(
    [tuple(w.shape) for w in model.weights],
    [(features, hidden), (hidden,), (hidden, units), (units,)],
)

x = np.random.randint(-2, 3, size=(batch, features))
kernel = np.array([[1, -2, 3, 4], [-3, 2, -1, 1], [2, 5, -4, -1]])
bias = np.array([4, -8, 12, -4])  # (hidden,)
frozen_kernel = np.random.randint(-2, 3, size=(hidden, units))
frozen_bias = np.array([1, -2])  # (units,)
target = np.random.randint(-9, 10, size=(batch, units))

model.set_weights([kernel, bias, frozen_kernel, frozen_bias])
output = keras.ops.convert_to_numpy(first(x.astype("float32")))
np.testing.assert_equal(output.dtype, np.float32)
np.testing.assert_array_equal(output, x @ kernel + bias)

loss = model.train_on_batch(x, target)
new_kernel, new_bias, new_frozen_kernel, new_frozen_bias = model.get_weights()
print("loss:", loss)
print(kernel - new_kernel)

# %%
# Compute it
# ----------
# Keras' ``l2`` is the factor of the sum of squares, without a half, so that the
# gradient has a 2. The regularizer of an output is divided by the batch: how
# much it counts does not depend on how many samples there are.

h = x @ kernel + bias  # (batch, hidden)
y = h @ frozen_kernel + frozen_bias  # (batch, units)
error = y - target

costs = {
    "mse": np.mean(error**2),
    "output": output_l2 * np.sum(h**2) / batch,
    "frozen output": frozen_output_l2 * np.sum(y**2) / batch,
    "l1": l1 * np.sum(np.abs(kernel)),
    "l2": l2 * np.sum(kernel**2),
    "l2 of b": l2_of_b * np.sum(bias**2),
}
output_at_y = 2 * frozen_output_l2 * y / batch  # (batch, units)
passed_on = (2 * error / error.size + output_at_y) @ frozen_kernel.T
output_at_h = 2 * output_l2 * h / batch  # (batch, hidden)
terms = {  # of the gradient of the kernel, (features, hidden)
    "passed on": x.T @ passed_on,
    "output": x.T @ output_at_h,
    "l1": l1 * np.sign(kernel),
    "l2": 2 * l2 * kernel,
}
kernel_gradient = sum(terms.values())
bias_gradient = np.sum(passed_on + output_at_h, axis=0) + 2 * l2_of_b * bias

# %%
# Check it
# --------
# float32 has nothing to round here, so that all of it is equal to the bit. What
# the regularizer of the frozen kernel would have cost is not in the loss.

print({name: float(cost) for name, cost in costs.items()})
print("not in the loss:", frozen_l2 * np.sum(frozen_kernel**2))

np.testing.assert_equal(loss, sum(costs.values()))
np.testing.assert_equal(new_kernel.shape, kernel.shape)
np.testing.assert_equal(new_bias.shape, bias.shape)
np.testing.assert_array_equal(kernel - new_kernel, kernel_gradient)
np.testing.assert_array_equal(bias - new_bias, bias_gradient)
np.testing.assert_array_equal(new_frozen_kernel, frozen_kernel)
np.testing.assert_array_equal(new_frozen_bias, frozen_bias)

# %%
# Break it
# --------
# Many textbooks write the second term as half the sum of squares, whose
# gradient has no 2. Not dividing the output's term by the batch, and taking a
# frozen layer for a wall, or for one without regularizers, are as easily done.

mistakes = {
    "half the squares": -terms["l2"] / 2,
    "output not divided by the batch": (batch - 1) * terms["output"],
    "nothing passed on": -terms["passed on"],
    "frozen output not regularized": -x.T @ output_at_y @ frozen_kernel.T,
}
for name, change in mistakes.items():
    wrong = kernel_gradient + change
    right = np.count_nonzero(kernel - new_kernel == wrong)
    print(f"{name}: {right} of {kernel.size} entries are right")
    np.testing.assert_equal(right, 0, err_msg=name)

# %%
# See it
# ------
# The terms of each entry, stacked up and down; the mark is what Keras did.

fig, axis = plt.subplots(figsize=(5.6, 3.6), layout="constrained")
entries = np.arange(kernel.size)
up, down = np.zeros(kernel.size), np.zeros(kernel.size)
for name, term in terms.items():
    values = term.ravel()
    axis.bar(entries, values, bottom=np.where(values > 0, up, down), label=name)
    up, down = up + np.maximum(values, 0), down + np.minimum(values, 0)
step = (kernel - new_kernel).ravel()
axis.plot(entries, step, "D", color="gray", markersize=5, label="gradient")
axis.set(title="The gradient is the sum of its terms", ylim=(-150, 150))
axis.set(xlabel="entry of the kernel", ylabel="gradient", xticks=[])
axis.legend(loc="lower left", ncols=2)
plt.show()
