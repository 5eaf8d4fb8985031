r"""
Dynamic batch: None in a shape accepts any size
===============================================

``model.summary()`` says ``(None, 3)``. You build a model before you know how
many samples it will get. So the batch size is variable: its axis is ``None``.
``Dense`` must know the last axis alone: its kernel has a row for each feature.

.. math:: (\text{None}, f) \cdot (f, u) \rightarrow (\text{None}, u)

f is the number of features, and u the number of units.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# ``keras.Input`` takes the shape of one sample. Keras puts ``None`` before it.
# Other axes may be ``None``, too: here a layer takes any number of steps.

x = rng.integers(-9, 10, size=(9, 3))  # (batch, features)
kernel = rng.integers(-9, 10, size=(3, 4))  # (features, units)
bias = np.array([10, -20, 30, -40])  # (units,)
inputs = keras.Input(shape=(3,))
dense = keras.layers.Dense(4)
model = keras.Model(inputs, dense(inputs))
dense.set_weights([kernel, bias])
print(model.input_shape, "->", model.output_shape)

sequences = keras.Input(shape=(None, 3))  # (batch, steps, features)
sequence_model = keras.Model(sequences, dense(sequences))
print(sequence_model.input_shape, "->", sequence_model.output_shape)

# %%
# Compute it
# ----------
# NumPy needs no ``None``, as every array knows its own shape. A row of the
# result depends on one row of x alone, so it is the same in every batch.
#
# In the ``call`` of a layer of your own, ``x.shape[0]`` may be ``None``. Write
# ``keras.ops.shape(x)[0]``, which is the number of samples of each batch.

by_hand = x @ kernel + bias  # (batch, units)

# %%
# Check it
# --------

for size in (1, 4, 9):
    y = model.predict(x[:size], verbose=0)
    np.testing.assert_array_equal(y, np.float32(by_hand[:size]), strict=True)
for steps in (3, 9):
    y = sequence_model.predict(x.reshape(-1, steps, 3), verbose=0)
    np.testing.assert_array_equal(y, by_hand.reshape(-1, steps, 4))

# %%
# Break it
# --------
# The last axis may not be ``None``: Keras couldn't tell how many rows the
# kernel has. Write ``Input(shape=(5, 3))``, or ``(None, 3)``. And once a layer
# is built, its number of features is fixed.

unknown, of_four = keras.Input(shape=(5, None)), keras.Input(shape=(4,))
np.testing.assert_raises(ValueError, keras.layers.Dense(4), unknown)
np.testing.assert_raises(ValueError, dense, of_four)

# %%
# Suppose you write a number in the place of ``None``, to fix the batch. Keras
# doesn't check it: if it matters, look at ``len(x)`` before the call.
#
# .. warning:: **Seen in Keras 3.15.1, wrong shape:**
#    ``keras.Input(batch_shape=(6, 3))`` states six samples, but calling the
#    model on two or nine raises no error.

fixed = keras.Input(batch_shape=(6, 3))
fixed_model = keras.Model(fixed, dense(fixed))
for size in (2, 9):
    y = keras.ops.convert_to_numpy(fixed_model(np.float32(x[:size])))
    print("stated:", fixed_model.output_shape, "returned:", y.shape)
    np.testing.assert_array_equal(y, by_hand[:size])

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
