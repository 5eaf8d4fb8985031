r"""
model.predict: batches of 32, their dtypes and states
=====================================================

You pass 70 samples to ``model.predict`` and get 70 answers. To save memory, it
cuts the samples into batches of 32, if you pass no ``batch_size``. The last one
is smaller. It runs the model :math:`f` on each batch, and joins the answers:

.. math:: y = [f(x_{0:32}), f(x_{32:64}), f(x_{64:70})]

This is inference: ``Dropout`` drops nothing, and ``BatchNormalization`` uses
the mean and variance that it has stored. So the rest of the batch changes a
result only in the last bits. Layers that keep a state are an exception.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

# %%
# Build it
# --------
# A callback notes how many answers each batch gives.
x = np.linspace(0, 0.69, 70).reshape(70, 1)  # (samples, features), in float64
mean, variance, kernel = np.array([0.35]), np.array([0.04]), np.array([[3.0]])
norm = layers.BatchNormalization(center=False, scale=False)
stack = [layers.Dropout(0.5), norm, layers.Dense(1, use_bias=False)]
model = keras.Sequential([keras.Input((1,)), *stack])
model.set_weights([mean, variance, kernel])
sizes = []
note_size = keras.callbacks.LambdaCallback(
    on_predict_batch_end=lambda _, logs: sizes.append(len(logs["outputs"]))
)
y = model.predict(x, verbose=0, callbacks=[note_size])
print("batches:", sizes, "dtypes:", x.dtype, "in,", y.dtype, "out")

# %%
# Compute it
# ----------
# Take 32 samples at a time; the last slice stops at the end. Normalize by the
# stored mean and variance, and multiply by the kernel.
parts = [x[first : first + 32] for first in range(0, len(x), 32)]
answers = [(p - mean) / np.sqrt(variance + 0.001) @ kernel for p in parts]
expected = np.concatenate(answers)

# %%
# Check it
# --------
# Keras casts the samples to float32, the dtype of the model, and answers in it.
np.testing.assert_array_equal(sizes, [len(part) for part in parts])
np.testing.assert_equal(y.dtype, np.dtype("float32"))
np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)

# %%
# Layers that keep a state
# ------------------------
# A ``stateful`` layer keeps its state for the next batch, even the next
# ``predict``, until ``reset_state``. This one adds up its inputs. In batches of
# two, the third sample continues the first.

adder = layers.SimpleRNN(1, activation=None, use_bias=False, stateful=True)
total = keras.Sequential([keras.Input(batch_shape=(2, 1, 1)), adder])
total.set_weights([np.ones((1, 1)), np.ones((1, 1))])
steps = np.array([1, 2, 3, 4]).reshape(4, 1, 1)  # (samples, steps, features)
first = total.predict(steps, batch_size=2, verbose=0).ravel()
second = total.predict(steps, batch_size=2, verbose=0).ravel()
np.testing.assert_array_equal(first, np.float32([1, 2, 1 + 3, 2 + 4]))
np.testing.assert_array_equal(second, first + np.float32([4, 6, 4, 6]))

# %%
# Break it
# --------
# Suppose you port ``BatchNormalization`` with the mean and variance of each
# batch, as in training. Then an answer depends on the rest of the batch.

others = [(p - p.mean()) / np.sqrt(p.var() + 0.001) @ kernel for p in parts]
wrong = np.concatenate(others)
print("right:", y[30:34, 0].round(2), "wrong:", wrong[30:34, 0].round(2))
assert not np.allclose(y, wrong, atol=0.1)

# %%
# ``predict_on_batch(x)`` and the call ``model(x)`` are inference, too, as with
# ``training=False``. They run f once on all samples; the call returns a tensor.
# Keras advises the call for few samples, ``predict`` for many. For one sample,
# pass ``x[:1]``. Suppose you expect the same bits from all. Keras may add up
# the products of a row in another order. Allow for rounding.
pixels = np.random.default_rng(313).normal(size=(32, 999))
wide = keras.Sequential([layers.Dense(1, kernel_initializer="ones")])
batch = wide.predict(pixels, verbose=0)[0]
alone = wide.predict_on_batch(pixels[:1])[0]
called = keras.ops.convert_to_numpy(wide(pixels[:1]))[0]
print("right:", np.allclose(batch, alone), "wrong:", np.all(batch == alone))
np.testing.assert_allclose([alone, called], [batch, batch], 1e-4, 1e-4)

# %%
# See it
# ------
# The samples rise evenly, and so do the right answers. The others start again.
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(y, "C0.", label="stored mean and variance")
axis.plot(wrong, "C1.", label="mean and variance of the batch")
axis.set(title="Batches of 32, 32 and 6", xlabel="sample", ylabel="answer")
axis.legend(loc="lower right")
plt.show()
