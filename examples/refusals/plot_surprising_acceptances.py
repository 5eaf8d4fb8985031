r"""
Dense raises no error: mistakes that it accepts
===============================================

``Dense`` does not check all of its arguments and inputs, and takes some that
look like mistakes. One reason is that Python has a truth value for any object,
and a number for a truth value:

.. math::

   \operatorname{bool}(\text{"False"}) &= \text{True} \\
   \operatorname{int}(\text{True}) &= 1
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
dense.set_weights([kernel, bias])

# %%
# Compute it
# ----------


def dense_shapes(features, units, use_bias=True):
    """The shapes of the weights, for True as units or a text as use_bias."""
    shapes = [(features, int(units)), (int(units),)]
    return shapes if use_bias else shapes[:1]  # "False" is true


# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``Dense`` takes ``True``
#    for one unit, and any text but an empty one for ``use_bias=True``.


def shapes_of(layer):
    return [weight.shape for weight in layer.get_weights()]


np.testing.assert_equal(shapes_of(built(True)), dense_shapes(3, True))
for text in ("False", ""):
    shapes = shapes_of(built(2, use_bias=text))
    np.testing.assert_equal(shapes, dense_shapes(3, 2, use_bias=text))

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:**
#    ``Dense(bias_initializer=None)`` draws a random bias. The default is zeros.

random_bias = built(64, bias_initializer=None).get_weights()[1]
default_bias = built(64).get_weights()[1]
np.testing.assert_equal(np.all(random_bias), True)
np.testing.assert_array_equal(default_bias, np.zeros(64))

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong shape:** A ``Dense`` layer treats a
#    list of one array as an array with one more axis. A model that expects
#    (batch, features) drops an axis of length 1 at the end.

y = keras.ops.convert_to_numpy(dense([x]))  # (1, batch, units)
np.testing.assert_array_equal(y, [x @ kernel + bias])
model = keras.Sequential([keras.Input(shape=(3,)), dense])
y = model.predict(x[:, :, np.newaxis], verbose=0)
np.testing.assert_array_equal(y, x @ kernel + bias)

# %%
# .. warning:: **Seen in Keras 3.15.1, error:** ``Dense.enable_lora`` takes rank
#    0, and the next call fails.

adapted = built()
adapted.enable_lora(0)
np.testing.assert_raises(ZeroDivisionError, adapted, x)

# %%
# Break it
# --------
# Would you set weights with ``dense.kernel = ...``? That raises an error. For
# the bias it does half of the work: call ``dense.bias.assign``.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** A ``Dense`` layer uses
#    an array that you assign to ``bias``, but ``get_weights`` returns the old
#    one.

new_bias = np.array([7, 8], "float32")
dense.bias = new_bias
y = keras.ops.convert_to_numpy(dense(x))
np.testing.assert_array_equal(y, x @ kernel + new_bias)
np.testing.assert_array_equal(dense.get_weights()[1], bias)
np.testing.assert_raises(AttributeError, setattr, dense, "kernel", kernel)
assert np.any(dense.get_weights()[1] != new_bias)

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.plot(random_bias, "o", label="bias_initializer=None")
axis.plot(default_bias, label="the default, zeros")
axis.set(title="No initializer does not mean zeros")
axis.set(xlabel="unit", ylabel="bias of a new layer", ylim=(-0.3, 0.4))
axis.legend()
plt.show()
