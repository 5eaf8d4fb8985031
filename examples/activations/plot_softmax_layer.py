r"""
Softmax layer: a mask, and one axis or several
==============================================

The layer ``Softmax`` turns scores into probabilities, as the function
``softmax`` does. It also takes a mask: masked entries get the probability 0,
and the others add up to 1.

.. math::

   p_i = \frac{m_i \, e^{x_i}}{\sum_k m_k \, e^{x_k}}

The mask m is 1 for entries to keep, and 0 for the others. The sum runs over
``axis``, which can be several axes. If all entries are masked, each p is 0.
"""

import tempfile

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Activation, Masking, Softmax

rng = np.random.default_rng(313)

# %%
# Build it
# --------
# Scores of 4 classes. The mask keeps those that are possible: in the last row,
# not a single one.

x = np.array([[2, 1, 4, 3], [1, 5, 1, 0], [3, 1, 2, 4]], dtype="float32")
mask = np.array([[1, 1, 0, 0], [1, 0, 1, 1], [0, 0, 0, 0]], dtype=bool)

inputs = [keras.Input((4,)), keras.Input((4,), dtype="bool")]
model = keras.Model(inputs, Softmax()(inputs[0], mask=inputs[1]))
y = model.predict([x, mask], verbose=0)
print(y.round(3))

# %%
# Compute it
# ----------
# Keras replaces masked scores by a large negative number. In a row that is all
# masked, this makes all probabilities equal. So it sets masked ones to 0, too.

scores = np.where(mask, x, -1e9)  # (batch, classes)
powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
probabilities = powers / powers.sum(axis=-1, keepdims=True)
probabilities = np.where(mask, probabilities, 0)

# %%
# The whole function works without a mask, too, along one axis or several.

from keras_by_hand import softmax_layer

# %%
# Check it
# --------
# Only on TensorFlow does Keras compute a layer in float64.

np.testing.assert_allclose(y, probabilities, rtol=1e-4, atol=1e-4)

tolerance = 1000 * np.finfo("float32").eps
expected = softmax_layer(x, mask)
np.testing.assert_allclose(y, expected, tolerance, tolerance)
np.testing.assert_array_equal(y[~mask], 0)

images = rng.normal(size=(2, 3, 4)).astype("float32")
keep = rng.integers(0, 2, size=(3, 4))  # the same for both images
tensorflow = keras.backend.backend() == "tensorflow"
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    limit = 1000 * np.finfo(dtype).eps
    for axis in (-1, 1, (2,), (1, 2), (0, -1)):
        for m in (None, keep, keep[:, :1]):
            layer = Softmax(axis=axis, dtype=dtype)
            y_case = layer(images.astype(dtype), mask=m)
            expected = softmax_layer(images.astype("float64"), m, axis=axis)
            np.testing.assert_allclose(y_case, expected, limit, limit)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``Softmax`` applies the
#    mask of its input to the last axes. But ``Masking`` and ``Embedding`` make
#    a mask of the *steps*, (batch, steps). With scores of the shape (batch,
#    steps, classes), this masks classes, or raises an error.
#    ``Activation("softmax")`` ignores the mask.

steps = np.array([[[1, 2, 4], [3, 2, 1], [0, 0, 0]]], "float32")
masked = Masking()(steps)  # masks the last step
by_layer = keras.ops.convert_to_numpy(Softmax()(masked))
print(by_layer.round(3))
no_last_class = softmax_layer(steps, [True, True, False])
np.testing.assert_allclose(by_layer, no_last_class, tolerance, tolerance)
by_activation, expected = Activation("softmax")(masked), softmax_layer(steps)
np.testing.assert_allclose(by_activation, expected, tolerance, tolerance)
longer = Masking()(np.repeat(steps, 2, axis=1))
np.testing.assert_raises(ValueError, Softmax(), longer)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``Softmax`` and other
#    layers lose a list of axes in an ``.h5`` file, without a word. Loaded, they
#    take their default, here the last axis. A ``.keras`` file keeps it.

with tempfile.TemporaryDirectory() as folder:
    model = keras.Sequential([keras.Input((3, 4)), Softmax(axis=(1, 2))])
    for name, axis in (("m.h5", -1), ("m.keras", (1, 2))):
        model.save(f"{folder}/{name}")
        loaded = keras.models.load_model(f"{folder}/{name}")
        expected = softmax_layer(images, axis=axis)
        y_loaded = loaded.predict(images, verbose=0)
        np.testing.assert_allclose(y_loaded, expected, tolerance, tolerance)

# %%
# Break it
# --------
# Is the mask true for padding, like PyTorch's ``key_padding_mask``? Or can you
# multiply the probabilities by the mask? No: then they don't add up to 1.

inverted = softmax_layer(x, ~mask)
multiplied = softmax_layer(x) * mask
print("sums:", multiplied.sum(axis=-1).round(3))
for wrong in (inverted, multiplied):
    assert not np.allclose(y, wrong)

# %%
# See it
# ------
# The first row: the two classes that are kept grow, but their ratio stays.

fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
places = np.arange(4)
axis.bar(places - 0.2, softmax_layer(x[0]), 0.4, label="no mask")
axis.bar(places + 0.2, softmax_layer(x[0], mask[0]), 0.4, label="mask")
axis.set(
    title="Softmax of [2, 1, 4, 3], with the last two classes masked",
    xticks=places,
    xlabel="class",
    ylabel="probability",
)
axis.legend()
plt.show()
