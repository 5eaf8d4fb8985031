r"""
Dense with its default bias: zeros until training
=================================================

A ``Dense`` layer has a bias unless you turn it off. It starts as zeros, so a
new layer computes the same as one without a bias.

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
# The bias has one number for each unit. Adding zeros changes nothing, but they
# are part of the formula.

expected = x @ kernel + bias

# %%
# Check it
# --------
# Whole numbers are equal to the bit.

np.testing.assert_array_equal(bias, np.zeros(5, "float32"), strict=True)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)
np.testing.assert_array_equal(y, y_without_bias, strict=True)

# %%
# Training moves the bias, and the formula stays the same. Here a layer learns
# from targets that were made with a bias of 1 to 5. Only on TensorFlow does
# Keras compute in float64 throughout.

x_random = rng.normal(size=(10, 2)).astype("float32")
targets = x_random @ kernel + [1, 2, 3, 4, 5]
dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    layer = keras.layers.Dense(5, dtype=dtype)
    trained = keras.Sequential([layer])
    trained.compile(keras.optimizers.SGD(learning_rate=0.7), loss="mse")
    biases = [np.zeros(5)]
    for _ in range(40):
        trained.train_on_batch(x_random, targets)
        biases.append(layer.get_weights()[1])
    y_random = keras.ops.convert_to_numpy(layer(x_random))
    product = x_random @ layer.get_weights()[0].astype("float64")
    expected = product + biases[-1]
    print(f"{dtype}: largest error {np.abs(y_random - expected).max():.1e}")
    tolerance = 1000 * np.finfo(dtype).eps
    np.testing.assert_allclose(y_random, expected, tolerance, tolerance)

# %%
# Break it
# --------
# The bias was zero at first. Would you leave it out when you port a trained
# layer?

print(f"{np.isclose(y_random, product).mean():.0%} of the entries are right")
assert not np.allclose(y_random, product)

# %%
# See it
# ------
# The bias of each unit leaves zero and finds the bias in the targets.

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
for unit, path in enumerate(np.transpose(biases)):
    axis.plot(path)
    axis.annotate(f" unit {unit}", (40, path[-1]), verticalalignment="center")
axis.set(title="The bias starts at zero and learns", xlim=(0, 46))
axis.set(xlabel="steps of training", ylabel="bias")
plt.show()
