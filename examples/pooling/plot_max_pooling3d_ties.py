r"""
MaxPooling3D gradient: too large where entries are equal
========================================================

Where several entries of a window are the largest, one of them should get the
gradient. On TensorFlow's CPU, ``MaxPooling3D`` may give all of it to *each* of
them. In an empty part of a volume, all eight entries of a window are equal, and
the gradient is eight times too large.

.. math::

   \sum_{q \in \text{window}} \frac{\partial y}{\partial x_q} = 1

If all entries of a window grow by a small step, their maximum ``y`` grows by
the same step. So its derivatives have to sum to 1.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers

# %%
# Build it
# --------
# An empty volume, such as the air in a CT scan. ``Conv3D`` returns its bias
# everywhere, so all entries that are pooled are equal. ``SGD`` with a learning
# rate of 1 subtracts the gradient from the bias, which is 0 before.

volume = np.zeros((1, 6, 6, 6, 1), "float32")  # (batch, *space, channels)


def sum_of_outputs(target, y):
    return keras.ops.sum(y)


def keras_bias_gradient(**options):
    conv3d, pooling = layers.Conv3D(1, 3), layers.MaxPooling3D()
    model = keras.Sequential([keras.Input((6, 6, 6, 1)), conv3d, pooling])
    model.compile(keras.optimizers.SGD(1.0), sum_of_outputs, **options)
    model.train_on_batch(volume, np.zeros((1, 2, 2, 2, 1)))
    kernel, bias = model.get_weights()
    return -bias[0]


# %%
# Compute it
# ----------
# The gradient of the bias is the sum of what all entries of all windows get. If
# each entry that equals the maximum gets 1, count these entries.


def count_largest(windows):
    """How many entries equal the maximum of their window.

    windows: (windows, entries). The right gradient is the number of windows.
    """
    return np.sum(windows == windows.max(axis=1, keepdims=True))


# %%
# Check it
# --------
# ``Conv3D`` makes 4 by 4 by 4 equal entries: 8 windows of 8. The right gradient
# is 8. With ``jit_compile=True``, all backends compute it.

windows = np.zeros((8, 8))
right = len(windows)
too_large = count_largest(windows)
print(f"right: {right}, too large: {too_large}")
compiled = keras_bias_gradient(jit_compile=True)
np.testing.assert_equal(compiled, right)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On TensorFlow's CPU, the
#    gradient of ``MaxPooling3D`` may be too large where entries are equal: here
#    with ``run_eagerly=True``, and without oneDNN also by default. It is right
#    with ``jit_compile=True``.

eager = keras_bias_gradient(run_eagerly=True)
default = keras_bias_gradient()
on_tensorflow = keras.backend.backend() == "tensorflow"
for gradient in (eager, default):
    is_wrong = on_tensorflow and gradient != right  # processors differ
    np.testing.assert_equal(gradient, too_large if is_wrong else right)

# %%
# Break it
# --------
# Can a gradient of 64 be right, as the maximum has no derivative where entries
# are equal? Add 1 to the bias: each of the 8 outputs grows by 1.

entries = np.zeros((1, 4, 4, 4, 1), "float32")  # what Conv3D returns
before = keras.ops.convert_to_numpy(layers.MaxPooling3D()(entries))
after = keras.ops.convert_to_numpy(layers.MaxPooling3D()(entries + 1))
growth = np.sum(after - before)
print("the sum of the outputs grows by", growth)
np.testing.assert_equal(growth, right)
assert np.any(growth != too_large)

# %%
# See it
# ------
# The same model and the same volume, on the processor that built this page.

names = ["run_eagerly=True", "default", "jit_compile=True"]
fig, axis = plt.subplots(figsize=(5, 2.6))
fig.suptitle("The gradient of a bias before MaxPooling3D")
axis.bar(names, [eager, default, compiled])
axis.axhline(right, color="C1", label="right: 8")
axis.legend()
plt.show()
