r"""
AdamW: weight decay is not L2 regularization
============================================

AdamW makes each weight a little smaller before it takes Adam's step. An L2
penalty adds to the gradient instead, which Adam divides by its size: the larger
the gradients, the less the penalty does.

.. math::

   \text{AdamW:} \quad w &\leftarrow w - \eta \lambda w - \eta \, s(g) \\
   \text{L2:} \quad w &\leftarrow w - \eta \, s(g + 2 \alpha w)

Here :math:`\eta` is the learning rate, :math:`\lambda` the weight decay,
:math:`\alpha` the factor of the penalty, and :math:`s(g)` what the optimizer
makes of the gradient :math:`g`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Five steps of a kernel, which decays, and of a bias, which is excluded. An
# optimizer needs no model: ``apply`` takes gradients and variables.

start = np.array([1, -2, 4])
gradients = rng.normal(size=(5, 3)) * [100, 1, 0.01]  # (steps, weights)


def train(optimizer, gradients, dtype="float32"):
    """Kernel and bias after the last step."""
    kernel = keras.Variable(start, dtype=dtype, name="kernel")
    bias = keras.Variable(start, dtype=dtype, name="bias")
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    for gradient in gradients:
        gradient = keras.ops.convert_to_tensor(gradient, dtype)
        optimizer.apply([gradient, gradient], [kernel, bias])
    return [keras.ops.convert_to_numpy(weights) for weights in (kernel, bias)]


for weights in train(keras.optimizers.AdamW(0.1, weight_decay=0.5), gradients):
    print(weights)

# %%
# From other pages
# ----------------


def adam(
    w, gradient, m, v, t,
    learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7,
):  # fmt: skip
    """One step of Adam (Kingma and Ba, 2015, end of section 2).

    w, gradient, and the moments m and v, which begin at 0, have one shape; t is
    the number of the step, from 1. Returns the new w, m and v.
    """
    m = beta_1 * m + (1 - beta_1) * gradient
    v = beta_2 * v + (1 - beta_2) * gradient**2
    rate = learning_rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
    return w - rate * m / (np.sqrt(v) + epsilon), m, v


# %%
# Compute it
# ----------
# Keras multiplies the decay by the learning rate, as PyTorch does. (The paper
# keeps the two apart.) So a smaller learning rate also means less decay.


def adamw(
    w, gradient, m, v, t, learning_rate=0.001, weight_decay=0.004,
    beta_1=0.9, beta_2=0.999, epsilon=1e-7,
):  # fmt: skip
    """One step of AdamW (Keras documentation; Loshchilov and Hutter, 2019).

    w, gradient, and the moments m and v, which begin at 0, have one shape; t is
    the number of the step, from 1. Returns the new w, m and v.
    """
    w = w - learning_rate * weight_decay * w
    return adam(w, gradient, m, v, t, learning_rate, beta_1, beta_2, epsilon)


def numpy_adamw(gradients, **arguments):
    w, m, v = start, 0, 0
    for t, gradient in enumerate(gradients, 1):
        w, m, v = adamw(w, gradient, m, v, t, **arguments)
    return w


# %%
# Check it
# --------
# First with Keras' default decay, 0.004, and a large learning rate, or the
# decay would be too small to see. Then with constants that float32 can hold,
# because Keras rounds them. Every optimizer takes ``weight_decay``. ``Adam``
# with it is ``AdamW``. Only on TensorFlow does Keras compute in float64
# throughout.

kernel, _ = train(keras.optimizers.AdamW(learning_rate=1.0), gradients)
expected = numpy_adamw(gradients, learning_rate=1.0)
tolerance = 1000 * np.finfo("float32").eps
np.testing.assert_allclose(kernel, expected, tolerance)

exact = {"learning_rate": 0.125, "beta_1": 0.5, "beta_2": 0.75}
dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
expected = numpy_adamw(gradients, weight_decay=0.5, **exact)
no_decay = numpy_adamw(gradients, weight_decay=0, **exact)
for dtype in dtypes:
    tolerance = 1000 * np.finfo(dtype).eps
    for optimizer in (keras.optimizers.AdamW, keras.optimizers.Adam):
        optimizer = optimizer(weight_decay=0.5, **exact)
        kernel, bias = train(optimizer, gradients, dtype)
        np.testing.assert_allclose(kernel, expected, tolerance, tolerance)
        np.testing.assert_allclose(bias, no_decay, tolerance, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1:** on TensorFlow, Keras looks for
#    ``var_names`` in the layer's name too, not only in the variable's. So
#    ``"bias"`` also excludes the kernel of a layer that is called "unbiased".

if keras.backend.backend() == "tensorflow":
    layer = keras.layers.Dense(1, name="unbiased", kernel_initializer="ones")
    layer.build((None, 3))
    optimizer = keras.optimizers.SGD(weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    optimizer.apply([keras.ops.zeros((3, 1))], [layer.kernel])
    np.testing.assert_array_equal(layer.get_weights()[0], np.ones((3, 1)))

# %%
# Break it
# --------
# PyTorch's ``Adam(weight_decay=...)`` is an L2 penalty: it adds the decay times
# the weight to the gradient. Is that the same? For plain SGD it is, to the bit.
# For Adam it is not.

whole = np.array([[3, -1, 2]])
decay, _ = train(keras.optimizers.SGD(0.25, weight_decay=0.5), whole)
penalty, _ = train(keras.optimizers.SGD(0.25), whole + 0.5 * start)
np.testing.assert_array_equal(decay, penalty, strict=True)

w, m, v = start, 0, 0
for t, gradient in enumerate(gradients, 1):
    w, m, v = adam(w, gradient + 0.5 * w, m, v, t, **exact)
assert not np.allclose(w, expected)

# %%
# See it
# ------
# Weights of 1 after 300 steps, whose gradients change sign in each step and so
# lead nowhere. Decay takes the same part of every weight. The penalty takes all
# or nothing, depending on the size of the gradients.

sizes = np.geomspace(1e-3, 1e3, 37)  # of the gradients, one for each weight
decayed = penalized = np.ones(37)
m1 = v1 = m2 = v2 = np.zeros(37)
for t in range(1, 301):
    g = sizes * (-1) ** t
    decayed, m1, v1 = adamw(decayed, g, m1, v1, t, 0.01, weight_decay=0.5)
    penalized, m2, v2 = adam(penalized, g + 0.5 * penalized, m2, v2, t, 0.01)
fig, axis = plt.subplots(figsize=(6, 3.4))
axis.semilogx(sizes, decayed, "o-", markersize=4, label="AdamW")
axis.semilogx(sizes, penalized, "s-", markersize=4, label="Adam with L2")
axis.set(title="What decay and penalty leave of a weight", ylim=(-0.05, 1.05))
axis.set(xlabel="size of its gradients", ylabel="weight after 300 steps")
axis.legend()
plt.show()
