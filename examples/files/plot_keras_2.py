r"""
Keras 2 models in Keras 3: same names, other numbers
====================================================

You migrate to Keras 3. An old model loads without an error, but predicts
differently: two names in its file mean something else today. Keras 2 computed:

.. math::

   \text{hard\_sigmoid:} \quad y &= 0.2 \, x + 0.5 \quad \text{from 0 to 1} \\
   \text{Conv1D, Theano:} \quad y_t &= \sum_i k_{2-i} \, x_{t+i}

:math:`x` is the input, and :math:`k` a kernel of three numbers. In Keras 3 the
slope of ``hard_sigmoid`` is 1/6. Convolutions read their kernels forwards. Only
on Theano, one of Keras 2's backends, did they read them backwards. (A third
name, GRU, fails to load: the page "GRU reset_after" says what it meant.)
"""

import tempfile

import h5py
import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Activation, Conv1D

# %%
# Build it
# --------
# ``load`` makes a file as Keras 2 did. What is called ``old`` is what Keras
# 2.0.9 on Theano 1.0.5 predicted.
scores = np.array([[-3, -2.5, -1, 0, 1, 2.5, 3]])  # (batch, features)
old_scores = np.array([[0, 0, 0.3, 0.5, 0.7, 1, 1]])
steps = np.arange(1, 6).reshape(1, 5, 1)  # (batch, steps, channels)
old_steps = np.array([[[123], [234], [345]]])
kernel = np.array([1, 10, 100]).reshape(3, 1, 1)


def load(layer, inputs, weights=(), step=1, **options):
    """What Keras 3 predicts from a file that Keras 2 wrote on Theano."""
    model = keras.Sequential([keras.Input(inputs.shape[1:]), layer])
    model.set_weights(weights)
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/old.h5"
        model.save(path)
        with h5py.File(path, "r+") as file:
            for group in (file, file["model_weights"]):
                group.attrs.update(keras_version="2.0.9", backend="theano")
        model = keras.models.load_model(path, **options)
    model.set_weights([kernel[::step] for kernel in model.get_weights()])
    return model.predict(inputs, verbose=0)


# %%
# Compute it
# ----------
# Like Theano, ``np.convolve`` reads the kernel backwards.
by_hand_scores = np.clip(0.2 * scores + 0.5, 0, 1)
by_hand_steps = np.convolve(steps.ravel(), kernel.ravel(), "valid")

# %%
# Check it
# --------
# Pass the old ``hard_sigmoid`` to ``load_model`` as ``custom_objects``. If
# ``h5py.File(path).attrs["backend"]`` says Theano, reverse the kernel of each
# convolution after loading: ``kernel[::-1]``, for images ``[::-1, ::-1]``.


def hard_sigmoid(x):
    return keras.ops.clip(0.2 * x + 0.5, 0, 1)


np.testing.assert_allclose(by_hand_scores, old_scores, rtol=1e-4, atol=1e-4)
np.testing.assert_array_equal(by_hand_steps, old_steps.ravel())
objects = {"hard_sigmoid": hard_sigmoid}
y_scores = load(Activation("hard_sigmoid"), scores, custom_objects=objects)
y_steps = load(Conv1D(1, 3, use_bias=False), steps, [kernel], step=-1)
np.testing.assert_allclose(y_scores, old_scores, rtol=1e-4, atol=1e-4)
np.testing.assert_array_equal(y_steps, old_steps)

# %%
# Break it
# --------
# Suppose you trust the file.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``hard_sigmoid`` of a
#    file that Keras 2 wrote becomes that of Keras 3, also in gates of ``LSTM``.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``Conv1D`` and its like
#    take a kernel from ``.h5`` as it is. Keras 2 flipped those of Theano.
wrong_scores = load(Activation("hard_sigmoid"), scores)
wrong_steps = load(Conv1D(1, 3, use_bias=False), steps, [kernel])
np.testing.assert_allclose(wrong_scores[0, 4], 1 / 6 + 0.5, 1e-4)
np.testing.assert_array_equal(wrong_steps, [[[321], [432], [543]]])
print("right:", old_steps.ravel(), "wrong:", wrong_steps.ravel())
print("right:", old_scores[0, 4], "wrong:", wrong_scores[0, 4].round(3))
assert np.any(wrong_scores != old_scores) and np.all(wrong_steps != old_steps)

# %%
# See it
# ------
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(scores[0], old_scores[0], "C0o-", scores[0], wrong_scores[0], "C1x-")
axis.set(title="hard_sigmoid of Keras 2 (o), loaded by Keras 3 (x)", xlabel="x")
plt.show()
