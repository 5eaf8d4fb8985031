r"""
exclude_from_weight_decay: which weights decay
==============================================

Weight decay shrinks every weight that an optimizer is given, biases too. The
method ``exclude_from_weight_decay`` leaves out those that it is given, in a
list or by a part of their names.

.. math::

   \text{decays:} \quad w &\leftarrow w - \eta \lambda w + v \\
   \text{excluded:} \quad w &\leftarrow w + v

Here :math:`\eta` is the learning rate, :math:`\lambda` the weight decay, and
:math:`v` the step that the optimizer takes in any case: here the velocity of
``SGD`` with momentum.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Two steps of a kernel and a bias that have the same start and gradients.
# ``"bias"`` excludes each variable that has "bias" in its name.

start = np.array([8, -4, 2])
gradients = np.array([[1, 2, 3], [-1, 2, 1]])  # (steps, weights)


def keras_steps(optimizer, **excluded):
    """The kernel and the bias after both steps."""
    kernel = keras.Variable(start, dtype="float32", name="kernel")
    bias = keras.Variable(start, dtype="float32", name="bias")
    optimizer.exclude_from_weight_decay(**excluded)
    for gradient in keras.ops.convert_to_tensor(gradients, "float32"):
        optimizer.apply([gradient, gradient], [kernel, bias])
    return [keras.ops.convert_to_numpy(w) for w in (kernel, bias)]


optimizer = keras.optimizers.SGD(0.25, momentum=0.5, weight_decay=0.5)
kernel, bias = keras_steps(optimizer, var_names=["bias"])
print("kernel:", kernel, "bias:", bias)

# %%
# Compute it
# ----------


def sgd_with_decay(weights, decay):
    """Weights after both steps. The decay does not enter the velocity."""
    velocity = 0
    for gradient in gradients:
        weights = weights - 0.25 * decay * weights
        velocity = 0.5 * velocity - 0.25 * gradient
        weights = weights + velocity
    return weights


# %%
# Check it
# --------
# Whole numbers divided by powers of two: nothing is rounded.

decayed, excluded = sgd_with_decay(start, 0.5), sgd_with_decay(start, 0)
np.testing.assert_array_equal(kernel, np.float32(decayed), strict=True)
np.testing.assert_array_equal(bias, np.float32(excluded), strict=True)

# %%
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:** On
#    TensorFlow, ``Optimizer.exclude_from_weight_decay`` looks for ``var_names``
#    in the layer's name too, not only in the variable's. So ``"bias"`` also
#    excludes the kernel of a layer that is called "unbiased".
#    ``var_list=[layer.bias]`` excludes only what it lists.


def keras_kernel(layer, **excluded):
    """A kernel of ones after a step whose gradient is zero."""
    layer.set_weights([np.ones((3, 1)), np.zeros(1)])
    optimizer = keras.optimizers.SGD(0.25, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(**excluded)
    optimizer.apply([keras.ops.zeros((3, 1))], [layer.kernel])
    return layer.get_weights()[0]


layer = keras.layers.Dense(1, name="unbiased")
layer.build((None, 3))
by_list = keras_kernel(layer, var_list=[layer.bias])
by_name = keras_kernel(layer, var_names=["bias"])
np.testing.assert_array_equal(by_list, np.full((3, 1), 1 - 0.25 * 0.5))
if keras.backend.backend() == "tensorflow":
    np.testing.assert_array_equal(by_name, np.ones((3, 1)))

# %%
# Break it
# --------
# Does the bias decay if you exclude nothing? Yes. (People often exclude biases
# and the scales of normalization.)

optimizer = keras.optimizers.SGD(0.25, momentum=0.5, weight_decay=0.5)
_, not_excluded = keras_steps(optimizer)
assert np.any(not_excluded != bias)

# %%
# See it
# ------
# The decay takes the same part of each weight, so the largest loses most.

fig, axis = plt.subplots(figsize=(6, 3.4))
axis.bar(np.arange(3) - 0.25, start, 0.25, label="before")
axis.bar(np.arange(3), excluded, 0.25, label="excluded")
axis.bar(np.arange(3) + 0.25, decayed, 0.25, label="decays")
axis.set(title="Two steps with and without weight decay", ylabel="weight")
axis.set_xticks(range(3), ["weight 0", "weight 1", "weight 2"])
axis.legend()
plt.show()
