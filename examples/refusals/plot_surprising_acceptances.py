r"""
What Dense accepts, and you may not expect
==========================================

Some arguments and inputs look like mistakes, but ``Dense`` raises no error. It
takes ``"False"`` for true, draws a random bias for ``None``, and rounds inputs
to ``float32`` before it multiplies:

.. math:: y = \operatorname{float32}(x) \, \operatorname{float32}(W) + b
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------


def built(units=2, **arguments):
    layer = keras.layers.Dense(units, **arguments)
    layer.build((None, 3))
    return layer


x = np.arange(12).reshape(4, 3)  # (batch, features)
kernel = np.array([[2, -1], [3, 5], [-4, 7]])  # (features, units)
bias = np.array([1001, -2003])  # (units,)
dense = built()
dense.set_weights([kernel + 2.0**-40, bias])

# %%
# Compute it
# ----------


def dense_in_float32(x, kernel, bias):
    """(batch, features) to (batch, units): rounds first, then multiplies."""
    x = np.asarray(x).astype("float32").astype("float64")
    return x @ kernel.astype("float32").astype("float64") + bias


# %%
# Check it
# --------
# Integers, truth values and float64 numbers become float32, which can't hold
# ``2**-40`` beside larger numbers. NaN stays in its row.

with_nan = np.where(np.arange(4)[:, np.newaxis] == 1, np.nan, x)
for given in (x, x > 5, x + 2.0**-40, with_nan):
    y = keras.ops.convert_to_numpy(dense(given))
    expected = dense_in_float32(given, kernel + 2.0**-40, bias)
    np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# .. warning:: **Seen in Keras 3.15.1:** ``Dense`` takes ``True`` for one unit,
#    and any text but an empty one for ``use_bias=True``.
#
# .. warning:: **Seen in Keras 3.15.1:** ``bias_initializer=None`` draws a
#    random bias. Only the default is zeros.
#
# .. warning:: **Seen in Keras 3.15.1:** ``kernel_regularizer="l1l2"`` is
#    taken, and adds no penalty, because both factors are 0. ``"l1_l2"`` is
#    refused.

np.testing.assert_equal(built(True).kernel.shape, (3, 1))
np.testing.assert_equal(len(built(use_bias="False").get_weights()), 2)
random_bias = built(64, bias_initializer=None).get_weights()[1]
np.testing.assert_equal(np.count_nonzero(random_bias), 64)
penalties = built(kernel_regularizer="l1l2", kernel_initializer="ones").losses
np.testing.assert_equal([float(penalty) for penalty in penalties], [0])

# %%
# .. warning:: **Seen in Keras 3.15.1:** a layer takes a list of one array for
#    an array with one more axis. A model drops a last axis of length 1.

dense.set_weights([kernel, bias])
model = keras.Sequential([keras.Input(shape=(3,)), dense])
listed = keras.ops.convert_to_numpy(dense([x]))
np.testing.assert_array_equal(listed, [x @ kernel + bias])
squeezed = model.predict(x[:, :, np.newaxis], verbose=0)
np.testing.assert_array_equal(squeezed, x @ kernel + bias)

# %%
# .. warning:: **Seen in Keras 3.15.1:** LoRA takes rank 0, and the next call
#    fails.
#
# .. warning:: **Seen in Keras 3.15.1:** a layer uses an array that you assign
#    to ``bias``, but ``get_weights`` returns the old one. Call
#    ``bias.assign``.

adapted = built()
adapted.enable_lora(0)
np.testing.assert_raises(ZeroDivisionError, adapted, x)
dense.bias = np.array([7, 8], "float32")
y = keras.ops.convert_to_numpy(dense(x))
np.testing.assert_array_equal(y, x @ kernel + [7, 8])
np.testing.assert_array_equal(dense.get_weights()[1], bias)

# %%
# Break it
# --------
# Would you pass large integers, such as identifiers? Beyond ``2**24``, float32
# holds only every other one.

layer = built(1, kernel_initializer="ones", use_bias=False)
n = np.arange(-8, 9)
large = np.stack([2**24 + n, 0 * n, 0 * n], axis=1)
y = keras.ops.convert_to_numpy(layer(large))[:, 0].astype("int64")
assert np.any(y != large[:, 0])

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.stem(n, y - 2**24 - n)
axis.set(title="Integers beyond 2**24 are rounded on their way in")
axis.set(xlabel="input minus 2**24", ylabel="output minus input")
plt.show()
