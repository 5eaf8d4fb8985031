"""Optimizer: on TensorFlow, after set_random_seed every epoch of fit has the same order

Expected: shuffle=True takes another order of the samples in each epoch, as without a seed,
and as on JAX and PyTorch. The dataset that shuffles begins anew with each epoch, and so
does its random generator.

Related: tensorflow#29558 (2019), of datasets.
"""

import keras
import numpy as np

keras.utils.set_random_seed(1)
model = keras.Sequential([keras.layers.Dense(1, kernel_initializer="zeros")])
model.compile(keras.optimizers.SGD(0.0), "mse")
losses = []  # means of all batches so far in the epoch


def note(batch, logs):
    losses.append(logs["loss"])


callback = keras.callbacks.LambdaCallback(on_train_batch_end=note)
model.fit(np.ones((20, 1)), np.arange(20.0), 1, epochs=2, callbacks=[callback])
print("got", losses[:20], losses[20:], "expected two orders")
assert not np.allclose(losses[:20], losses[20:])
