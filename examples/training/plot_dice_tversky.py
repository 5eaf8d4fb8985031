r"""
Dice and Tversky loss, and IoU: the overlap of masks
====================================================

A tumour covers few pixels of a scan. In *segmentation*, a model that marks none
gets nearly all pixels right, and finds nothing. Dice, Tversky and IoU ignore
the background: they compare the overlap of two masks, the true one, :math:`t`,
and the predicted one, :math:`p`, with what only one of them has.

.. math::

   o &= \sum t p && \text{overlap} \\
   m &= \sum t (1 - p) && \text{missed} \\
   f &= \sum (1 - t) p && \text{false alarms} \\
   \text{Dice loss} &= 1 - \frac{2 o}{2 o + m + f} \\
   \text{Tversky loss} &= 1 - \frac{o}{o + \alpha m + \beta f} \\
   \text{IoU} &= \frac{o}{o + m + f}

The Dice loss is 1 minus the *Dice coefficient*. With
:math:`\alpha = \beta = \frac{1}{2}`, the Tversky loss is the same loss. IoU
(intersection over union, Jaccard index) is a metric: it counts a p of at least
1/2 as 1. For several classes, give ``MeanIoU`` class numbers as p and t.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap

# %%
# Build it
# --------
# Two scans. The model marks the large tumour well, and misses the small one.
y_true = np.zeros((2, 8, 8, 1), "float32")  # (batch, height, width, classes)
y_pred = np.zeros((2, 8, 8, 1), "float32")
y_true[0, 1:7, 1:7] = 1
y_pred[0, 2:7, 1:8] = 1
y_true[1, 3:5, 3:5] = 1
y_pred[1, 6, 6] = 1

# %%
# Compute it
# ----------
# A missed pixel weighs 0.7 here, and a false alarm 0.3.

overlap = np.sum(y_true * y_pred)
missed = np.sum(y_true * (1 - y_pred))
false_alarms = np.sum((1 - y_true) * y_pred)
dice_loss = 1 - 2 * overlap / (2 * overlap + missed + false_alarms)
tversky_loss = 1 - overlap / (overlap + 0.7 * missed + 0.3 * false_alarms)
iou = overlap / (overlap + missed + false_alarms)

# %%
# Check it
# --------
# By default, ``BinaryIoU`` is the mean over both classes. Here, class 1 counts.
from keras_by_hand import binary_iou, dice, tversky

y = keras.losses.dice(y_true, y_pred)
np.testing.assert_allclose(float(y), dice_loss, rtol=1e-4)
y = keras.losses.tversky(y_true, y_pred, alpha=0.7, beta=0.3)
np.testing.assert_allclose(float(y), tversky_loss, rtol=1e-4)
y = keras.metrics.BinaryIoU(target_class_ids=[1])(y_true, y_pred)
np.testing.assert_allclose(float(y), iou, rtol=1e-4)
iou_by_library = binary_iou(y_true, y_pred, target_class_ids=[1])
y = [tversky(y_true, y_pred, 0.7, 0.3), iou_by_library]
np.testing.assert_allclose(y, [tversky_loss, iou], rtol=1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:**
#    ``Tversky`` swaps its weights. Its documentation, and the paper, say that
#    ``alpha`` weighs false positives. Here it weighs false negatives.
#
# The equation above holds for 3.15.1. When you update, swap alpha and beta.

all_pixels = np.ones_like(y_true)  # nothing is missed
y = keras.losses.tversky(y_true, all_pixels, alpha=1, beta=0)
np.testing.assert_allclose(float(y), 0, atol=1e-6)

# %%
# Break it
# --------
# By default, ``Dice()`` sums over the whole batch: the large tumour hides the
# small one. With ``axis=(1, 2, 3)``, each scan has a loss of its own.

wrong = float(keras.losses.Dice()(y_true, y_pred))
right = float(keras.losses.Dice(axis=(1, 2, 3))(y_true, y_pred))
of_scans = dice(y_true, y_pred, axis=(1, 2, 3))
print(f"right: {right:.2f}, wrong: {wrong:.2f}")
assert abs(right - np.mean(of_scans)) < 1e-4 and wrong < right - 0.3

# %%
# See it
# ------
fig, axes = plt.subplots(1, 2, figsize=(6, 3.6), layout="constrained")
kinds = y_true + 2 * y_pred  # 1: missed, 2: a false alarm, 3: overlap
colors = ListedColormap(["whitesmoke", "C1", "C2", "C0"])
for axis, scan, loss in zip(axes, kinds, of_scans):
    axis.imshow(scan[..., 0], cmap=colors, vmin=0, vmax=3)
    axis.set(title=f"Dice loss {loss:.2f}", xticks=[], yticks=[])
for number, word in (3, "overlap"), (1, "missed"), (2, "false alarm"):
    axes[0].plot([], [], "s", color=colors(number), label=word)
fig.legend(loc="outside lower center", ncols=3)
fig.suptitle(f"The loss of the batch, {wrong:.2f}, hides the missed mask")
plt.show()
