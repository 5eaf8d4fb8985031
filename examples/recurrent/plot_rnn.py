r"""
RNN: the loop around every recurrent cell
=========================================

``SimpleRNN``, ``LSTM`` and ``GRU`` are one loop around different cells. The
loop reads backwards if asked to, skips masked steps, and collects the outputs.

.. math::

   y_t, s_t = \begin{cases} \text{cell}(x_t, s_{t-1}) & \text{if } m_t \\
   y_{t-1}, s_{t-1} & \text{if masked} \end{cases}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# A ``SimpleRNN`` without an activation, so that whole numbers stay whole.

x = rng.integers(-9, 10, size=(2, 4, 3))  # (batch, steps, features)
mask = np.array([[1, 1, 0, 1], [0, 1, 1, 0]], bool)  # (batch, steps)
shapes = [(3, 4), (4, 4), (4,)]  # kernel, recurrent kernel and bias: 4 units
weights = [rng.integers(-5, 6, size=shape) for shape in shapes]


def keras_simple_rnn(mask=None, initial_state=None, **arguments):
    layer = keras.layers.SimpleRNN(4, "linear", return_state=True, **arguments)
    layer.build(x.shape)
    layer.set_weights(weights)
    y, state = layer(np.float32(x), mask=mask, initial_state=initial_state)
    return keras.ops.convert_to_numpy(y), keras.ops.convert_to_numpy(state)


y, _ = keras_simple_rnn(mask, return_sequences=True)
print(y[0])

# %%
# Compute it
# ----------
# ``rnn`` is the loop, for any cell: a function of a step and a list of states.


def choose(kept, new, old):
    """new where kept, (batch,), is true, else old: two arrays, or two lists."""
    if isinstance(new, list):
        return [choose(kept, *pair) for pair in zip(new, old)]
    return np.where(kept.reshape(-1, *[1] * (new.ndim - 1)), new, old)


def rnn(
    cell,
    x,
    states,
    mask=None,
    *,
    return_sequences=False,
    return_state=False,
    go_backwards=False,
    zero_output_for_mask=False,
):
    """An RNN layer around cell(step, states) (Keras documentation, RNN).

    x: (batch, steps, ...), states: a list, mask: (batch, steps). Returns the
    last output, or all, (batch, steps, ...); or a list of that and the states.
    """
    order = range(x.shape[1])
    outputs = []
    for t in reversed(order) if go_backwards else order:
        y, new_states = cell(x[:, t], states)
        if mask is not None:
            repeat = outputs and not zero_output_for_mask
            y = choose(
                mask[:, t], y, outputs[-1] if repeat else np.zeros_like(y)
            )
            new_states = choose(mask[:, t], new_states, states)
        states = new_states
        outputs.append(y)
    y = np.stack(outputs, axis=1) if return_sequences else outputs[-1]
    return [y, *states] if return_state else y


def simple_rnn_cell(
    x, states, kernel, recurrent_kernel, bias=None, *, activation=np.tanh
):
    """A step of SimpleRNN. x: (batch, features), states: [(batch, units)].

    kernel: (features, units), recurrent_kernel: (units, units), bias: (units,).
    Returns the output, which is the new state, and a list with it.
    """
    z = x @ kernel + states[0] @ recurrent_kernel
    h = activation(z if bias is None else z + bias)
    return h, [h]


def simple_rnn(
    x,
    kernel,
    recurrent_kernel,
    bias=None,
    mask=None,
    initial_state=None,
    *,
    activation=np.tanh,
    **options,
):
    """SimpleRNN (Keras documentation). options: the keywords of rnn.

    x: (batch, steps, features), mask: (batch, steps), initial_state:
    [(batch, units)], zeros if there is none. Returns what rnn does.
    """

    def cell(x, states):
        return simple_rnn_cell(
            x, states, kernel, recurrent_kernel, bias, activation=activation
        )

    if initial_state is None:
        initial_state = [np.zeros((len(x), len(recurrent_kernel)))]
    return rnn(cell, x, initial_state, mask, **options)


# %%
# Check it
# --------
# With ``go_backwards``, the outputs come in reverse: the last step first.

cases = [
    {"initial_state": [np.ones((2, 4), "float32")]},
    {"mask": mask, "return_sequences": True, "go_backwards": True},
    {"mask": mask, "return_sequences": True, "zero_output_for_mask": True},
]
options = {"activation": np.positive, "return_state": True}  # no activation
for case in cases:
    expected = simple_rnn(x, *weights, **options, **case)
    for pair in zip(keras_simple_rnn(**case), map(np.float32, expected)):
        np.testing.assert_array_equal(*pair, strict=True)

# %%
# Break it
# --------
# Would you expect a masked step to output 0? It repeats the last output, unless
# you ask for ``zero_output_for_mask``. Only before the first step is it 0.

wrong = np.where(mask[..., np.newaxis], y, 0)
print(f"{np.mean(y == wrong):.0%} of the entries are right")
assert np.any(y != wrong)

# %%
# See it
# ------
# One unit that adds 1 at each step. At masked steps it waits.

options = {"mask": mask, "activation": np.positive, "return_sequences": True}
counts = simple_rnn(np.ones((2, 4, 1)), np.eye(1), np.eye(1), **options)
fig, axis = plt.subplots(figsize=(6, 2.6), layout="constrained")
axis.imshow(~mask, cmap="Greys", vmax=3)
for (row, column), value in np.ndenumerate(counts[..., 0]):
    axis.text(column, row, int(value), ha="center", va="center", color="k")
axis.set(title="At a masked step (grey), an RNN repeats its last output")
axis.set(xlabel="steps", ylabel="sequences", xticks=range(4), yticks=[])
plt.show()
