r"""
SimpleRNN, LSTM, GRU: initializers, regularizers, constraints
=============================================================

Recurrent layers and their cells take initializers, regularizers and constraints
as ``Dense`` does, and one more of each for the recurrent kernel.

.. math::

   \text{penalty} = &\,\text{L2}(W) + \text{L2}(U) + \text{L2}(b) \\
   &+ \text{L1}(y) / n

Regularizers add such a penalty to the loss. Here n is the number of samples.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.constraints import NonNeg
from keras.initializers import GlorotUniform, Orthogonal, RandomUniform
from keras.layers import GRU, LSTM, GRUCell, LSTMCell, SimpleRNN, SimpleRNNCell
from keras.regularizers import L1, L2

rng = np.random.default_rng(313)
uniform = RandomUniform(-1, 1, seed=7)

# %%
# Build it
# --------
# The names of those of the recurrent kernel begin with ``recurrent_``.

arguments = {"activity_regularizer": L1(0.25)}
for name in ("kernel", "recurrent", "bias"):
    arguments[f"{name}_initializer"] = uniform
    arguments[f"{name}_regularizer"] = L2(0.5)
    arguments[f"{name}_constraint"] = NonNeg()
print(*arguments, sep="\n")

# %%
# Compute it
# ----------


def penalty_of(weights, outputs):
    """L2(0.5) of each weight, plus L1(0.25) of each output per sample.

    weights: a list, of any shapes, outputs: a list, each (batch, ...).
    """
    squares = sum(np.sum(np.square(weight)) for weight in weights)
    activity = sum(np.sum(np.abs(y)) / len(y) for y in outputs)
    return 0.5 * squares + 0.25 * activity


# %%
# Check it
# --------
# A layer takes a sequence; a cell takes one step and the states.
#
# .. warning:: **Seen in Keras 3.15.1:** ``SimpleRNN`` ignores its
#    ``activity_regularizer``. A cell counts its output twice: it penalizes its
#    output and its states, and the first state is the output.

x = rng.normal(size=(2, 2, 3)).astype("float32")  # (batch, steps, features)
h, c = rng.normal(size=(2, 2, 4)).astype("float32")  # each (batch, units)
cases = [  # layer, and its inputs
    (SimpleRNN, [x]),
    (SimpleRNNCell, [x[:, 0], [h]]),
    (LSTM, [x]),
    (LSTMCell, [x[:, 0], [h, c]]),
    (GRU, [x]),
    (GRUCell, [x[:, 0], [h]]),
]
tolerance = 1000 * np.finfo("float32").eps
for layer_class, inputs in cases:
    options = dict(arguments)
    if layer_class in (LSTM, LSTMCell):
        options["unit_forget_bias"] = False  # True: the bias of f is 1
    layer = layer_class(4, **options)
    outputs = keras.tree.flatten(layer(*inputs))
    outputs = [keras.ops.convert_to_numpy(y) for y in outputs]
    weights = layer.get_weights()

    # Initializers and constraints
    for weight, variable in zip(weights, layer.trainable_variables):
        initial = keras.ops.convert_to_numpy(uniform(weight.shape))
        np.testing.assert_array_equal(weight, initial)
        constrained = keras.ops.convert_to_numpy(variable.constraint(weight))
        np.testing.assert_array_equal(constrained, np.maximum(weight, 0))

    # Regularizers
    penalized = [] if layer_class is SimpleRNN else outputs
    loss = keras.ops.convert_to_numpy(sum(layer.losses))
    np.testing.assert_allclose(loss, penalty_of(weights, penalized), tolerance)

    # Without a bias
    layer = layer_class(4, use_bias=False)
    layer.build(inputs[0].shape)
    np.testing.assert_equal(len(layer.get_weights()), 2)

# %%
# Break it
# --------
# Would you set ``seed`` to get the same weights again? That is the seed of the
# dropout: give each initializer a seed of its own.

layers = [GRU(4, seed=7) for _ in range(2)]
for layer in layers:
    layer.build(x.shape)
kernel, wrong = (layer.get_weights()[0] for layer in layers)
print(f"{np.mean(kernel == wrong):.0%} of the entries are right")
assert not np.allclose(kernel, wrong)

# %%
# See it
# ------
# By default, ``recurrent_initializer`` is "orthogonal". How long is the state
# after some steps without input, activation and bias?

fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for initializer in (Orthogonal(seed=1), GlorotUniform(seed=1)):
    recurrent_kernel = keras.ops.convert_to_numpy(initializer((64, 64)))
    states = [np.ones(64) / 8]  # of length 1
    for _ in range(30):
        states.append(states[-1] @ recurrent_kernel)
    lengths = np.linalg.norm(states, axis=1)
    axis.plot(lengths, label=type(initializer).__name__)
axis.set(title="An orthogonal recurrent kernel keeps the length of the state")
axis.set(xlabel="steps", ylabel="length of the state", ylim=0)
axis.legend()
plt.show()
