r"""
add_loss: a penalty of your own, and the list of all losses
===========================================================

A layer may want more than small errors at the end of the model: sparse outputs,
say, or, in a variational autoencoder, codes of a given spread. ``add_loss``
adds a number of your own, an *auxiliary* or extra loss, to the loss that the
model is trained with. (Is your custom loss one of targets and outputs? Then
``compile(loss=f)`` takes any function ``f(y_true, y_pred)`` that returns a
number for each sample.)

.. math::

   \text{loss} = \operatorname{mean}(\text{error}^2) + \sum \text{losses}

The list ``losses`` of a layer has these numbers, those of its regularizers
included. Keras adds yours without any change. Only the penalty of an activity
regularizer is divided by the number of samples.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.regularizers import L1, L2

# %%
# Build it
# --------
# A penalty for outputs of a sample that don't sum to zero, with the factor 1/8.
# Add it in ``call``: ``add_loss`` of a functional model raises an error.


class Balanced(keras.layers.Dense):
    def call(self, inputs):
        y = super().call(inputs)
        sums = keras.ops.sum(y, axis=1)
        self.add_loss(keras.ops.sum(sums**2) / 8)
        return y


layer = Balanced(2, bias_regularizer=L2(0.5), activity_regularizer=L1(0.5))
model = keras.Sequential([keras.Input((3,)), layer])
model.compile(keras.optimizers.SGD(1 / 16), loss="mse")
kernel = np.array([[2, -1], [-3, 1], [1, 4]])  # (features, units)
bias = np.array([3, -2])  # (units,)
model.set_weights([kernel, bias])
x = np.array([[1, 2, 0], [-1, 0, 2], [2, -2, 1], [1, 1, -1]], "float32")
targets = np.array([[1, -2], [2, 5], [9, 0], [-2, -3]])  # (batch, units)
layer(x)
losses = [float(loss) for loss in layer.losses]
loss = model.train_on_batch(x, targets)
print(losses)

# %%
# Compute it
# ----------
# After a call, ``losses`` holds your number, that of the activity, and then
# those of the weights. The training loss has all of them.

y = x @ kernel + bias  # (batch, units)
error = y - targets
sums = np.sum(y, axis=1, keepdims=True)
own = np.sum(sums**2) / 8
activity = 0.5 * np.sum(np.abs(y)) / len(x)
of_bias = 0.5 * np.sum(bias**2)
expected = np.mean(error**2) + own + activity + of_bias

# %%
# The step follows the gradient of that. In your number, each output counts in
# one sum.

y_gradient = 2 * error / error.size + 2 * sums / 8 + 0.5 * np.sign(y) / len(x)
new_kernel = kernel - x.T @ y_gradient / 16
new_bias = bias - (np.sum(y_gradient, axis=0) + 0.5 * 2 * bias) / 16

# %%
# Check it
# --------
np.testing.assert_array_equal(losses, [own, activity, of_bias])
np.testing.assert_array_equal(loss, expected)
np.testing.assert_array_equal(layer.get_weights()[0], new_kernel)
np.testing.assert_array_equal(layer.get_weights()[1], new_bias)

# %%
# Break it
# --------
# As Keras divides the penalty of an activity regularizer by the number of
# samples, one expects the same of ``add_loss``. With a sum over samples, the
# penalty then grows with the batch: divide it yourself, or take a mean.

divided = expected - own + own / len(x)
print("right:", loss, "wrong:", divided)
assert divided != loss

# %%
# See it
# ------
# The four terms that add up to the loss, the second of them our own.

names = ["mean squared\nerror", "add_loss", "activity\nregularizer"]
parts = [np.mean(error**2), own, activity, of_bias]
fig, axis = plt.subplots(figsize=(6, 3.4))
axis.bar([*names, "bias\nregularizer"], parts)
axis.set(title="The training loss has four parts", ylabel="part")
plt.show()
