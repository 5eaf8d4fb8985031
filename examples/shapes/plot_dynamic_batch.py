r"""
Dynamic batch: None in a shape accepts any size
===============================================

You build a model before you know how many samples it will get, so its batch
axis is ``None``. Only the last axis must be known: the kernel has a row for
each of its features.

.. math:: (\text{None}, f) \cdot (f, u) \rightarrow (\text{None}, u)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# One layer in two models. The first takes any number of samples. The second
# takes any number of sequences, of any number of steps.

kernel = np.array([[1, -2, 3, -4], [2, 0, -1, 5], [-3, 4, 2, 1]])
bias = np.array([10, -20, 30, -40])  # (units,)

dense = keras.layers.Dense(4)
inputs = keras.Input(shape=(3,))
model = keras.Model(inputs, dense(inputs))
sequences = keras.Input(shape=(None, 3))
sequence_model = keras.Model(sequences, dense(sequences))
dense.set_weights([kernel, bias])
print(model.input_shape, "->", model.output_shape)
print(sequence_model.input_shape, "->", sequence_model.output_shape)

# %%
# Compute it
# ----------
# NumPy needs no placeholder: an array brings its shape along.


def any_batch(x, kernel, bias):
    """x: (..., features), kernel: (features, units), bias: (units,)."""
    return x @ kernel + bias


# %%
# Check it
# --------
# Batches of one, four and nine samples, each the beginning of the next. Whole
# numbers are equal to the bit.

np.testing.assert_equal(dense.input.shape, (None, 3))
np.testing.assert_equal(dense.output.shape, (None, 4))

x = rng.integers(-9, 10, size=(9, 3))  # (batch, features)
batches = [model.predict(x[:size], verbose=0) for size in (1, 4, 9)]
for y in batches:
    expected = any_batch(x[: len(y)], kernel, bias)
    np.testing.assert_array_equal(y, np.float32(expected), strict=True)

for size, steps in ((2, 5), (5, 1)):
    x_steps = rng.integers(-9, 10, size=(size, steps, 3))
    y_steps = sequence_model.predict(x_steps, verbose=0)
    expected = any_batch(x_steps, kernel, bias)
    np.testing.assert_array_equal(y_steps, np.float32(expected), strict=True)

# %%
# Break it
# --------
# May the last axis be ``None``? No: the layer couldn't tell how many rows its
# kernel has. And it can't change later.

open_features = keras.Input(shape=(5, None))
np.testing.assert_raises(ValueError, keras.layers.Dense(4), open_features)
np.testing.assert_raises(ValueError, dense, keras.Input(shape=(4,)))

# %%
# Does a number in the place of ``None`` fix the size of a batch?
#
# .. warning:: **Seen in Keras 3.15.1:** ``Input(batch_shape=(6, 3))`` states
#    six samples, but the model takes two or nine without an error.

fixed = keras.Input(batch_shape=(6, 3))
fixed_model = keras.Model(fixed, dense(fixed))
print(fixed_model.input_shape, "->", fixed_model.output_shape)
for size in (2, 6, 9):
    y_fixed = keras.ops.convert_to_numpy(fixed_model(np.float32(x[:size])))
    np.testing.assert_array_equal(y_fixed, batches[2][:size], strict=True)

# %%
# See it
# ------
# The result of a sample doesn't depend on how many others there are.

fig, axes = plt.subplots(
    1, 3, figsize=(6, 3.4), sharey=True, layout="constrained"
)
fig.suptitle("One model, batches of any size")
for axis, values in zip(axes, batches):
    axis.imshow(values, cmap="PuOr", vmin=-200, vmax=200)
    axis.set(title=f"batch of {len(values)}", xticks=[], yticks=[])
    axis.set(ylim=(8.5, -0.5))
    axis.spines[:].set_visible(False)
    for (row, column), value in np.ndenumerate(values):
        axis.text(column, row, int(value), ha="center", va="center", color="k")
axes[0].set(ylabel="samples")
plt.show()
