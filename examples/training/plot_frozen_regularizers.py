r"""
Frozen layers and regularizers: the penalty leaves the loss
===========================================================

Freezing a layer takes the penalty of its weights out of the loss that Keras
reports. The penalty of its output stays, and still moves the layers before it.

.. math::

   L = \text{mse}
   + \underbrace{\lambda \sum W^2}_{\text{if trainable}}
   + \frac{\alpha}{\text{batch}} \sum y^2

Here :math:`W` is the kernel and :math:`y` the output of the layer.
:math:`\lambda` and :math:`\alpha` are the factors of its ``kernel_regularizer``
and its ``activity_regularizer``. Keras divides only the latter by the number of
samples.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# The second layer has both regularizers.

x = np.array([[-2, 1], [1, -2], [0, -1], [3, 1]])  # (batch, features)
targets = np.array([[5], [1], [-2], [-4]])  # (batch, 1)
kernel_1 = np.array([[1, 2], [1, 1]])  # (features, hidden)
kernel_2 = np.array([[-3], [2]])  # (hidden, 1)

first = keras.layers.Dense(2, use_bias=False)
second = keras.layers.Dense(
    1,
    use_bias=False,
    kernel_regularizer=keras.regularizers.L2(0.5),
    activity_regularizer=keras.regularizers.L2(0.25),
)
model = keras.Sequential([keras.Input(shape=(2,)), first, second])


def keras_step(trainable):
    """The loss before one step, and the first kernel after it."""
    second.trainable = trainable
    model.compile(keras.optimizers.SGD(1 / 16), loss="mse")
    model.set_weights([kernel_1, kernel_2])
    loss = model.train_on_batch(x, targets)
    return loss, first.get_weights()[0]


loss, new_kernel_1 = keras_step(trainable=True)
frozen_loss, frozen_kernel_1 = keras_step(trainable=False)
print("loss:", loss, "with the second layer frozen:", frozen_loss)

# %%
# Compute it
# ----------


def loss_parts(y, targets, kernel, kernel_l2, output_l2):
    """The mean squared error, and the penalties of the kernel and the output.

    y, targets: (batch, units), kernel: (features, units) (Keras documentation,
    L2, and Layer.activity_regularizer).
    """
    of_kernel = kernel_l2 * np.sum(kernel**2)
    of_output = output_l2 * np.sum(y**2) / len(y)
    return np.mean((y - targets) ** 2), of_kernel, of_output


# %%
# Check it
# --------
# Whole numbers divided by powers of two: nothing is rounded.
#
# .. warning:: **Seen in Keras 3.15.1, documentation:** Freezing a ``Layer``
#    lowers the loss that Keras reports. The penalty of its frozen weights is
#    left out, while that of its output stays.

y = x @ kernel_1 @ kernel_2
mse, of_kernel, of_output = loss_parts(y, targets, kernel_2, 0.5, 0.25)
np.testing.assert_array_equal(loss, mse + of_kernel + of_output)
np.testing.assert_array_equal(frozen_loss, mse + of_output)

# %%
# The first layer takes the same step both times. Its gradient is that of the
# error and of the output's penalty. The kernel's penalty has no part in it.

y_gradient = 2 * (y - targets) / y.size + 2 * 0.25 * y / len(y)
expected = kernel_1 - x.T @ y_gradient @ kernel_2.T / 16
np.testing.assert_array_equal(new_kernel_1, np.float32(expected), strict=True)
np.testing.assert_array_equal(frozen_kernel_1, new_kernel_1)

# %%
# Break it
# --------
# Would you compare the losses before and after freezing? They differ, although
# the model predicts the same. Compare a metric, such as the error, instead.

assert loss != frozen_loss

# %%
# See it
# ------
# The frozen layer's loss lacks one of three parts.

fig, axis = plt.subplots(figsize=(6, 3))
bars = ["trainable", "frozen"]
axis.barh(bars, [mse, mse], label="error")
axis.barh(bars, [of_output] * 2, left=mse, label="output's penalty")
left = mse + of_output
axis.barh(bars, [of_kernel, 0], left=left, label="kernel's penalty")
axis.set(title="Freezing a layer lowers the reported loss", xlabel="loss")
axis.set_xlim(0, 45)
axis.legend(loc="upper right")
plt.show()
