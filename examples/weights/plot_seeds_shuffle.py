"""
set_random_seed: fit shuffles the samples alike in each epoch
=============================================================

``fit`` shuffles the samples before each epoch, so that batches differ. But
after ``set_random_seed``, on TensorFlow, the order of the first epoch returns
in all others, also if you call ``fit`` again. Shuffle yourself instead: for
each epoch, call ``fit`` with ``x[order]`` and ``shuffle=False``, as below.
(Callbacks such as ``EarlyStopping`` begin anew at each call.)
"""

import keras
import numpy as np

# %%
# Build it
# --------
# A model always predicts 0, in batches of one sample: the squared error tells
# which sample it was. First ``fit`` shuffles two epochs. Then we shuffle two.

x, targets, rng = np.ones((20, 1)), np.arange(20.0), np.random.default_rng(313)
keras.utils.set_random_seed(313)
model = keras.Sequential([keras.layers.Dense(1, kernel_initializer="zeros")])
model.compile(keras.optimizers.SGD(0.0), "mse")
means = []  # Keras logs the mean of all batches of the epoch so far
log = keras.callbacks.LambdaCallback(
    on_train_batch_end=lambda batch, logs: means.append(logs["loss"])
)
options = {"batch_size": 1, "callbacks": [log], "verbose": 0}
history = model.fit(x, targets, epochs=2, **options)
for order in rng.permuted([np.arange(20)] * 2, axis=1):
    history = model.fit(x[order], targets[order], shuffle=False, **options)

# %%
# Compute it
# ----------
# The mean times the number of batches is the sum so far, a whole number. Its
# differences are the squared targets.

sums = np.reshape(means, (4, 20)) * np.arange(1, 21)  # (epochs, batches)
orders = np.sqrt(np.diff(sums.round(), prepend=0))

# %%
# Check it
# --------
# Each epoch has each sample once.
np.testing.assert_array_equal(np.sort(orders), [targets] * 4)

# %%
# Break it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On TensorFlow,
#    after ``set_random_seed``, all epochs of ``keras.Model.fit`` have the same
#    order of samples. Without a seed, each has its own.

print("right, shuffled here: ", orders[2, :5], "then", orders[3, :5])
print("wrong, shuffled by fit:", orders[0, :5], "then", orders[1, :5])
assert np.any(orders[2] != orders[3])
is_tensorflow = keras.backend.backend() == "tensorflow"
assert np.all(orders[0] == orders[1]) == is_tensorflow
