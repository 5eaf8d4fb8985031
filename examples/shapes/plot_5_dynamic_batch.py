r"""
None stands for any number
==========================

A model is built before anyone knows how many samples it will be given, so the
batch axis of its shapes is ``None``. Only the last axis must be known: the
kernel has a row for each of its features.

.. math::

   x \in \mathbb{R}^{\text{any} \times f}, \quad
   W \in \mathbb{R}^{f \times u}, \quad
   y \in \mathbb{R}^{\text{any} \times u}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# What stands for the data is a ``KerasTensor``: a shape and a dtype, without
# numbers. The layer keeps the first that it was called on, and what it
# returned.

inputs = keras.Input(shape=(3,))
dense = keras.layers.Dense(4)
outputs = dense(inputs)
model = keras.Model(inputs, outputs)
print(dense.input.shape, "->", dense.output.shape)

np.testing.assert_equal(dense.input is inputs, True)
np.testing.assert_equal(dense.output is outputs, True)
np.testing.assert_equal(dense.input.shape, (None, 3))
np.testing.assert_equal(dense.output.shape, (None, 4))

# %%
# Calling the layer on another input makes no new weights. Here the number of
# steps is open too.

sequences = keras.Input(shape=(None, 3))
sequence_outputs = dense(sequences)
sequence_model = keras.Model(sequences, sequence_outputs)
print(sequences.shape, "->", sequence_outputs.shape)

np.testing.assert_equal(sequences.shape, (None, None, 3))
np.testing.assert_equal(sequence_outputs.shape, (None, None, 4))
np.testing.assert_equal([w.shape for w in dense.weights], [(3, 4), (4,)])
np.testing.assert_equal(dense.input is inputs, True)  # still the first

kernel = np.array([[1, -2, 3, -4], [2, 0, -1, 5], [-3, 4, 2, 1]])
bias = np.array([10, -20, 30, -40])
dense.set_weights([kernel, bias])

# %%
# ``symbolic_call`` is the part of a call that works out shapes. It needs no
# numbers and no weights: a new layer answers, and still has none.

fresh = keras.layers.Dense(4)
told = fresh.symbolic_call(keras.KerasTensor((None, 7, 3)))
np.testing.assert_equal((told.shape, told.dtype), ((None, 7, 4), "float32"))
np.testing.assert_equal((fresh.built, fresh.weights), (False, []))

# %%
# Compute it
# ----------
# Nothing in it depends on how many samples or steps there are.


def dense_layer(x, kernel, bias):
    """The output (..., units) of an input (..., features)."""
    return x @ kernel + bias


# %%
# Check it
# --------
# Batches of one, four and nine samples, each the beginning of the next:
# integers, equal to the bit.

x = np.random.randint(-9, 10, size=(9, 3))  # (batch, features)
batches = {}
for size in (1, 4, 9):
    y = model.predict(x[:size], verbose=0)
    np.testing.assert_equal((y.shape, y.dtype), ((size, 4), np.float32))
    np.testing.assert_array_equal(y, dense_layer(x[:size], kernel, bias))
    batches[size] = y

for size, steps in ((2, 5), (5, 1)):
    x_steps = np.random.randint(-9, 10, size=(size, steps, 3))
    y = keras.ops.convert_to_numpy(sequence_model(x_steps.astype("float32")))
    print(x_steps.shape, "->", y.shape)
    np.testing.assert_equal((y.shape, y.dtype), ((size, steps, 4), np.float32))
    np.testing.assert_array_equal(y, dense_layer(x_steps, kernel, bias))

# %%
# Within one model, too, a layer may be called twice. Both calls use the same
# weights, so that the bias drops out of their difference.

left, right = keras.Input(shape=(3,)), keras.Input(shape=(3,))
difference = keras.layers.Subtract()([dense(left), dense(right)])
twin_model = keras.Model([left, right], difference)
y = twin_model.predict([x, x[::-1]], verbose=0)

np.testing.assert_equal(len(twin_model.weights), 2)
np.testing.assert_equal((y.shape, y.dtype), ((9, 4), np.float32))
np.testing.assert_array_equal(y, (x - x[::-1]) @ kernel)

# %%
# Break it
# --------
# The last axis cannot be left open, nor change later.

np.testing.assert_raises(ValueError, fresh, keras.Input(shape=(3, None)))
np.testing.assert_raises(ValueError, dense, keras.Input(shape=(4,)))

# %%
# ``batch_shape`` writes a number in the place of the ``None``. It is written
# into the shapes, but it is no promise: the model takes more samples, and
# fewer.

fixed_inputs = keras.Input(batch_shape=(6, 3))
fixed_outputs = dense(fixed_inputs)
fixed_model = keras.Model(fixed_inputs, fixed_outputs)
np.testing.assert_equal(fixed_outputs.shape, (6, 4))

for size in (2, 6, 9):
    y = keras.ops.convert_to_numpy(fixed_model(x[:size].astype("float32")))
    print("batch_shape of 6, samples:", len(y))
    np.testing.assert_equal((y.shape, y.dtype), ((size, 4), np.float32))
    np.testing.assert_array_equal(y, dense_layer(x[:size], kernel, bias))

# %%
# See it
# ------
# A sample's result does not depend on the company it is in.

fig, axes = plt.subplots(
    1, 3, figsize=(5, 3.6), sharey=True, layout="constrained"
)
fig.suptitle("One model, batches of any size")
for axis, (size, values) in zip(axes, batches.items()):
    axis.imshow(values, cmap="PuOr", vmin=-110, vmax=110)
    axis.set(title=f"batch of {size}", xticks=[], yticks=[], ylim=(8.5, -0.5))
    axis.spines[:].set_visible(False)
    for (row, column), value in np.ndenumerate(values):
        shade = "white" if abs(value) > 60 else "black"
        text = axis.text(column, row, f"{value:.0f}", color=shade)
        text.set(horizontalalignment="center", verticalalignment="center")
axes[0].set(ylabel="samples")
plt.show()
