r"""
MultiHeadAttention: initializers, regularizers, constraints
===========================================================

The attention layers hand these arguments to their ``Dense`` layers, of query,
key, value and output. So ``activity_regularizer`` penalizes all four, and not
the output alone.

.. math::

   \text{penalty} &= \text{L2}(W) + \text{L2}(b) \\
   &+ (\text{L1}(q) + \text{L1}(k) + \text{L1}(v) + \text{L1}(y)) / n

W and b are all kernels and biases, and n is the number of samples.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.constraints import NonNeg
from keras.initializers import RandomUniform
from keras.layers import GroupQueryAttention, MultiHeadAttention
from keras.regularizers import L1, L2

rng = np.random.default_rng(313)
uniform = RandomUniform(-1, 1, seed=7)

# %%
# Build it
# --------

arguments = {
    "kernel_initializer": uniform,
    "bias_initializer": uniform,
    "kernel_regularizer": L2(0.5),
    "bias_regularizer": L2(0.25),
    "activity_regularizer": L1(0.125),
    "kernel_constraint": NonNeg(),
    "bias_constraint": NonNeg(),
}
x = rng.normal(size=(2, 5, 6)).astype("float32")  # (batch, steps, features)
layers = [
    MultiHeadAttention(num_heads=2, key_dim=4, **arguments),
    GroupQueryAttention(4, 2, num_key_value_heads=1, **arguments),
]

# %%
# Compute it
# ----------


def penalties(x, weights, y):
    """The parts of the penalty above, by name.

    x and y: (batch, steps, features), weights: kernel and bias of query, key,
    value and output. L2(0.5) of kernels, L2(0.25) of biases, L1(0.125) else.
    """
    kernels, biases = weights[::2], weights[1::2]
    parts = {
        "kernels": 0.5 * sum(np.sum(kernel**2) for kernel in kernels),
        "biases": 0.25 * sum(np.sum(bias**2) for bias in biases),
    }
    for name, kernel, bias in zip(["q", "k", "v"], kernels, biases):
        activity = np.tensordot(x, kernel, 1) + bias
        parts[name] = 0.125 * np.sum(np.abs(activity)) / len(x)
    parts["y"] = 0.125 * np.sum(np.abs(y)) / len(x)
    return parts


# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1:** ``GroupQueryAttention`` penalizes its
#    output twice: in its last ``Dense`` layer, and once more itself. If an
#    initializer has a seed, weights of the same shape are equal: key and value
#    begin with the same kernel.

tolerance = 1000 * np.finfo("float32").eps
for layer, times in zip(layers, (1, 2)):
    y = keras.ops.convert_to_numpy(layer(x, x))
    weights = layer.get_weights()
    for weight in weights:
        expected = keras.ops.convert_to_numpy(uniform(weight.shape))
        np.testing.assert_array_equal(weight, expected)
    np.testing.assert_array_equal(weights[2], weights[4])  # key's and value's

    loss = keras.ops.convert_to_numpy(sum(layer.losses))
    parts = penalties(x, weights, y)
    expected = sum(parts.values()) + (times - 1) * parts["y"]
    np.testing.assert_allclose(loss, expected, tolerance)

    # Constraints, after a training step with a gradient of 0
    gradients = [keras.ops.zeros(weight.shape) for weight in weights]
    keras.optimizers.SGD().apply(gradients, layer.trainable_variables)
    for new, old in zip(layer.get_weights(), weights):
        np.testing.assert_array_equal(new, np.maximum(old, 0))

# %%
# Break it
# --------
# Would you expect only the output's L1 norm, as in other layers?

wrong = parts["kernels"] + parts["biases"] + parts["y"]
print(f"{wrong:.2f} instead of {loss:.2f}")
assert not np.allclose(loss, wrong)

# %%
# See it
# ------

parts["y, again"] = parts["y"]
fig, axis = plt.subplots(figsize=(6, 2.6), layout="constrained")
axis.barh(list(parts), list(parts.values()), color=["C0"] * 2 + ["C1"] * 5)
axis.invert_yaxis()
axis.set(title="GroupQueryAttention: what its regularizers add to the loss")
axis.set(xlabel="penalty (blue: of weights, orange: of activities)")
plt.show()
