"""
set_random_seed: fit shuffles the samples alike in each epoch
=============================================================

``fit`` shuffles the samples before each epoch, so that batches differ from
epoch to epoch. But after ``set_random_seed``, on TensorFlow, the order of the
first epoch returns in all others, also if you call ``fit`` again.
"""

import keras
import numpy as np

# %%
# Build it
# --------
# A model that always predicts 0, with batches of one sample: the squared error
# of a batch tells which sample it was.

targets = np.arange(20.0)
keras.utils.set_random_seed(313)
model = keras.Sequential([keras.layers.Dense(1, kernel_initializer="zeros")])
model.compile(keras.optimizers.SGD(0.0), "mse")
means = []  # Keras logs the mean of all batches of the epoch so far
log = keras.callbacks.LambdaCallback(
    on_train_batch_end=lambda batch, logs: means.append(logs["loss"])
)
options = {"batch_size": 1, "epochs": 2, "callbacks": [log], "verbose": 0}
history = model.fit(np.ones((20, 1)), targets, **options)

# %%
# Compute it
# ----------
# The mean times the number of batches is the sum so far. Its differences are
# the squared targets.

sums = np.reshape(means, (2, 20)) * np.arange(1, 21)  # (epochs, batches)
orders = np.sqrt(np.diff(sums, prepend=0)).round()

# %%
# Check it
# --------

np.testing.assert_array_equal(np.sort(orders), [targets, targets])

# %%
# Break it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On TensorFlow,
#    after ``set_random_seed``, all epochs of ``keras.Model.fit`` have the same
#    order of samples. Without a seed, each has its own.
#
# To vary it, call ``fit`` for one epoch at a time, with ``shuffle=False``, and
# shuffle the arrays yourself before each call.

print("first epoch: ", *orders[0, :8], "second epoch:", *orders[1, :8])
if keras.backend.backend() == "tensorflow":
    np.testing.assert_array_equal(orders[1], orders[0])
else:
    assert np.any(orders[1] != orders[0])
