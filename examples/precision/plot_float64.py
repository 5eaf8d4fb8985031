r"""
float64: predict casts its input to float32
===========================================

On TensorFlow, a ``Dense`` layer with ``dtype="float64"`` stores and computes in
float64. But ``predict`` casts its input to float32 first, and so does a model
whose ``Input`` is float32, the default.

.. math::

   y &= x W + b & &\text{ the layer} \\
   y &= \operatorname{float32}(x) \, W + b & &\text{ predict}

For float64 throughout, call ``keras.config.set_floatx("float64")`` and
``keras.config.set_dtype_policy("float64")`` *before* you build the model. JAX
and PyTorch compute this layer in float32.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# The numbers are odd whole numbers, divided by ``2**24``. Each has one bit more
# than float32 holds, and must be rounded there. Four products and a bias add up
# to no more bits than float64 holds.


def long_numbers(*shape):
    odd = 2 * rng.integers(2**23, 2**24, size=shape) + 1
    return rng.choice([-1, 1], size=shape) * odd / 2**24


x = long_numbers(6, 4)  # (batch, features)
kernel = long_numbers(4, 3)  # (features, units)
bias = long_numbers(3)  # (units,)

dense = keras.layers.Dense(3, dtype="float64")
inputs = keras.Input(shape=(4,))  # float32
wide_inputs = keras.Input(shape=(4,), dtype="float64")
model = keras.Model(inputs, dense(inputs))
wide_model = keras.Model(wide_inputs, dense(wide_inputs))
dense.set_weights([kernel, bias])

# %%
# Compute it
# ----------
# NumPy computes in float64, also when one of the factors is float32.

exact = x @ kernel + bias
from_float32 = x.astype("float32") @ kernel + bias

# %%
# Check it
# --------
# On TensorFlow every answer is equal to the bit. In the float32 of JAX and
# PyTorch the two formulas are too close to be told apart.


def check(name, answer, expected):
    y = keras.ops.convert_to_numpy(answer)
    print(f"{name:21} off by {np.abs(y - exact).max():.1e}")
    tolerance = 1000 * np.finfo("float32").eps
    np.testing.assert_allclose(y, expected, tolerance, tolerance)
    if keras.backend.backend() == "tensorflow":
        np.testing.assert_array_equal(y, expected, strict=True)


check("dense(x)", dense(x), exact)
check("wide_model(x)", wide_model(x), exact)
check("model(x)", model(x), from_float32)
check("model.predict(x)", model.predict(x, verbose=0), from_float32)
check("wide_model.predict(x)", wide_model.predict(x, verbose=0), from_float32)

# %%
# Break it
# --------
# ``predict`` casts to ``floatx``, the default dtype, which a new ``Input`` has,
# too. So would you set ``floatx`` and build a new model?
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** Once a layer has been
#    made, ``keras.config.set_floatx`` does not change the dtype of new layers:
#    the first one fixes the default *policy*, from which layers take their
#    dtype.


def predict_with_new_model():
    layer = keras.layers.Dense(3)
    new_model = keras.Sequential([keras.Input(shape=(4,)), layer])
    layer.set_weights([kernel, bias])
    return layer.dtype, new_model.predict(x, verbose=0)


keras.config.set_floatx("float64")
dtype, wrong = predict_with_new_model()
keras.config.set_dtype_policy("float64")
_, y = predict_with_new_model()
keras.config.set_floatx("float32")  # the defaults again
keras.config.set_dtype_policy("float32")

check("new_model.predict(x)", y, exact)
np.testing.assert_equal(dtype, "float32")
assert np.any(wrong != exact)

# %%
# See it
# ------
# The rounding error of the input shows in every output of ``predict``.

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
errors = np.ravel(model.predict(x, verbose=0) - exact)
axis.stem(np.arange(errors.size), errors)
axis.set(title="predict rounds its input to float32")
axis.set(xlabel="entry of the output", ylabel="error of model.predict(x)")
plt.show()
