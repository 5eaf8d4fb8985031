r"""
add_loss: a penalty of your own, and the list of all losses
===========================================================

``add_loss`` adds a number to the loss that a model is trained with. The list
``losses`` of a layer has all such numbers, those of its regularizers included.

.. math::

   \text{loss} = \operatorname{mean}(\text{error}^2) + \sum \text{losses}

Keras adds your number without any change. Only the penalty of an activity
regularizer is divided by the number of samples.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# This layer has a penalty for outputs of a sample that don't sum to zero.


class Balanced(keras.layers.Dense):
    def call(self, inputs):
        y = super().call(inputs)
        sums = keras.ops.sum(y, axis=1)
        self.add_loss(keras.ops.sum(sums**2) / 8)
        return y


L1, L2 = keras.regularizers.L1, keras.regularizers.L2
layer = Balanced(2, bias_regularizer=L2(0.5), activity_regularizer=L1(0.5))
layer.build((None, 3))

kernel = np.array([[2, -1], [-3, 1], [1, 4]])  # (features, units)
bias = np.array([3, -2])  # (units,)
layer.set_weights([kernel, bias])

# %%
# Compute it
# ----------


def balance_penalty(y):
    """The penalty of outputs, (batch, units), that the layer adds."""
    return np.sum(np.sum(y, axis=1) ** 2) / 8


def balance_gradient(y):
    """Its derivative, (batch, units): each output counts in one sum."""
    return np.ones(y.shape) * 2 * np.sum(y, axis=1, keepdims=True) / 8


# %%
# Check it
# --------
# After a call, ``losses`` holds your number, that of the activity, and then
# those of the weights. Whole numbers and eighths are equal to the bit.

x = np.array([[1, 2, 0], [-1, 0, 2], [2, -2, 1], [1, 1, -1]])
y = x @ kernel + bias  # (batch, units)
own = balance_penalty(y)
activity = 0.5 * np.sum(np.abs(y)) / len(x)
of_bias = 0.5 * np.sum(bias**2)

layer(x.astype("float32"))
losses = [float(loss) for loss in layer.losses]
print(losses)
np.testing.assert_array_equal(losses, [own, activity, of_bias])

# %%
# The training loss has all of them. So has the gradient step.

targets = np.array([[1, -2], [2, 5], [9, 0], [-2, -3]])  # (batch, units)
model = keras.Sequential([keras.Input(shape=(3,)), layer])
model.compile(keras.optimizers.SGD(1 / 16), loss="mse")
loss = model.train_on_batch(x, targets)

error = y - targets
expected = np.mean(error**2) + own + activity + of_bias
np.testing.assert_array_equal(loss, expected)

error_gradient = 2 * error / error.size
activity_gradient = 0.5 * np.sign(y) / len(x)
y_gradient = error_gradient + balance_gradient(y) + activity_gradient
new_kernel, new_bias = layer.get_weights()
np.testing.assert_array_equal(new_kernel, kernel - x.T @ y_gradient / 16)
bias_gradient = np.sum(y_gradient, axis=0) + 0.5 * 2 * bias
np.testing.assert_array_equal(new_bias, bias - bias_gradient / 16)

# %%
# Break it
# --------
# Do you expect that Keras divides your number by the batch size, as it does for
# an activity regularizer? It does not. Divide it yourself, or take a mean.

divided = np.mean(error**2) + own / len(x) + activity + of_bias
print(f"Keras {loss}, divided {divided}")
assert divided != loss

# %%
# See it
# ------

parts = {
    "mean squared\nerror": np.mean(error**2),
    "add_loss": own,
    "activity\nregularizer": activity,
    "bias\nregularizer": of_bias,
}
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.bar(parts.keys(), parts.values())
axis.set(title=f"The loss of {loss} has four parts", ylabel="part")
plt.show()
