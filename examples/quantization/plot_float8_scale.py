r"""
float8: a scale that follows the input two steps late
=====================================================

In training, a ``Dense`` layer in float8 remembers the largest absolute values
of its last inputs. The scale comes from this history, and takes effect two
steps later. An input that is too large by then is clipped.

.. math::

   \hat{x} &= s \, \text{e4m3}\left(\frac{x}{s}\right) \\
   s &\leftarrow \frac{\max(\text{history})}{448} \\
   \text{history} &\leftarrow \text{history, moved on, with } \max |x|

In this order, in each step. The largest number of e4m3 is 448, so :math:`448 s`
is the largest that the layer can read. Kernel and gradients have a scale and a
history, too. ``predict`` changes neither.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand.quantization import float8_dense

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# A layer that remembers three steps; the default is 1024. The largest input
# grows from 7 to 28 in the third step, and shrinks again.

kernel = np.array([[3, -1.25], [-2, 7], [1, 2]])  # (features, units)
bias = np.array([1, -3])  # (units,)
x = rng.integers(-28, 28, size=(40, 3)) / 4  # (batch, features), from -7
target = np.zeros((40, 2))  # (batch, units)
largest_inputs = [7, 7, 28, 28, 28, 7, 7, 7, 7, 7]

policy = keras.dtype_policies.QuantizedFloat8DTypePolicy(
    "float8", "float32", amax_history_length=3
)
dense = keras.layers.Dense(2, dtype=policy)
model = keras.Sequential([keras.Input(shape=(3,)), dense])
dense.kernel.assign(kernel)
dense.bias.assign(bias)
model.compile(keras.optimizers.SGD(learning_rate=0.0), loss="mse")
default = keras.dtype_policies.get("float8_from_float32")
assert default.amax_history_length == 1024

# %%
# Compute it
# ----------
# Each step takes the scale from the history, and only then adds its own input
# to it. The history begins with the newest entry. The others follow from the
# oldest to the second newest: the newest goes to the end, and the oldest is
# dropped.

s, seen = 1.0, [0, 0, 0]
scales, histories = [], []  # after each step
for largest in largest_inputs:
    if max(seen) > 0:
        s = max(seen) / 448
    newest, oldest, second_newest = seen
    seen = [largest, second_newest, newest]
    scales.append(s)
    histories.append(seen)

# %%
# The whole functions take a history of any length, and the limit of e5m2, too.

from keras_by_hand.quantization import (
    compute_float8_amax_history,
    compute_float8_scale,
)

# %%
# Check it
# --------
# The scale begins as 1, and the history as zeros.

scale, history = 1.0, np.zeros(3)
reach = []  # the largest number that each step can read
for largest, s, seen in zip(largest_inputs, scales, histories):
    reach.append(448 * scale)
    x_of_step = x * largest / 7
    model.train_on_batch(x_of_step, target)
    scale = compute_float8_scale(history.max(), scale, 448)
    history = compute_float8_amax_history(x_of_step, history)
    print(f"largest {largest:2}, can read {reach[-1]:3.0f}, then", history)
    np.testing.assert_array_equal(dense.inputs_scale, s)
    np.testing.assert_array_equal(dense.inputs_amax_history, seen)
    np.testing.assert_array_equal(dense.inputs_scale, scale)
    np.testing.assert_array_equal(dense.inputs_amax_history, history)
np.testing.assert_array_equal(dense.kernel_scale, kernel.max() / 448)

# %%
# Break it
# --------
# Would you take the scale from the input itself? Then 28 would not be clipped.

y = model.predict(4 * x, verbose=0)
expected = float8_dense(4 * x, kernel, bias, 7 / 448, 7 / 448)
np.testing.assert_array_equal(y, np.float32(expected), strict=True)
wrong = float8_dense(4 * x, kernel, bias, 28 / 448, 7 / 448)
print(f"{np.mean(wrong == y):.0%} of the answers are right")
assert np.any(y != wrong)

# %%
# See it
# ------
# In steps 3 and 4 the input is clipped. 28 leaves the history after step 8, so
# the scale falls in step 10.

fig, axis = plt.subplots(figsize=(6, 3.4))
steps = np.arange(1, 11)
axis.step(steps, reach, "C1", where="mid", label="largest it can read")
axis.plot(steps, largest_inputs, "oC0", label="largest input")
axis.set(title="float8: the scale follows the input two steps late")
axis.set(xlabel="step of training", yscale="log")
axis.set(yticks=[7, 28, 448], yticklabels=["7", "28", "448"])
axis.minorticks_off()
axis.legend()
plt.show()
