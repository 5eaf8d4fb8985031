r"""
A regularizer adds to the loss, not to the output
=================================================

The loss that a model reports and reduces is that of its data plus one penalty
for each regularizer: of the kernel, of the bias, and of the output, called
activity, which is divided by the number of samples. For example:

.. math::

   L = \text{data loss} + \lambda_1 \sum \left|W\right|
   + \lambda_2 \sum W^2 + \mu \sum b^2
   + \frac{\nu}{\text{batch}} \sum \left|y\right|
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# The factors are powers of two and the weights small integers, so that nothing
# is rounded.

x = np.array([[1, 2, 0], [-1, 0, 2], [2, -2, 1], [1, 1, -1]])
x = x.astype("float32")  # (batch, features)
targets = np.array([[1, -2], [2, 5], [9, 0], [-2, -3]])  # (batch, units)
kernel = np.array([[2, -1], [-3, 1], [1, 4]])  # (features, units)
bias = np.array([3, -2])  # (units,)

dense = keras.layers.Dense(
    2,
    kernel_regularizer=keras.regularizers.L1L2(l1=0.5, l2=0.25),
    bias_regularizer=keras.regularizers.L2(0.125),
    activity_regularizer=keras.regularizers.L1(0.5),
)
inputs = keras.Input(shape=(3,))
model = keras.Model(inputs, dense(inputs))
model.compile(keras.optimizers.SGD(1 / 16), loss="mse")
dense.set_weights([kernel, bias])

y = model.predict(x, verbose=0)  # (batch, units)
print(y)

# %%
# Compute it
# ----------
# A penalty is a sum over all entries, and its gradient joins that of the data:
# ``l1`` pulls every weight towards zero by the same amount, ``l2`` by a part of
# itself.


def l1(factor, values):
    return factor * np.sum(np.abs(values))


def l2(factor, values):
    return factor * np.sum(values**2)


def orthogonal(factor, kernel):
    """By the mean absolute cosine of two rows of (features, units)."""
    rows = kernel / np.sqrt(np.sum(kernel**2, axis=1))[:, np.newaxis]
    first, second = np.triu_indices(len(rows), k=1)  # of all pairs
    return factor * np.mean(np.abs(rows @ rows.T)[first, second])


expected = x @ kernel + bias
error = expected - targets
data_loss = np.mean(error**2)
activity = l1(0.5, expected) / len(x)
penalties = [activity, l1(0.5, kernel) + l2(0.25, kernel), l2(0.125, bias)]
loss = data_loss + sum(penalties)

slope = 2 * error / error.size + 0.5 * np.sign(expected) / len(x)
kernel_slope = x.T @ slope + 0.5 * np.sign(kernel) + 2 * 0.25 * kernel
bias_slope = slope.sum(axis=0) + 2 * 0.125 * bias
moved = kernel - kernel_slope / 16, bias - bias_slope / 16

# %%
# Check it
# --------
# The output is that of any ``Dense`` layer. The layer's list ``losses`` has the
# activity of its last call, then the penalties of kernel and bias.

np.testing.assert_equal((y.shape, y.dtype), ((4, 2), np.float32))
np.testing.assert_array_equal(y, expected)


def losses_of(layer):
    """The losses of a layer, after a call with the samples."""
    layer(x)
    return [keras.ops.convert_to_numpy(loss) for loss in layer.losses]


losses = losses_of(dense)
print(f"data {data_loss}; activity, kernel and bias", *losses)
np.testing.assert_equal(len(losses), 3)
np.testing.assert_array_equal(losses, penalties)

# %%
# ``evaluate`` and ``train_on_batch`` report the sum, and training goes down the
# slope of the sum.

evaluated = model.evaluate(x, targets, verbose=0)
np.testing.assert_array_equal(evaluated, loss)
np.testing.assert_array_equal(model.train_on_batch(x, targets), loss)
for weight, expected_weight in zip(dense.get_weights(), moved):
    np.testing.assert_equal(weight.dtype, np.float32)
    np.testing.assert_array_equal(weight, expected_weight)

# %%
# ``OrthogonalRegularizer`` wants the rows of the kernel, one for each feature,
# at right angles. Square roots are rounded: some ten roundings, each of half an
# epsilon of the factor at most.

layer = keras.layers.Dense(
    2,
    kernel_initializer=kernel,
    kernel_regularizer=keras.regularizers.OrthogonalRegularizer(0.5),
)
losses = losses_of(layer)
np.testing.assert_equal(len(losses), 1)
unit = 0.5 * np.finfo("float32").eps
error = abs(losses[0] - orthogonal(0.5, kernel))
print(f"orthogonal rows: error {error / unit:.2f} epsilons of the factor")
np.testing.assert_array_less(error, 5 * unit)

# %%
# Where no regularizer fits, ``call`` adds a loss of its own.


class Centred(keras.layers.Dense):
    """A Dense layer that wants the mean of its output to be zero."""

    def call(self, inputs, training=None):
        outputs = super().call(inputs)
        self.add_loss(keras.ops.mean(outputs) ** 2)
        return outputs


losses = losses_of(Centred(2, kernel_initializer=kernel))
np.testing.assert_equal(len(losses), 1)
np.testing.assert_array_equal(losses[0], np.mean(x @ kernel) ** 2)

# %%
# Break it
# --------
# Half the squares, or an activity summed over the samples, is a habit elsewhere
# and not what Keras adds. And a layer that is frozen reports no penalty of its
# weights, so that the same model seems to do better.

halved = loss - l2(0.25, kernel) / 2 - l2(0.125, bias) / 2
summed = loss - activity + len(x) * activity
print(f"reported {evaluated}, not {halved} and not {summed}")
np.testing.assert_equal(evaluated in (halved, summed, data_loss), False)

dense.trainable = False
dense.set_weights([kernel, bias])
np.testing.assert_array_equal(losses_of(dense), [activity])

# %%
# See it
# ------

names = ["data", "+ activity", "+ kernel", "+ bias"]
heights = np.array([data_loss, *penalties])
ends = np.cumsum(heights)
fig, axis = plt.subplots(figsize=(5, 3.6), layout="constrained")
axis.bar(names, heights, bottom=ends - heights, color=["C0", "C1", "C1", "C1"])
axis.bar("= reported", evaluated, color="C2")
axis.set(title="What the reported loss is made of", ylabel="loss")
plt.show()
