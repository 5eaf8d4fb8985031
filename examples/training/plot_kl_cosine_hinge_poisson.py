r"""
KL divergence, cosine, hinge and Poisson loss: four kinds of targets
====================================================================

What are your targets? *KL (Kullback-Leibler) divergence*, or relative entropy,
is for probabilities, *cosine similarity* for directions, *hinge*, the loss of
an SVM, for signs, and *Poisson* for counts. Keras does not check the kind.

.. math::

   \text{KL} &= \sum t \log \frac{t}{p} \\
   \text{cosine} &= -\frac{\sum t p}{\lVert t \rVert \, \lVert p \rVert} \\
   \text{hinge} &= \max(1 - t p, \, 0) \\
   \text{Poisson} &= p - t \log p

:math:`t` is the target, :math:`p` the prediction. Sums run over the last axis,
as do the means of hinge and Poisson.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Two samples of each kind, targets first. A rate is an expected count.

probabilities = np.float32([[[0.2, 0.8], [0.5, 0.5]], [[0, 1], [0.5, 0.5]]])
directions = np.float32([[[3, 4], [1, 0]], [[6, 8], [-2, 2]]])
signs = np.float32([[[1], [0]], [[0.3], [0.5]]])  # 0 stands for -1
counts = np.float32([[[0], [4]], [[2], [3]]])

f = keras.losses
y = [f.kl_divergence(*probabilities), f.cosine_similarity(*directions)]
y += [f.hinge(*signs), f.poisson(*counts)]
y = list(map(keras.ops.convert_to_numpy, y))  # (batch,) each

# %%
# Compute it
# ----------
# Keras clips probabilities to at least 1e-7.

t, p = np.clip(probabilities, 1e-7, 1)
kl = np.sum(t * np.log(t / p), axis=1)

# %%
# Products of directions of length 1 are cosines of angles. The loss is *minus*
# that, as training makes losses small.

t, p = directions / np.linalg.norm(directions, axis=-1, keepdims=True)
cosine = -np.sum(t * p, axis=1)

# %%
# A score should have the right sign, and a size of 1 or more. If all labels in
# a batch are 0 or 1, Keras takes 0 for -1. Poisson is least at the right rate.

t, p = signs
of_hinge = np.mean(np.maximum(1 - (2 * t - 1) * p, 0), axis=1)
t, p = counts
of_poisson = np.mean(p - t * np.log(p), axis=1)

# %%
# Check it
# --------
from keras_by_hand import cosine_similarity, hinge, kl_divergence, poisson

by_hand = [kl, cosine, of_hinge, of_poisson]
np.testing.assert_allclose(y, by_hand, rtol=1e-4, atol=1e-4)
of_library = [kl_divergence(*probabilities), cosine_similarity(*directions)]
of_library += [hinge(*signs), poisson(*counts)]
np.testing.assert_allclose(y, of_library, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Four mistakes. KL: you swap target and prediction. Keras takes t first;
# PyTorch's ``KLDivLoss(reduction="batchmean")`` takes log p, then t. Cosine:
# you minimize the *metric*. It has the other sign, so training drives
# directions apart. Hinge: your port leaves labels of 0 as they are; Keras makes
# them -1. Poisson: your model predicts the logarithm of the rate, as PyTorch's
# loss expects. In Keras, end it with the activation ``exponential``.

t, p = signs
wrong = {
    "KL divergence": kl_divergence(*probabilities[::-1]),
    "cosine similarity": float(keras.metrics.CosineSimilarity()(*directions)),
    "hinge": np.maximum(1 - t * p, 0),
    "Poisson": poisson(counts[0], np.log(counts[1])),
}
for (name, numbers), right in zip(wrong.items(), y):
    print(f"{name} right: {np.mean(right):.2f}, wrong: {np.mean(numbers):.2f}")
    assert abs(np.mean(right) - np.mean(numbers)) > 0.1

# %%
# See it
# ------

fig, axes = plt.subplots(1, 2, figsize=(6, 3), layout="constrained")
score = np.linspace(-2, 8, 99)[:, np.newaxis]
axes[0].plot(score, hinge(0 * score + 1, score))
axes[0].set(title="Hinge, target 1", xlabel="score", ylabel="loss")
axes[1].plot(score + 2.5, poisson(0 * score + 4, score + 2.5))
axes[1].set(title="Poisson, target 4", xlabel="rate")
plt.show()
