r"""
Custom activation: activation= takes any function
=================================================

``activation=`` takes the name of a function, a function of Keras or your own,
a layer, or ``None``. The layer applies it to the sum :math:`x W + b`, and
training finds its derivative by itself. An example is the square of ``relu``:

.. math::

   y &= f(x W + b) \\
   f(z) &= \max(z, 0)^2 \\
   f'(z) &= 2 \max(z, 0)
"""

import tempfile
from functools import partial

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Written with ``keras.ops``, a function runs on each backend.


def squared_relu(z):
    return keras.ops.square(keras.ops.relu(z))


activations = [None, "relu", keras.activations.relu6]
activations += [keras.layers.ReLU(negative_slope=0.5), squared_relu]
inputs = keras.Input((3,))
layers = [keras.layers.Dense(4, activation=f) for f in activations]
outputs = keras.ops.stack([layer(inputs) for layer in layers], axis=1)
model = keras.Model(inputs, outputs)

# %%
# All of them get the same weights: whole numbers.

x = rng.integers(-4, 5, size=(5, 3))  # (batch, features)
kernel = rng.integers(-4, 5, size=(3, 4))  # (features, units)
bias = np.array([3, -2, 5, 1])  # (units,)
for layer in layers:
    layer.set_weights([kernel, bias])
y = model.predict(x, verbose=0)  # (batch, activations, units)

# %%
# Compute it
# ----------
# The function and its derivative, which Keras is not told.


def numpy_squared_relu(z):
    """max(z, 0)**2; z: any shape (So et al., 2021, Primer)."""
    return np.maximum(z, 0) ** 2


def numpy_derivative(z):
    """The derivative of the squared relu: 2 * max(z, 0)."""
    return 2 * np.maximum(z, 0)


# %%
# Check it
# --------
# Whole numbers and halves are equal to the bit.

z = x @ kernel + bias
expected = [z, np.maximum(z, 0), np.clip(z, 0, 6), np.maximum(z, z / 2)]
expected = np.stack([*expected, numpy_squared_relu(z)], axis=1)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

# %%
# The derivative agrees with a difference quotient, which is exact for a square.

z = np.array([-8, -5, -2, -1, 1, 3, 4, 7])
quotient = numpy_squared_relu(z + 0.5) - numpy_squared_relu(z - 0.5)
np.testing.assert_array_equal(quotient, numpy_derivative(z))

# %%
# Training finds the same derivative. Give a ``Dense`` layer the input 1 and the
# kernel ``z``: its units are ``f(z)``. If the loss is their sum, the gradient
# of the kernel is ``f'(z)``, and one step of SGD with learning rate 1 subtracts
# it. (For one step, ``run_eagerly`` is faster than compiling.)

layer = keras.layers.Dense(z.size, squared_relu, use_bias=False)
of_step = keras.Sequential([keras.Input((1,)), layer])
layer.set_weights([z[np.newaxis]])
sgd = keras.optimizers.SGD(learning_rate=1.0)
of_step.compile(sgd, lambda target, y: keras.ops.sum(y), run_eagerly=True)
of_step.train_on_batch(np.ones((1, 1)), np.ones((1, 1)))
in_training = z - layer.get_weights()[0][0]
np.testing.assert_array_equal(in_training, numpy_derivative(z))

# %%
# A file keeps the *name* of a function, and a layer with its arguments. To load
# a function of your own, say which one has that name, or put
# ``@keras.saving.register_keras_serializable()`` above it.

with tempfile.TemporaryDirectory() as folder:
    path = f"{folder}/model.keras"
    model.save(path)
    own = {"squared_relu": squared_relu}
    loaded = keras.models.load_model(path, custom_objects=own)
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), y)
    np.testing.assert_raises(TypeError, keras.models.load_model, path)

# %%
# Break it
# --------
# Is ``"ReLU"`` the same as ``"relu"``, and ``"None"`` as ``None``? No, neither
# is the name of a function.

np.testing.assert_raises(ValueError, keras.layers.Dense, 4, "ReLU")
np.testing.assert_raises(ValueError, keras.layers.Dense, 4, "None")

# %%
# Can every function be saved? Not one without a name.
#
# .. warning:: **Seen in Keras 3.15.1:** ``Dense`` takes a ``functools.partial``
#    as its activation, but a model with it can't be saved.

layer = keras.layers.Dense(4, partial(keras.activations.elu, alpha=2))
np.testing.assert_raises(TypeError, layer.get_config)

# %%
# May an activation mix units? Yes, as ``softmax`` does. But a mean over all
# numbers mixes the samples, too: the answer to one depends on the others.


def centred(z):
    return z - keras.ops.mean(z)  # without axis=-1


layer = keras.layers.Dense(4, centred, kernel_initializer="ones")
in_batch = keras.ops.convert_to_numpy(layer(x))
alone = keras.ops.convert_to_numpy(layer(x[:1]))
assert not np.allclose(in_batch[:1], alone)

# %%
# See it
# ------
# Where ``relu`` has a kink, its square is smooth.

z = np.linspace(-2, 2, 161)
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.plot(z, np.maximum(z, 0), ":", label="relu")
axis.plot(z, numpy_squared_relu(z), label="squared relu")
axis.plot(z, numpy_derivative(z), "--", label="its derivative")
axis.set(title="The square of relu has no kink", xlabel="z")
axis.legend()
plt.show()
