r"""
Dense with its default bias: zeros until training
=================================================

A ``Dense`` layer has a bias unless you turn it off. It starts as zeros: it
changes nothing in a new layer, and must not be left out of a trained one.

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
# the default.

x = rng.integers(1, 100, size=(10, 2))  # (batch, features)
kernel = np.array([[2, -1, 4, 1, -3], [7, 3, -6, 5, 8]])  # (features, units)

inputs = keras.Input(shape=(2,))
dense = keras.layers.Dense(5)
without_bias = keras.layers.Dense(5, use_bias=False)
model = keras.Model(inputs, [dense(inputs), without_bias(inputs)])

bias = dense.get_weights()[1]  # (units,)
dense.set_weights([kernel, bias])
without_bias.set_weights([kernel])
y, y_without_bias = model.predict(x, verbose=0)
print(bias)

# %%
# Compute it
# ----------
# The bias has one number for each unit. While it is zero, adding it changes
# nothing. We add it all the same, as training will change it.

expected = x @ kernel + bias

# %%
# Check it
# --------
# With whole numbers nothing is rounded: the results are equal to the bit.

np.testing.assert_array_equal(bias, np.zeros(5, "float32"), strict=True)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)
np.testing.assert_array_equal(y, y_without_bias, strict=True)

# %%
# Training moves the bias. These targets were made with a bias of 1 to 5, which
# the layer has to find. With this learning rate 40 steps are enough.

steps = 40
x_random = rng.normal(size=(10, 2)).astype("float32")
bias_of_targets = np.array([1, 2, 3, 4, 5])
targets = x_random @ kernel + bias_of_targets

layer = keras.layers.Dense(5)
trained = keras.Sequential([layer])
trained.compile(keras.optimizers.SGD(learning_rate=0.7), loss="mse")
biases = [np.zeros(5)]
for _ in range(steps):
    trained.train_on_batch(x_random, targets)
    biases.append(layer.get_weights()[1])
print(biases[-1])
np.testing.assert_allclose(biases[-1], bias_of_targets, atol=0.01)

# %%
# The formula stays the same, with the trained kernel and bias.

kernel_trained, bias_trained = layer.get_weights()
y_trained = trained.predict(x_random, verbose=0)
product = x_random @ kernel_trained.astype("float64")
tolerance = 1000 * np.finfo("float32").eps
np.testing.assert_allclose(
    y_trained, product + bias_trained, rtol=tolerance, atol=tolerance
)

# %%
# Break it
# --------
# The bias was zero at first. Would you leave it out when you port a trained
# layer? No: then hardly any entry is right.

print(f"{np.isclose(y_trained, product).mean():.0%} of the entries are right")
assert not np.allclose(y_trained, product)

# %%
# See it
# ------
# The bias of each unit leaves zero and finds the bias of the targets.

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
for unit, path in enumerate(np.transpose(biases)):
    axis.plot(path)
    axis.annotate(f" unit {unit}", (steps, path[-1]), va="center")
axis.set(title="The bias starts at zero and learns", xlim=(0, steps + 6))
axis.set(xlabel="steps of training", ylabel="bias")
plt.show()
