r"""
float64 in Keras: predict casts its input to float32
====================================================

You need double precision, more digits than the seven of float32: for times,
large numbers, or to compare with other code. On TensorFlow, a ``Dense`` layer
with ``dtype="float64"`` stores and computes in float64. But ``predict`` casts
its input to float32 first, and so does a model whose ``Input`` is float32, the
default.

.. math::

   y &= x W + b & &\text{ the layer} \\
   y &= \operatorname{float32}(x) \, W + b & &\text{ predict}

:math:`x` is the input, :math:`W` the kernel, :math:`b` the bias. For float64
throughout, call ``keras.config.set_floatx("float64")`` and
``keras.config.set_dtype_policy("float64")`` *before* you build the model. JAX
and PyTorch compute this layer in float32.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Many of these numbers need 25 binary digits, one more than float32 has. A sum
# of four of their products still fits float64, and is exact.

rng = np.random.default_rng(313)
x, kernel, bias = [
    (2 * rng.integers(-(2**24), 2**24, size=shape) + 1) / 2**24
    for shape in [(6, 4), (4, 3), (3,)]  # (batch, features), (features, units)
]
dense = keras.layers.Dense(3, dtype="float64")
model = keras.Sequential([keras.Input((4,)), dense])  # a float32 Input
dense.set_weights([kernel, bias])
y_layer = keras.ops.convert_to_numpy(dense(x))
y_model = keras.ops.convert_to_numpy(model(x))
y_predict = model.predict(x, verbose=0)  # (batch, units)

# %%
# Compute it
# ----------
# NumPy computes in float64, also when one of the factors is float32.

exact = x @ kernel + bias
from_float32 = x.astype("float32") @ kernel + bias

# %%
# Check it
# --------
# On TensorFlow every answer is equal to the bit.
answers = [(y_layer, exact), (y_model, from_float32), (y_predict, from_float32)]
for y, expected in answers:
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)
    if keras.backend.backend() == "tensorflow":
        np.testing.assert_array_equal(y, expected, strict=True)

# %%
# Break it
# --------
# Suppose you only set ``floatx``, to which ``predict`` casts: new layers still
# compute in float32. Set the policy, too: on TensorFlow, ``predict`` is exact.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** Once a layer has been
#    made, ``keras.config.set_floatx`` does not change the dtype of new layers:
#    the first one fixes the default *policy*, which sets their dtype.

keras.config.set_floatx("float64")
wrong = keras.layers.Dense(3).dtype
keras.config.set_dtype_policy("float64")
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
model.set_weights([kernel, bias])
right = model.layers[0].dtype
print("dtype: right", right, "wrong", wrong)
assert right == "float64" and wrong == "float32"
if keras.backend.backend() == "tensorflow":
    np.testing.assert_array_equal(model.predict(x, verbose=0), exact)
keras.config.set_floatx("float32")  # the defaults again
keras.config.set_dtype_policy("float32")

# %%
# Or you hand large integers, such as customer numbers, to an ordinary layer. It
# silently rounds them to float32. Subtract these two features in NumPy first.

large = 2**24 + np.array([[1, 0], [3, 0], [4, 1]])  # (batch, features)
layer = keras.layers.Dense(1, use_bias=False)
layer.build((None, 2))
layer.set_weights([np.array([[1], [-1]])])
wrong = keras.ops.convert_to_numpy(layer(large))[:, 0]
right = large[:, 0] - large[:, 1]
np.testing.assert_array_equal(wrong, np.float32(large) @ [1, -1])
print("right:", right, "wrong:", wrong)
assert np.any(right != wrong)

# %%
# See it
# ------
fig, axis = plt.subplots(figsize=(6, 2.8), layout="constrained")
axis.stem(np.ravel(y_predict - exact))
axis.set(title="Error of predict", xlabel="entry of the output", ylabel="error")
plt.show()
