r"""
Diffusion model from scratch: noise becomes a heart
===================================================

Stable Diffusion, a *generative model*, denoises: it begins with noise, and
removes it step by step. A network guesses the noise in an image; here, in a
point :math:`x` of a heart.

The *noise schedule* mixes the point with normal noise :math:`\epsilon`. At time
:math:`t = 0` there is no noise, at :math:`t = \pi / 2` there is nothing else:

.. math:: x_t = \cos(t) \, x + \sin(t) \, \epsilon

To *train*, mix points with noise; the loss is the mean squared error of the
guess :math:`\hat\epsilon`. To *sample*, go from each time t to an earlier s:

.. math::

   \hat x &= \frac{x_t - \sin(t) \, \hat\epsilon}{\cos(t)} \\
   x_s &= \cos(s) \, \hat x + \sin(s) \, \hat\epsilon

The guess :math:`\hat x` is rough at first, so a step goes only part of the way.
This is *DDIM*; *DDPM* adds new noise in each step, too. Papers write alpha bar
for the squared cosine. Score matching learns :math:`-\hat\epsilon / \sin(t)`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Dense

# %%
# Build it
# --------
# The network gets point and time. Their sines and cosines show finer details.


def features(x, t):
    a = np.concatenate([x, t], axis=1)  # (batch, 3)
    waves = [wave(k * a) for k in (1, 2, 4) for wave in (np.sin, np.cos)]
    return np.concatenate([a, *waves], axis=1)  # (batch, 21)


def build(width):
    hidden = [Dense(width, activation="silu") for _ in range(3)]
    model = keras.Sequential([keras.Input((21,)), *hidden, Dense(2)])
    rate = keras.optimizers.schedules.CosineDecay(0.01, decay_steps=400)
    model.compile(keras.optimizers.Adam(rate), loss="mse")
    return model


rng, model = np.random.default_rng(313), build(width=8)
model.set_weights([rng.normal(0, 0.4, w.shape) for w in model.weights])
x, noise, t = *rng.normal(size=(2, 5, 2)), rng.uniform(0, 1.57, (5, 1))

# %%
# Compute it
# ----------
# Four dense layers; ``silu`` multiplies z by its sigmoid.


def network(y):
    weights = model.get_weights()
    for kernel, bias in zip(weights[:-2:2], weights[1:-2:2]):
        z = y @ kernel + bias
        y = z / (1 + np.exp(-z))
    return y @ weights[-2] + weights[-1]


# %%
# To train: mix, guess, and compare with the noise.


def mix(x, noise, t):
    return np.cos(t) * x + np.sin(t) * noise


def loss(x, noise, t):
    return np.mean((network(features(mix(x, noise, t), t)) - noise) ** 2)


# %%
# Sampling begins a little before pi / 2, where the cosine is 0. Each step
# guesses noise and point, and mixes them with less noise.


def sample(guess, x, steps):
    times = np.linspace(1.55, 0, steps + 1)
    for t, earlier in zip(times[:-1], times[1:]):
        noise = guess(features(x, np.full((len(x), 1), t)))
        x = mix((x - np.sin(t) * noise) / np.cos(t), noise, earlier)
    return x


# %%
# Check it
# --------
# Loss, and samples. If each guess is the true noise, the steps lead back to x.
given = features(np.cos(t) * x + np.sin(t) * noise, t)
of_keras = model.test_on_batch(given, noise)
np.testing.assert_allclose(of_keras, loss(x, noise, t), rtol=1e-4)
by_keras = sample(model.predict_on_batch, noise, steps=20)
by_numpy = sample(network, noise, steps=20)
np.testing.assert_allclose(by_keras, by_numpy, 1e-4, 1e-4 * np.ptp(by_numpy))
for steps in (1, 20):
    found = sample(lambda _: noise, mix(x, noise, 1.55), steps)
    np.testing.assert_allclose(found, x, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Suppose you forget to multiply points by the cosine. Noisy points then have a
# standard deviation above 1, but sampling begins with noise, which has 1.

points, noises = rng.normal(size=(2, 10_000, 2))
right = mix(points, noises, 1.55)
wrong = points + np.sin(1.55) * noises
print(f"deviation, right: {right.std():.2f}, wrong: {wrong.std():.2f}")
assert abs(right.std() - 1) < 0.05 and wrong.std() > 1.3

# %%
# See it
# ------
# Three networks learn from points of a heart. "Near" is within 0.1 of its line.


def heart(a):
    y = 13 * np.cos(a) - 5 * np.cos(2 * a) - 2 * np.cos(3 * a) - np.cos(4 * a)
    return np.stack([16 * np.sin(a) ** 3, y + 2.5], axis=1) / 12


def share_near(x):
    line = heart(np.linspace(0, 2 * np.pi, 500))[:, np.newaxis]
    return np.mean(np.min(np.linalg.norm(x - line, axis=2), axis=0) < 0.1)


def learn(seed):
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    model = build(width=64)
    for _ in range(400):
        x = heart(rng.uniform(0, 2 * np.pi, 256))
        noise, t = rng.normal(size=x.shape), rng.uniform(0, np.pi / 2, (256, 1))
        model.train_on_batch(features(mix(x, noise, t), t), noise)
    guess, start = model.predict_on_batch, rng.normal(size=(500, 2))
    return {n: sample(guess, start, steps=n) for n in (0, 2, 5, 20)}


clouds = [learn(seed) for seed in range(3)]
shares = [list(map(share_near, cloud.values())) for cloud in clouds]
low, high = np.min(shares, axis=0), np.max(shares, axis=0)
for count, least, most in zip(clouds[0], low, high):
    print(f"{count} steps: {least:.2f} to {most:.2f} near the heart")
assert high[0] < 0.3 and low[3] > max(0.8, high[2] + 0.1)
fig, axes = plt.subplots(1, 4, figsize=(8, 2.2), layout="constrained")
for axis, (count, cloud) in zip(axes, clouds[-1].items()):
    axis.plot(*cloud.T, ".", markersize=2)
    axis.set(title=f"{count} steps", xlim=(-2.2, 2.2), ylim=(-2.2, 2.2))
    axis.set(xticks=[], yticks=[], aspect="equal")
plt.show()
