r"""
Dense takes more than one would expect
======================================

Some arguments and inputs look like mistakes and raise no error. A ``Dense``
layer takes them in its own way: text is true, ``None`` is random, and every
real number becomes a float32 before it is multiplied.

.. math::

   y = \operatorname{float32}(x) \, \operatorname{float32}(W) + b
"""

import logging
import warnings

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Dense

keras.utils.set_random_seed(313)
logging.getLogger("tensorflow").setLevel("ERROR")  # as of complex numbers

# %%
# Build it
# --------
# ``accepted`` makes a call that looks wrong, and that must work. All layers are
# for three features.


def accepted(call, *arguments, **options):
    """Return what a call returns; an error fails the page."""
    try:
        return call(*arguments, **options)
    except Exception as error:
        raise AssertionError("it was refused") from error


def built(units=2, **arguments):
    """A Dense layer of these arguments, with its weights."""
    dense = accepted(Dense, units, **arguments)
    dense.build((None, 3))
    return dense


def result(dense, x):
    """What a layer makes of an input, as an array."""
    return keras.ops.convert_to_numpy(accepted(dense, x))


x = np.random.randint(1, 100, size=(4, 3))  # (batch, features)
kernel = np.array([[2, -1], [3, 5], [-4, 7]])  # (features, units)
bias = np.array([1001, -2003])  # (units,)

# %%
# Compute it
# ----------


def float32(values):
    """What float32 keeps of integers, truth values and float64 numbers."""
    return np.asarray(values).astype("float32").astype("float64")


def dense_of_float32(x, kernel, bias):
    """(batch, features) to (batch, units)."""
    return float32(x) @ float32(kernel) + bias


# %%
# Check it
# --------
# **Arguments.** ``True`` is the integer 1, so it is one unit. Text is true
# unless it is empty, so ``use_bias="False"`` has a bias. An array is an
# initializer that draws nothing. ``None`` is one that draws, and makes a bias
# random instead of zero. Any function is a constraint; it is applied after a
# step of an optimizer.

np.testing.assert_equal(built(True).kernel.shape, (3, 1))
np.testing.assert_equal(len(built(use_bias="False").weights), 2)
np.testing.assert_equal(len(built(use_bias="").weights), 1)

random_bias = built(64, bias_initializer=None).get_weights()[1]
np.testing.assert_equal(np.count_nonzero(random_bias), 64)
np.testing.assert_array_less(np.abs(random_bias), np.sqrt(6 / (64 + 64)))

dense = built(kernel_initializer=kernel, kernel_constraint=lambda w: 2 * w)
first = dense.get_weights()[0]
keras.optimizers.SGD().apply([keras.ops.zeros((3, 2))], [dense.kernel])
np.testing.assert_array_equal(first, kernel)
np.testing.assert_array_equal(dense.get_weights()[0], 2 * kernel)

# %%
# ``input_shape`` and ``input_dim`` are left from Keras 2. They get a warning
# each, and only a ``Sequential`` model looks at them.

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    alone = accepted(Dense, 2, input_shape=(3,))
    inside = accepted(Dense, 2, input_dim=3)
    keras.Sequential([inside])
PHRASE = "Do not pass an `input_shape`/`input_dim` argument to a layer"
print(PHRASE)
np.testing.assert_equal([PHRASE in str(w.message) for w in caught], [True] * 2)
np.testing.assert_equal((len(alone.weights), len(inside.weights)), (0, 2))

# %%
# **Inputs and weights.** Integers, truth values and float64 numbers become
# float32 and lose the digits that it has no room for. NaN is passed on, for its
# sample alone.

fine = kernel + 2.0**-12  # float32 holds it, and loses the 2.0**-40 below
dense.set_weights([fine + 2.0**-40, bias])
kept = dense.get_weights()[0]
with_nan = np.where(np.arange(12).reshape(4, 3) == 4, np.nan, x)
for given in (x, x > 50, x + 2.0**-30, with_nan):
    y = result(dense, given)
    expected = dense_of_float32(given, fine, bias)
    np.testing.assert_equal((y.shape, y.dtype), ((4, 2), np.float32))
    np.testing.assert_array_equal(y, expected)
print("NaN in rows:", np.flatnonzero(np.isnan(y).all(axis=1)))

np.testing.assert_array_equal(kept, fine)

# %%
# **Shapes.** A layer takes a list of one array for an array with one axis more.
# A model drops a last axis of length 1 that it did not ask for.

dense.set_weights([kernel, bias])
inputs = keras.Input(shape=(3,))
model = keras.Model(inputs, dense(inputs))
listed = result(dense, [x])
squeezed = result(model, x[:, :, np.newaxis])

np.testing.assert_array_equal(listed, [x @ kernel + bias])
np.testing.assert_array_equal(squeezed, x @ kernel + bias)

# %%
# Break it
# --------
# Four that are taken, and go wrong. A layer computes with complex numbers, but
# ``predict`` drops the imaginary part: all that it says is in a log or a
# warning.

z = x + 1j * x[::-1]
called = result(dense, z.astype("complex64"))
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    predicted = accepted(model.predict, z, verbose=0)
right = np.count_nonzero(predicted == z @ kernel + bias)
print("right entries of predict:", right, "of", called.size)

np.testing.assert_array_equal(called, z @ kernel + bias)
np.testing.assert_array_equal(predicted, z.real @ kernel + bias)
np.testing.assert_equal(called.dtype, np.complex64)
np.testing.assert_equal((predicted.dtype, right), (np.float32, 0))

# %%
# A bias that is assigned instead of set is used, and even saved, but it is none
# of the weights: ``get_weights`` returns the old one, and no training moves it.

dense.bias = np.array([7, 8], "float32")
store = {}
dense.save_own_variables(store)
np.testing.assert_array_equal(result(dense, x), x @ kernel + [7, 8])
np.testing.assert_array_equal(store["1"], [7, 8])
np.testing.assert_array_equal(dense.get_weights()[1], bias)

# %%
# LoRA of rank 0 is taken, and divides by it at the next call.

adapted = built()
accepted(adapted.enable_lora, 0)
with np.testing.assert_raises(Exception) as caught:
    adapted(x)
np.testing.assert_equal(type(caught.exception), ZeroDivisionError)

# %%
# The fourth is an integer: just beyond ``2**24``, every other one is changed.

dense = built(1, kernel_initializer="ones", use_bias=False)
n = np.arange(-8, 9)
large = np.stack([2**24 + n, 0 * n, 0 * n], axis=1)
y = result(dense, large)[:, 0]
changed = y != large[:, 0]
print("changed integers:", n[changed])

np.testing.assert_array_equal(y, float32(2**24 + n))
np.testing.assert_array_equal(n[changed], [1, 3, 5, 7])

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(5, 3.6), layout="constrained")
axis.axline((0, 0), slope=1, color="gray", linewidth=0.8)
axis.plot(n[~changed], (y - 2**24)[~changed], "o", label="kept")
axis.plot(n[changed], (y - 2**24)[changed], "s", label="changed")
axis.set(title="Integers beyond 2**24 are rounded on their way in")
axis.set(xlabel="input - 2**24", ylabel="output - 2**24")
axis.legend()
plt.show()
