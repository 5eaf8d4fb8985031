r"""
Dense with its default bias: zeros until training
=================================================

You rarely choose a bias yourself: training finds it, as it finds the kernel. In
a new layer the bias is zero and changes nothing; training moves it. So a new
layer can do without its bias, and a trained one can't.

.. math:: y = x W + b, \qquad b = 0 \text{ at first}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two layers with the same kernel. The first has a bias, as ``use_bias=True`` is
# the default. ``get_weights`` returns its kernel and its bias.

x = rng.integers(1, 100, size=(10, 2))  # (batch, features)
kernel = np.array([[2, -1, 4, 1, -3], [7, 3, -6, 5, 8]])  # (features, units)

inputs = keras.Input(shape=(2,))
dense = keras.layers.Dense(5)
without_bias = keras.layers.Dense(5, use_bias=False)
model = keras.Model(inputs, [dense(inputs), without_bias(inputs)])

bias = dense.get_weights()[1]  # (units,)
dense.set_weights([kernel, bias])
without_bias.set_weights([kernel])
y, y_without_bias = model.predict(x, verbose=0)  # each (batch, units)
print("bias:", bias)

# %%
# Another layer should learn to return the targets, which were made with a bias
# of 1 to 5. ``Sequential`` makes a model of layers in a row. ``compile`` says
# how it is trained: ``loss="mse"`` measures how far its outputs are from the
# targets, and ``SGD`` is the rule by which all weights move so that this number
# gets smaller. The larger ``learning_rate``, the further they move.
# ``train_on_batch`` takes one such step. Forty steps are enough here.

x_train = rng.normal(size=(10, 2)).astype("float32")  # (batch, features)
bias_of_targets = np.array([1, 2, 3, 4, 5])
targets = x_train @ kernel + bias_of_targets

layer = keras.layers.Dense(5)
trained = keras.Sequential([layer])
trained.compile(keras.optimizers.SGD(learning_rate=0.7), loss="mse")
biases = [np.zeros(5)]
for _ in range(40):
    trained.train_on_batch(x_train, targets)
    biases.append(layer.get_weights()[1])
y_trained = trained.predict(x_train, verbose=0)  # (batch, units)

# %%
# See it
# ------
# The bias of each unit leaves zero and finds the bias of the targets.

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
for unit, path in enumerate(np.transpose(biases)):
    axis.plot(path)
    axis.annotate(f" unit {unit}", (40, path[-1]), va="center")
axis.set(title="The bias starts at zero and learns", xlim=(0, 46))
axis.set(xlabel="steps of training", ylabel="bias")
plt.show()

# %%
# Compute it
# ----------
# While the bias is zero, adding it changes nothing.

expected = x @ kernel + bias

# %%
# The formula of the trained layer is the same. Only the numbers differ.

kernel_trained, bias_trained = layer.get_weights()
expected_trained = x_train @ kernel_trained + bias_trained

# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit.

np.testing.assert_array_equal(bias, np.zeros(5, "float32"), strict=True)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)
np.testing.assert_array_equal(y, y_without_bias, strict=True)

# %%
# Training has found the bias of the targets, and the formula still holds, up to
# rounding.

np.testing.assert_allclose(bias_trained, bias_of_targets, atol=0.01)
np.testing.assert_allclose(y_trained, expected_trained, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Suppose you leave the bias out, as it was zero when you looked at it: before
# the training. Now each unit is wrong by its bias, in every sample.

wrong = x_train @ kernel_trained
print("right:", y_trained[0].round(2))
print("wrong:", wrong[0].round(2))
assert np.all(y_trained - wrong > 0.9)

# %%
# Try it
# ------
# 1. A bias is the weight of a feature that is always 1. Write ``widen(x)``,
#    which adds this feature to each sample, and ``stack(kernel, bias)``, which
#    makes one matrix of both, so that one product computes the whole layer.
# 2. Let Keras do the same. Write ``learned(wide, targets)``: it trains a layer
#    without a bias on samples that have this feature, and returns its kernel.
