r"""
ConvLSTM arguments: initializers, regularizers, states
======================================================

``ConvLSTM1D``, ``ConvLSTM2D`` and ``ConvLSTM3D`` take the arguments of ``LSTM``
for weights, activations and states.

.. math:: b = (\text{drawn}, \; 1, \; \text{drawn}, \; \text{drawn})

These are the biases of the gates i, f, g, o in a new layer. The forget gate's
is 1, so that the layer keeps its cell state. An initializer draws the others.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers
from keras.constraints import NonNeg
from keras.regularizers import L1, L2

from keras_by_hand import conv_lstm, hard_sigmoid, softsign

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Arguments of the recurrent kernel begin with ``recurrent_``. An initializer
# can be a function of yours.


def rising(shape, dtype=None):
    return np.linspace(-1, 1, np.prod(shape), dtype="float32").reshape(shape)


arguments = {}
for name in ("kernel", "recurrent", "bias"):
    arguments[f"{name}_initializer"] = rising
    arguments[f"{name}_regularizer"] = L2(0.5)
    arguments[f"{name}_constraint"] = NonNeg()

# %%
# Compute it
# ----------


def first_bias(initializer, filters, unit_forget_bias=True):
    """The bias of a new ConvLSTM, (4 * filters,) (Jozefowicz et al., 2015).

    initializer: a function that takes a shape, and returns an array.
    """
    if not unit_forget_bias:
        return initializer((4 * filters,))
    of_i, of_g_and_o = initializer((filters,)), initializer((2 * filters,))
    return np.concatenate([of_i, np.ones(filters), of_g_and_o])


# %%
# Check it
# --------
# Initializers, regularizers and constraints of the three layers. The optimizer
# applies each constraint after a step of training. Here we call it ourselves.

cases = [  # layer, shape of x: (batch, steps, *space, channels)
    (layers.ConvLSTM1D, (2, 2, 4, 2)),
    (layers.ConvLSTM2D, (2, 2, 4, 3, 2)),
    (layers.ConvLSTM3D, (2, 2, 4, 3, 3, 2)),
]
tolerance = 1000 * np.finfo("float32").eps
for layer_class, shape in cases:
    layer = layer_class(2, 3, **arguments)
    layer.build(shape)
    kernel, recurrent_kernel, bias = weights = layer.get_weights()
    np.testing.assert_array_equal(kernel, rising(kernel.shape))
    expected = rising(recurrent_kernel.shape)
    np.testing.assert_array_equal(recurrent_kernel, expected)
    np.testing.assert_array_equal(bias, first_bias(rising, 2))
    loss = keras.ops.convert_to_numpy(sum(layer.losses))
    squares = sum(np.sum(np.square(weight)) for weight in weights)
    np.testing.assert_allclose(loss, 0.5 * squares, tolerance)
    for weight, variable in zip(weights, layer.trainable_variables):
        constrained = keras.ops.convert_to_numpy(variable.constraint(weight))
        np.testing.assert_array_equal(constrained, np.maximum(weight, 0))

# %%
# Activations, and the penalty for y. ``unroll`` changes no result.

changed = {"activation": "softsign", "recurrent_activation": "hard_sigmoid"}
changed |= {"activity_regularizer": L1(0.25), "unit_forget_bias": False}
numpy_options = {"activation": softsign, "recurrent_activation": hard_sigmoid}
inputs = [rng.normal(size=shape).astype("float32") for _, shape in cases]
for x, (layer_class, _) in zip(inputs, cases):
    layer = layer_class(2, 3, bias_initializer=rising, unroll=True, **changed)
    y = keras.ops.convert_to_numpy(layer(x))
    *kernels, bias = layer.get_weights()
    np.testing.assert_array_equal(bias, first_bias(rising, 2, False))
    expected = conv_lstm(x, *kernels, bias, **numpy_options)
    np.testing.assert_allclose(y, expected, tolerance, tolerance)
    loss = keras.ops.convert_to_numpy(sum(layer.losses))
    penalty = 0.25 * np.sum(np.abs(y)) / len(y)  # per sample
    np.testing.assert_allclose(loss, penalty, tolerance)

# %%
# States. A ``stateful`` layer starts from the last states, unless you call
# ``reset_state``.

for x, (layer_class, shape) in zip(inputs, cases):
    layer = layer_class(2, 3, use_bias=False, stateful=True)
    layer.build(shape)
    kernel, recurrent_kernel = layer.get_weights()  # and no bias
    once, twice = [keras.ops.convert_to_numpy(layer(x)) for _ in range(2)]
    layer.reset_state()
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(layer(x)), once)
    x_twice = np.concatenate([x, x], axis=1)  # (batch, 2 * steps, ...)
    for y, sequence in ((once, x), (twice, x_twice)):
        expected = conv_lstm(sequence, kernel, recurrent_kernel)
        np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# Break it
# --------
# Does a ``stateful`` layer begin each video with zeros? Only if you call
# ``reset_state``. Here it read the same video twice.

assert not np.allclose(once, twice)

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 2.6), layout="constrained")
bias = first_bias(rng.standard_normal, 8)
for gate, values in enumerate(np.split(bias, 4)):
    axis.bar(np.arange(8) + 9 * gate, values, color=f"C{gate}")
axis.axhline(0, color="gray", linewidth=0.8)
axis.set_xticks([3.5, 12.5, 21.5, 30.5], ["i", "forget gate f", "g", "o"])
axis.set(title="A new ConvLSTM of 8 filters: the bias of the forget gate is 1")
plt.show()
