r"""
Sparse categorical cross-entropy: labels as whole numbers
=========================================================

``sparse_categorical_crossentropy`` is categorical cross-entropy for targets
that are the numbers of the classes. No one-hot vectors are needed: it picks the
right class and takes minus the logarithm of its probability.

.. math::

   L = -\log p_t

:math:`t` is the number of the right class. ``ignore_class`` names a label that
does not count, such as the border of an object in a picture.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# A picture of 4 by 5 pixels, and three classes. The label -1 is to be ignored.

rows = [
    [0, 0, -1, 1, 1],
    [0, 0, -1, 1, 1],
    [0, -1, 2, -1, 1],
    [-1, 2, 2, 2, -1],
]
labels = np.array([rows])  # (batch, rows, columns)
rng = np.random.default_rng(313)
logits = rng.integers(-4, 5, size=(1, 4, 5, 3)).astype("float32")

to_numpy = keras.ops.convert_to_numpy
y = keras.losses.sparse_categorical_crossentropy(
    labels, logits, from_logits=True, ignore_class=-1
)
print(np.round(to_numpy(y), 2))

# %%
# From other pages
# ----------------


def log_softmax(x, axis=-1):
    """log(softmax(x)) without underflow; x: any shape."""
    x = x - np.max(x, axis, keepdims=True)
    return x - np.log(np.sum(np.exp(x), axis, keepdims=True))


# %%
# Compute it
# ----------
# The labels pick one logarithm for each sample. A label to be ignored is no
# index, so 0 takes its place.


def sparse_categorical_crossentropy(
    y_true, y_pred, from_logits=False, ignore_class=None
):
    """The loss of each sample, or 0 for ignore_class (Keras documentation).

    y_true: numbers of the classes, (batch, ...), y_pred: probabilities or
    logits, (batch, ..., classes). Returns (batch, ...).
    """
    if from_logits:
        log_p = log_softmax(y_pred)
    else:
        p = y_pred / np.sum(y_pred, axis=-1, keepdims=True)
        log_p = np.log(np.clip(p, 1e-7, 1 - 1e-7))
    kept = y_true != ignore_class
    index = np.where(kept, y_true, 0)[..., np.newaxis]
    return np.where(kept, -np.take_along_axis(log_p, index, -1)[..., 0], 0)


# %%
# Check it
# --------
# A loss object does what the function does. With ``reduction=None`` it does not
# take the mean. Only on TensorFlow does Keras compute in float64 throughout.

p = rng.integers(1, 9, size=logits.shape)
p = p / np.sum(p, axis=-1, keepdims=True)
dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    tolerance = 1000 * np.finfo(dtype).eps
    for y_pred, from_logits in (logits, True), (p, False):
        loss = keras.losses.SparseCategoricalCrossentropy(
            from_logits, ignore_class=-1, reduction=None, dtype=dtype
        )
        y_pred = y_pred.astype(dtype)
        y = to_numpy(loss(labels, y_pred))
        expected = sparse_categorical_crossentropy(
            labels, y_pred, from_logits, ignore_class=-1
        )
        np.testing.assert_allclose(y, expected, tolerance, tolerance)

# %%
# With one-hot targets, ``categorical_crossentropy`` gives the same. That is
# true for clipped probabilities, too, such as those of "always class 0".

kept = labels != -1
one_hot = np.eye(3)[labels[kept]]  # (pixels, classes)
y = keras.losses.categorical_crossentropy(one_hot, logits[kept], True)
expected = sparse_categorical_crossentropy(labels[kept], logits[kept], True)
np.testing.assert_allclose(to_numpy(y), expected, rtol=1e-5)
always_0 = np.eye(3, dtype="float32")[0 * labels[kept]]
y = keras.losses.categorical_crossentropy(one_hot, always_0)
expected = sparse_categorical_crossentropy(labels[kept], always_0)
np.testing.assert_allclose(to_numpy(y), expected, rtol=1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1:** On TensorFlow,
#    ``sparse_categorical_crossentropy`` clips probabilities *before* it divides
#    by their sum. If they do not add up to 1, its loss is not that of
#    ``categorical_crossentropy``. On JAX and PyTorch it is.

label, shares = np.array([0]), np.array([[4, 2, 2]], "float32")
y = keras.losses.categorical_crossentropy(np.eye(3)[label], shares)
expected = sparse_categorical_crossentropy(label, shares)  # -log(4 / 8)
np.testing.assert_allclose(to_numpy(y), expected, rtol=1e-5)
y = keras.losses.sparse_categorical_crossentropy(label, shares)
if keras.backend.backend() == "tensorflow":
    expected = [-np.log(1 / 3)]  # of the clipped shares: 1, 1 and 1
np.testing.assert_allclose(to_numpy(y), expected, rtol=1e-5)

# %%
# Break it
# --------
# Ignored pixels have a loss of 0. Would you take the mean of all pixels? That
# makes the loss too small. Keras takes the mean of those that count.

losses = sparse_categorical_crossentropy(labels, logits, True, -1)
loss = keras.losses.SparseCategoricalCrossentropy(True, ignore_class=-1)
y = to_numpy(loss(labels, logits))
print(f"Keras {y:.3f}, mean of all {np.mean(losses):.3f}")
np.testing.assert_allclose(y, np.mean(losses[kept]), rtol=1e-5)
assert not np.allclose(y, np.mean(losses))

# %%
# See it
# ------
# Where the label is -1, the map of the loss has a hole.

fig, (left, right) = plt.subplots(1, 2, figsize=(6, 3), layout="constrained")
image = left.imshow(np.where(kept, labels, np.nan)[0])
fig.colorbar(image, ax=left, shrink=0.6, ticks=[0, 1, 2])
left.set(title="Labels", xticks=[], yticks=[])
image = right.imshow(np.where(kept, losses, np.nan)[0])
fig.colorbar(image, ax=right, shrink=0.6)
right.set(title="Loss of each pixel", xticks=[], yticks=[])
plt.show()
