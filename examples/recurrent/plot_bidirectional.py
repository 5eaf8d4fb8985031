r"""
Bidirectional: one layer reads forwards, another backwards
==========================================================

``Bidirectional`` makes two recurrent layers of one. The second reads the steps
from the last to the first. The outputs of both are merged.

.. math::

   f_t &= \text{forward}(x_t, f_{t-1}) \\
   b_t &= \text{backward}(x_t, b_{t+1}) \\
   y_t &= \text{merge}(f_t, b_t)

With ``return_sequences=True``; by default, y merges the last f and first b.
"""

from functools import partial

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Two sequences, and 2 units in each direction. The weights of the forward layer
# come first.

x = rng.integers(-3, 4, size=(2, 4, 3))  # (batch, steps, features)
shapes = [(3, 2), (2, 2), (2,)]  # kernel, recurrent kernel and bias
weights = [rng.integers(-2, 3, size=shape) for shape in [*shapes, *shapes]]


def keras_bidirectional(layer, mask=None, start=None, **arguments):
    wrapper = layers.Bidirectional(layer, **arguments)
    wrapper.build(x.shape)
    wrapper.set_weights(weights)
    y = wrapper(np.float32(x), mask=mask, initial_state=start)
    return keras.tree.map_structure(keras.ops.convert_to_numpy, y)


y = keras_bidirectional(layers.SimpleRNN(2, "linear", return_sequences=True))
print(y[0])

# %%
# Compute it
# ----------
# The backward layer returns its outputs in the order of its computation: the
# last step first. They are turned round, so that ``f_t`` meets ``b_t``.


def bidirectional(
    layer,
    x,
    *weights,
    mask=None,
    initial_state=None,
    merge_mode="concat",
    backward_layer=None,
    return_sequences=False,
    return_state=False,
    go_backwards=False,
    **options,
):
    """Bidirectional (Keras documentation). layer: a function such as lstm.

    x: (batch, steps, features), mask: (batch, steps); weights, initial_state:
    those of layer, then as many of backward_layer, by default layer; options:
    keywords of both. Returns their outputs merged, or both in a list; with
    return_state a list of the outputs, the states of layer, and the other's.
    """

    def halves(arrays):
        return arrays[: len(arrays) // 2], arrays[len(arrays) // 2 :]

    weights, weights_back = halves(weights)
    start, start_back = halves(initial_state) if initial_state else (None, None)
    options |= {
        "mask": mask,
        "return_sequences": return_sequences,
        "return_state": True,
        "zero_output_for_mask": return_sequences,
    }
    y, *states = layer(
        x, *weights, initial_state=start, go_backwards=go_backwards, **options
    )
    y_back, *states_back = (backward_layer or layer)(
        x,
        *weights_back,
        initial_state=start_back,
        go_backwards=not go_backwards,
        **options,
    )
    if return_sequences:
        y_back = y_back[:, ::-1]
    if merge_mode == "concat":
        y = np.concatenate([y, y_back], axis=-1)
    elif merge_mode == "sum":
        y = y + y_back
    elif merge_mode == "ave":
        y = (y + y_back) / 2
    elif merge_mode == "mul":
        y = y * y_back
    results = [y] if merge_mode else [y, y_back]
    if return_state:
        results += states + states_back
    return results if len(results) > 1 else results[0]


# %%
# From other pages
# ----------------


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
# Whole numbers: equal to the bit. Then all ways to merge, with a mask, initial
# states and a ``backward_layer``.

linear_rnn = partial(simple_rnn, activation=np.positive)  # linear
relu_rnn = partial(simple_rnn, activation=partial(np.maximum, 0))
expected = bidirectional(linear_rnn, x, *weights, return_sequences=True)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)

mask = np.array([[True, True, False, True], [False, True, True, False]])
start = [np.full((2, 2), 3, "float32"), np.full((2, 2), -2, "float32")]
for mode in ("concat", "sum", "ave", "mul", None):
    options = {"return_sequences": mode != "concat", "return_state": True}
    first = layers.SimpleRNN(2, "linear", go_backwards=True, **options)
    second = layers.SimpleRNN(2, "relu", **options)
    both = {"merge_mode": mode, "backward_layer": second}
    actual = keras_bidirectional(first, mask, start, **both)
    options |= {"merge_mode": mode, "backward_layer": relu_rnn}
    options |= {"mask": mask, "initial_state": start, "go_backwards": True}
    expected = bidirectional(linear_rnn, x, *weights, **options)
    for array, right in zip(actual, expected, strict=True):
        np.testing.assert_array_equal(array, np.float32(right), strict=True)

# %%
# Break it
# --------
# Would you take the last of all outputs for the default output? There, the
# backward layer has read only one step. It ends at the first.

right = keras_bidirectional(layers.SimpleRNN(2, "linear"))
ends = [y[:, -1, :2], y[:, 0, 2:]]  # of the forward and the backward half
np.testing.assert_array_equal(right, np.concatenate(ends, axis=-1))
wrong = y[:, -1]
print(f"{np.mean(right == wrong):.0%} of the entries are right")
assert np.any(right != wrong)

# %%
# See it
# ------
# Two layers count the steps they have read. Circled: the default output.

x_ones, one = np.ones((1, 6, 1)), np.ones((1, 1))
counts = bidirectional(linear_rnn, x_ones, *[one] * 4, return_sequences=True)[0]
fig, axis = plt.subplots(figsize=(6, 2.4), layout="constrained")
axis.imshow(counts.T, cmap="PuOr", vmin=-12, vmax=12)
for (step, half), value in np.ndenumerate(counts):
    axis.text(step, half, int(value), ha="center", va="center", color="k")
axis.plot([5, 0], [0, 1], "o", color="none", markeredgecolor="k", markersize=24)
axis.set(title="How many steps each half has read", xlabel="steps", xticks=[])
axis.set_yticks([0, 1], ["forward", "backward"])
plt.show()
