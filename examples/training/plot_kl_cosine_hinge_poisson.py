r"""
KL divergence, cosine, hinge and Poisson loss: four kinds of targets
====================================================================

*KL divergence* compares probabilities, *cosine similarity* directions, *hinge*
signs with scores, and *Poisson* counts with rates. Keras computes with any
numbers, without a word. So it is up to you to give it the right kind.

.. math::

   \text{KL} &= \sum t \log \frac{t}{p} \\
   \text{cosine} &= -\frac{\sum t p}{\lVert t \rVert \, \lVert p \rVert} \\
   \text{hinge} &= \max(1 - t p, \, 0) \\
   \text{Poisson} &= p - t \log p

:math:`t` is the target, :math:`p` the prediction. Sums run over the last axis.
So do the means that Keras takes of hinge and Poisson.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Two samples of each kind, targets first. A rate is the number of events that a
# model expects: it expects two and three here, and none and four have come.

probabilities = np.float32([[[0.2, 0.8], [0.5, 0.5]], [[0, 1], [0.5, 0.5]]])
directions = np.float32([[[3, 4], [1, 0]], [[6, 8], [-2, 2]]])
signs = np.float32([[[1], [0]], [[0.3], [0.5]]])  # 0 stands for -1
counts = np.float32([[[0], [4]], [[2], [3]]])

losses = keras.losses
y = [
    losses.kl_divergence(*probabilities),
    losses.cosine_similarity(*directions),
]
y += [losses.hinge(*signs), losses.poisson(*counts)]
y = [keras.ops.convert_to_numpy(each) for each in y]  # (batch,) each
print(*y)

# %%
# Compute it
# ----------
# Keras clips probabilities to at least 1e-7, which keeps KL divergence finite.

t, p = np.clip(probabilities, 1e-7, 1)
kl = np.sum(t * np.log(t / p), axis=1)

# %%
# Divide directions by their lengths: their product is the cosine of the angle.
# The loss is *minus* that, as training makes losses small.

t, p = directions / np.linalg.norm(directions, axis=-1, keepdims=True)
cosine = -np.sum(t * p, axis=1)

# %%
# A score should have the right sign, and a size of 1 or more. If all labels in
# a batch are 0 or 1, Keras takes 0 for -1.

t, p = signs
margin = (2 * t - 1) * p
of_hinge = np.mean(np.maximum(1 - margin, 0), axis=1)

# %%
# The likelier the count at this rate, the smaller the loss.

t, p = counts
of_poisson = np.mean(p - t * np.log(p), axis=1)

# %%
# The library's functions have the same names.

from keras_by_hand import cosine_similarity, hinge, kl_divergence, poisson

# %%
# Check it
# --------

by_hand = [kl, cosine, of_hinge, of_poisson]
np.testing.assert_allclose(y, by_hand, rtol=1e-4, atol=1e-4)
of_library = [kl_divergence(*probabilities), cosine_similarity(*directions)]
of_library += [hinge(*signs), poisson(*counts)]
np.testing.assert_allclose(y, of_library, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Each has a mistake of its own: to swap target and prediction; to take the
# metric, which has the other sign, for the loss; to leave 0 as it is; and to
# predict the logarithm of a rate, as PyTorch's loss expects it.

metric = keras.metrics.CosineSimilarity()
metric.update_state(*directions)
t, p = signs
wrong = {
    "KL divergence": kl_divergence(*probabilities[::-1]),
    "cosine similarity": float(metric.result()),
    "hinge": np.maximum(1 - t * p, 0),
    "Poisson": poisson(counts[0], np.log(counts[1])),
}
for (name, numbers), right in zip(wrong.items(), y):
    print(f"{name}: {np.mean(right):.2f}, wrong: {np.mean(numbers):.2f}")
    assert abs(np.mean(right) - np.mean(numbers)) > 0.1

# %%
# See it
# ------

fig, axes = plt.subplots(2, 2, figsize=(6, 4.4), layout="constrained")
p = np.linspace(0.01, 0.99, 99)
x = np.stack([p, 1 - p], axis=1)
axes[0, 0].plot(p, kl_divergence(0 * x + [0.3, 0.7], x))
axes[0, 0].set(title="KL divergence, target 0.3", xlabel="probability")
angle = np.linspace(0, 2 * np.pi, 99)
x = np.stack([np.cos(angle), np.sin(angle)], axis=1)
axes[0, 1].plot(np.degrees(angle), cosine_similarity(0 * x + [1, 1], x))
axes[0, 1].set(title="Cosine, target [1, 1]", xlabel="degrees")
score = np.linspace(-2, 3, 99)[:, np.newaxis]
axes[1, 0].plot(score, hinge(0 * score + 1, score))
axes[1, 0].set(title="Hinge, target 1", xlabel="score")
rate = np.linspace(0.5, 8, 99)[:, np.newaxis]
axes[1, 1].plot(rate, poisson(0 * rate + 4, rate))
axes[1, 1].set(title="Poisson, target 4", xlabel="rate")
fig.suptitle("Each loss is least where the prediction fits its target")
plt.show()
