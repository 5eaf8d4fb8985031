r"""
L1, L2 and L1L2 regularizers: what they add to the loss
=======================================================

With large weights, a network can overfit: it learns its data by heart.
Regularization adds a penalty to the loss, so training prefers small weights.
L1 (*lasso*) pulls all by the same amount, L2 (*ridge*) in proportion to size.

.. math::

   \text{L1} &= \lambda \sum |w|, \qquad \text{L2} = \lambda \sum w^2 \\
   \text{L1L2} &= \lambda_1 \sum |w| + \lambda_2 \sum w^2

:math:`w` are the weights of an array, and :math:`\lambda` the factor you pass.
The penalty of an output (*activity*) is divided by the number of samples.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.regularizers import L1, L1L2, L2

# %%
# Build it
# --------
# A penalty each for kernel, bias and output, and one step of training.

x = np.array([[1, 2, 0], [-1, 0, 2], [2, -2, 1], [1, 1, -1]])
targets = np.array([[1, -2], [2, 5], [9, 0], [-2, -3]])  # (batch, units)
kernel = np.array([[2, -1], [-3, 1], [1, 4]])  # (features, units)
bias = np.array([3, -2])  # (units,)
penalties = {
    "kernel_regularizer": L1L2(l1=0.5, l2=0.25),
    "bias_regularizer": L2(0.5),
    "activity_regularizer": L1(0.5),
}
dense = keras.layers.Dense(2, **penalties)
model = keras.Sequential([keras.Input((3,)), dense])
model.compile(keras.optimizers.SGD(1 / 16), loss="mse")
model.set_weights([kernel, bias])
loss = model.train_on_batch(x, targets)
new_kernel, new_bias = model.get_weights()

# %%
# Compute it
# ----------
# All penalties are added to the mean squared error. The derivative of
# ``abs(w)`` is ``sign(w)``.

y = x @ kernel + bias  # (batch, units)
error = y - targets
of_kernel = 0.5 * np.sum(np.abs(kernel)) + 0.25 * np.sum(kernel**2)
of_bias = 0.5 * np.sum(bias**2)
of_output = 0.5 * np.sum(np.abs(y)) / len(x)
penalized_loss = np.mean(error**2) + of_kernel + of_bias + of_output
y_gradient = 2 * error / error.size + 0.5 * np.sign(y) / len(x)
kernel_gradient = x.T @ y_gradient + 0.5 * np.sign(kernel) + 0.25 * 2 * kernel
bias_gradient = y_gradient.sum(axis=0) + 0.5 * 2 * bias

from keras_by_hand import l1, l1l2, l2  # the penalties, with Keras' defaults

# %%
# Check it
# --------
np.testing.assert_array_equal(loss, penalized_loss)
np.testing.assert_array_equal(new_kernel, kernel - kernel_gradient / 16)
np.testing.assert_array_equal(new_bias, bias - bias_gradient / 16)
by_function = l1l2(kernel, 0.5, 0.25) + l2(bias, 0.5) + l1(y, 0.5) / len(x)
np.testing.assert_array_equal(loss, np.mean(error**2) + by_function)

# %%
# Break it
# --------
# PyTorch's ``SGD(weight_decay=0.5)`` adds ``0.5 * w`` to the gradient. That is
# the derivative of ``0.25 * w**2``: write ``L2(0.25)``, not ``L2(0.5)``.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``L1L2`` by its name,
#    ``"l1l2"``, adds nothing, as its factors are 0. The documentation says that
#    they are 0.01, and that the name is ``"l1_l2"``, which raises an error.
#    Pass factors: ``L1L2(l1=0.01, l2=0.01)``.

right, wrong = 2 * 0.25 * kernel, 2 * 0.5 * kernel
print("for PyTorch's 0.5: right", right[0], "wrong", wrong[0])
assert np.all(right == 0.5 * kernel) and np.all(wrong != right)
w = keras.ops.convert_to_tensor(kernel, "float32")
by_name = [float(keras.regularizers.get(name)(w)) for name in ("l1", "l1l2")]
print('by name: "l1"', by_name[0], '"l1l2"', by_name[1])
np.testing.assert_allclose(by_name, [0.01 * np.sum(np.abs(kernel)), 0], 1e-4)
np.testing.assert_raises(ValueError, keras.regularizers.get, "l1_l2")

# %%
# See it
# ------
# SGD on one weight, with no loss but its penalty. L1 takes steps of one size,
# and in the end jumps about zero. The steps of L2 become smaller.

path = [1.0]
for _ in range(60):
    path.append(path[-1] - 0.1 * 0.27 * np.sign(path[-1]))
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.plot(path, label="L1(0.27)")
axis.plot(0.9 ** np.arange(61), label="L2(0.5)")
axis.set(title="A weight under its penalty", xlabel="step", ylabel="weight")
axis.legend()
plt.show()
