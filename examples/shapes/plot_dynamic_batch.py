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
# ``keras.Input`` takes the shape of one sample. Keras puts ``None`` before it.

x = rng.integers(-9, 10, size=(9, 3))  # (batch, features)
kernel = rng.integers(-9, 10, size=(3, 4))  # (features, units)
bias = np.array([10, -20, 30, -40])  # (units,)

inputs = keras.Input(shape=(3,))
dense = keras.layers.Dense(4)
model = keras.Model(inputs, dense(inputs))
dense.set_weights([kernel, bias])
print(dense.input.shape, "->", dense.output.shape)

# %%
# Compute it
# ----------
# NumPy needs no ``None``, as every array knows its own shape.

expected = x @ kernel + bias

# %%
# Check it
# --------
# One model takes one sample, four, or all nine. With whole numbers nothing is
# rounded: a sample has the same result, to the bit, in each batch.

np.testing.assert_equal(dense.input.shape, (None, 3))
np.testing.assert_equal(dense.output.shape, (None, 4))
for size in (1, 4, 9):
    y = model.predict(x[:size], verbose=0)
    np.testing.assert_array_equal(y, np.float32(expected[:size]), strict=True)

# %%
# Other axes may be ``None``, too. The same layer takes sequences of any number
# of steps.

sequences = keras.Input(shape=(None, 3))
sequence_model = keras.Model(sequences, dense(sequences))
print(sequence_model.input_shape, "->", sequence_model.output_shape)
for steps in (1, 5):
    x_steps = rng.integers(-9, 10, size=(2, steps, 3))
    y_steps = sequence_model.predict(x_steps, verbose=0)
    expected_steps = np.float32(x_steps @ kernel + bias)
    np.testing.assert_array_equal(y_steps, expected_steps, strict=True)

# %%
# Break it
# --------
# May the last axis be ``None``? No: Keras couldn't tell how many rows the
# kernel has. Once the layer is built, the number of features is fixed.

unknown = keras.Input(shape=(5, None))
np.testing.assert_raises(ValueError, keras.layers.Dense(4), unknown)
np.testing.assert_raises(ValueError, dense, keras.Input(shape=(4,)))

# %%
# Does a number in the place of ``None`` fix the size of a batch? No.
#
# .. warning:: **Seen in Keras 3.15.1, wrong shape:**
#    ``keras.Input(batch_shape=(6, 3))`` states six samples, but calling the
#    model on two or nine raises no error.

fixed = keras.Input(batch_shape=(6, 3))
fixed_model = keras.Model(fixed, dense(fixed))
print(fixed_model.input_shape, "->", fixed_model.output_shape)
for size in (2, 6, 9):
    y_fixed = keras.ops.convert_to_numpy(fixed_model(np.float32(x[:size])))
    np.testing.assert_array_equal(y_fixed, expected[:size])

# %%
# See it
# ------
# The same samples in larger and larger batches. (Where numbers are rounded, the
# last bits may depend on the batch: see the page "Floating-point sums".)

fig = plt.figure(figsize=(6, 3.4), layout="constrained")
fig.suptitle("One model, batches of any size")
axes = fig.subplots(1, 3, sharey=True)
for axis, size in zip(axes, (1, 4, 9)):
    y = model.predict(x[:size], verbose=0)
    axis.imshow(y, cmap="PuOr", vmin=-200, vmax=200)
    axis.set(title=f"batch of {size}", xticks=[], yticks=[])
    axis.set(ylim=(len(x) - 0.5, -0.5))  # room for nine rows
    axis.spines[:].set_visible(False)
    for (row, column), value in np.ndenumerate(y):
        axis.text(column, row, int(value), ha="center", va="center", color="k")
plt.show()
