r"""
Variational autoencoder (VAE) from scratch: digits on a plane
=============================================================

An autoencoder has two parts. The *encoder* turns an image into a few numbers,
here two: a point in a plane, the *latent space*. The *decoder* draws the image
from them. A *variational* autoencoder adds noise to the points while it learns.
So it becomes a generative model: it draws from any point, even between images.

For each image :math:`x` and direction of the plane, the encoder gives a mean
:math:`\mu` and the logarithm :math:`v` of a variance. The decoder gets the mean
plus standard normal noise :math:`\epsilon`, scaled. In this
*reparameterization trick*, only :math:`\epsilon` is drawn at random. So
gradients pass through z to :math:`\mu` and :math:`v`, and the encoder learns.

.. math::

   z &= \mu + e^{v / 2} \, \epsilon \\
   L &= \sum_{\text{pixels}} \text{crossentropy}(x, \text{decoder}(z)) +
   \frac{1}{2} \sum_{\text{directions}} (e^v + \mu^2 - 1 - v)

L is minus the *ELBO* (evidence lower bound). Its first sum, the *reconstruction
loss*, is the price of drawing badly. The rest, the *Kullback-Leibler
divergence*, is the price of a distribution that is not standard normal. A
*beta-VAE* multiplies this price by a factor, beta.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers, ops
from keras.layers import Dense
from sklearn.datasets import load_digits

# %%
# Build it
# --------
# The noise is an input, so that NumPy can use the same. A layer of our own adds
# it to the mean, and the price of the distribution to the loss.


class Point(layers.Layer):
    def call(self, encoded, noise):
        mean, log_variance = ops.split(encoded, 2, axis=1)
        price = ops.exp(log_variance) + mean**2 - 1 - log_variance
        self.add_loss(ops.mean(ops.sum(price, axis=1)) / 2)
        return mean + ops.exp(log_variance / 2) * noise


def drawing_price(x, logits):  # the cross-entropy of each pixel, summed
    return ops.sum(ops.softplus(logits) - x * logits, axis=1)


def build():
    encoder = [Dense(128, activation="relu"), Dense(4)]  # two means, two v
    decoder = [Dense(128, activation="relu"), Dense(64)]
    encoder = keras.Sequential([keras.Input((64,)), *encoder])
    decoder = keras.Sequential([keras.Input((2,)), *decoder])
    x, noise = keras.Input((64,)), keras.Input((2,))
    model = keras.Model([x, noise], decoder(Point()(encoder(x), noise)))
    rate = keras.optimizers.schedules.CosineDecay(0.01, decay_steps=300)
    model.compile(keras.optimizers.Adam(rate), drawing_price)
    return encoder, decoder, model


encoder, decoder, model = build()
rng = np.random.default_rng(313)
model.set_weights([rng.normal(0, 0.2, w.shape) for w in model.weights])
digits = load_digits()
images = digits.data / 16  # (batch, pixels), each from 0 to 1
x, noise = images[:5], rng.normal(size=(5, 2))
loss = model.test_on_batch([x, noise], x)

# %%
# Compute it
# ----------
# Encode, add noise to the means, and decode. A pixel is the sigmoid of a logit.


def dense_twice(x, kernel_1, bias_1, kernel_2, bias_2):
    return np.maximum(x @ kernel_1 + bias_1, 0) @ kernel_2 + bias_2


weights = model.get_weights()
mean, log_variance = np.split(dense_twice(x, *weights[:4]), 2, axis=1)
z = mean + np.exp(log_variance / 2) * noise  # (batch, 2)
logits = dense_twice(z, *weights[4:])  # (batch, pixels)

# %%
# The price of drawing is the binary cross-entropy. That of the distribution is
# zero only if the mean is 0 and the variance 1.

p = 1 / (1 + np.exp(-logits))
drawing = -np.sum(x * np.log(p) + (1 - x) * np.log(1 - p), axis=1)
divergence = np.exp(log_variance) + mean**2 - 1 - log_variance
price = np.mean(drawing + np.sum(divergence, axis=1) / 2)

# %%
# Check it
# --------
np.testing.assert_allclose(loss, price, rtol=1e-4)
drawn = model.predict_on_batch([x, noise])
np.testing.assert_allclose(drawn, logits, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Suppose you multiply the noise by the variance, and not by its root. Nothing
# fails, but the points get another variance than the one that the loss knows.
# For v = 1, it should be e, about 2.72.

many, v = rng.normal(size=10_000), 1.0
right, wrong = np.exp(v / 2) * many, np.exp(v) * many
print(f"e: {np.e:.2f}, right: {right.var():.2f}, wrong: {wrong.var():.2f}")
assert abs(right.var() - np.e) < 0.3 and wrong.var() > 6

# %%
# See it
# ------
# Three models learn from 1408 digits. On the other digits, their loss is lower
# than the price of drawing the mean image each time. Labels only color points.


def train(seed):
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    encoder, decoder, model = build()
    for batch in rng.integers(0, 1408, (300, 128)):
        x, noise = images[batch], rng.normal(size=(128, 2))
        model.train_on_batch([x, noise], x)
    noise = rng.normal(size=(len(new), 2))
    return encoder, decoder, model.test_on_batch([new, noise], new)


new = images[1408:]
trained = [train(seed) for seed in range(3)]
costs = [cost for _, _, cost in trained]
blind = np.clip(np.mean(images[:1408], axis=0), 0.001, 0.999)
per_pixel = new * np.log(blind) + (1 - new) * np.log(1 - blind)
of_mean = -np.mean(np.sum(per_pixel, axis=1))
print(f"loss: {min(costs):.1f} to {max(costs):.1f}; of the mean: {of_mean:.1f}")
assert max(costs) < of_mean - 0.7
fig, axes = plt.subplots(1, 2, figsize=(8, 4), layout="constrained")
last_encoder, last_decoder, _ = trained[-1]
points = last_encoder.predict_on_batch(images)[:, :2]
axes[0].scatter(*points.T, c=digits.target, cmap="tab10", s=4)
for label in range(10):
    middle = np.median(points[digits.target == label], axis=0)
    axes[0].text(*middle, label, size=20, weight="bold", ha="center")
axes[0].set(title="Where the encoder puts digits", xlim=(-2.5, 2.5))
axes[0].set(ylim=(-2.5, 2.5), aspect="equal")
grid = np.linspace(-2, 2, 9)
places = np.stack(np.meshgrid(grid, -grid), axis=-1).reshape(81, 2)
shades = 1 / (1 + np.exp(-last_decoder.predict_on_batch(places)))
tiles = np.pad(shades.reshape(9, 9, 8, 8), [(0, 0), (0, 0), (1, 1), (2, 2)])
tiles = tiles.swapaxes(1, 2).reshape(9 * 10, 9 * 12)
extent = (-2.25, 2.25, -2.25, 2.25)
axes[1].imshow(tiles, cmap="gray_r", extent=extent)
axes[1].set(title="What the decoder draws at each place")
plt.show()
