r"""
Vision Transformer (ViT): patches, class token and attention
============================================================

A transformer reads a sequence of vectors. To show it an image, a *Vision
Transformer* cuts the image into square patches, and turns the pixels of each
patch into a vector, its *token* (the *patch embedding*). Attention then lets
each patch look at all others.

.. math::

   t_i &= \text{flat}(\text{patch}_i) \, W + b \\
   x &= [c, t_1, \ldots, t_n] + P \\
   h &= x + \text{attention}(\text{norm}(x)) \\
   y &= h + \text{dense}(\text{gelu}(\text{dense}(\text{norm}(h)))) \\
   z &= \text{norm}(y_0) \, W_z + b_z

:math:`c`, the *class token* (CLS), belongs to no patch: it gathers what is
known of the whole image. :math:`P`, the *position embedding*, has a vector for
each place, as attention does not see where a patch was. :math:`c` and :math:`P`
are learned, as are the kernels :math:`W` and biases :math:`b`. The lines of
:math:`h` and :math:`y` are a *block*. A ViT repeats it; this one has one.
:math:`z` are the logits of the classes, computed from :math:`y_0`, the output
at the class token.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers, ops

from keras_by_hand import gelu, layer_normalization, multi_head_attention

# %%
# Build it
# --------
# Images of 4 by 6 pixels with 3 channels become six patches of 2 by 2. A
# ``Conv2D`` whose strides are as long as its kernel cuts them and multiplies by
# :math:`W`. The class token and the places need a layer of our own.


class AddClassTokenAndPlaces(layers.Layer):
    def build(self, shape):
        _, patches, width = shape
        self.token = self.add_weight(shape=(1, 1, width))
        self.places = self.add_weight(shape=(patches + 1, width))

    def call(self, patches):
        token = ops.repeat(self.token, ops.shape(patches)[0], axis=0)
        return ops.concatenate([token, patches], axis=1) + self.places


image = keras.Input((4, 6, 3))
tokens = layers.Conv2D(8, kernel_size=2, strides=2)(image)  # (batch, 2, 3, 8)
x = AddClassTokenAndPlaces()(layers.Reshape((6, 8))(tokens))
u = layers.LayerNormalization(epsilon=1e-6)(x)
h = layers.add([x, layers.MultiHeadAttention(num_heads=2, key_dim=4)(u, u)])
u = layers.LayerNormalization(epsilon=1e-6)(h)
u = layers.Dense(16, activation="gelu")(u)
y = layers.add([h, layers.Dense(8)(u)])
u = layers.LayerNormalization(epsilon=1e-6)(y)
model = keras.Model(image, layers.Dense(10)(u[:, 0]))
rng = np.random.default_rng(313)
model.set_weights([rng.normal(0, 0.7, w.shape) for w in model.weights])
images = rng.normal(size=(5, 4, 6, 3)).astype("float32")
logits = model.predict_on_batch(images)
print("weights:", model.count_params())

# %%
# Compute it
# ----------
# To cut, split rows and columns into two axes each: which patch, and which of
# its pixels. Bring the pixels of a patch next to each other. Then ``reshape``
# lays them in one row.


def cut(images, size):
    batch, height, width, channels = images.shape
    rows, columns = height // size, width // size
    x = images.reshape(batch, rows, size, columns, size, channels)
    x = x.swapaxes(2, 3)  # (batch, rows, columns, size, size, channels)
    return x.reshape(batch, rows * columns, size * size * channels)


# %%
# The kernel of the ``Conv2D``, reshaped likewise, is that of a ``Dense`` layer.
# ``np.broadcast_to`` gives each image of the batch the same class token.

kernel, bias, class_token, places, *others = model.get_weights()
tokens = cut(images, 2) @ kernel.reshape(12, 8) + bias  # (batch, patches, 8)
class_tokens = np.broadcast_to(class_token, (5, 1, 8))
x = np.concatenate([class_tokens, tokens], axis=1) + places

# %%
# The block: attention mixes the tokens, then two dense layers work on each of
# them alone. What they compute is added to what they got.

norm_1, attention, norm_2 = others[:2], others[2:10], others[10:12]
kernel_1, bias_1, kernel_2, bias_2, *norm_3 = others[12:18]
kernel_z, bias_z = others[18:]
u = layer_normalization(x, *norm_1, epsilon=1e-6)
h = x + multi_head_attention(u, u, None, *attention)
u = layer_normalization(h, *norm_2, epsilon=1e-6)
y = h + gelu(u @ kernel_1 + bias_1) @ kernel_2 + bias_2
z = layer_normalization(y[:, 0], *norm_3, epsilon=1e-6) @ kernel_z + bias_z

# %%
# Check it
# --------
# ``Conv2D`` gives the same tokens, and the whole model the same logits. To get
# the pixels alone, use ``extract_patches``: (batch, rows, columns, pixels).

of_conv = keras.ops.convert_to_numpy(model.layers[1](images))
of_conv = of_conv.reshape(tokens.shape)
np.testing.assert_allclose(of_conv, tokens, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(logits, z, rtol=1e-4, atol=1e-4)
patches = ops.convert_to_numpy(ops.image.extract_patches(images, size=2))
patches = patches.reshape(5, 6, 12)
np.testing.assert_allclose(patches, cut(images, 2), rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# Suppose you cut by ``reshape`` alone. The shape is right. But each "patch" is
# now a strip of four pixels of one row, which may wrap to the next.

numbers = np.arange(24).reshape(1, 4, 6, 1)  # each pixel has its own number
right, wrong = cut(numbers, 2), numbers.reshape(1, 6, 4)
print("first patch, right:", right[0, 0], "wrong:", wrong[0, 0])
np.testing.assert_array_equal(right[0, 0], [0, 1, 6, 7])
np.testing.assert_array_equal(wrong[0, 0], [0, 1, 2, 3])

# %%
# See it
# ------
# A ring of 12 by 12 pixels, cut into nine patches of 4 by 4. ``reshape`` alone
# tears it to shreds.

place = np.arange(12) - 5.5
distance = np.hypot(place[:, np.newaxis], place)
ring = np.exp(-((distance - 4) ** 2))
right = cut(ring[np.newaxis, ..., np.newaxis], 4).reshape(9, 4, 4)
wrong = ring.reshape(9, 4, 4)
fig = plt.figure(figsize=(7, 2.7), layout="constrained")
left, middle, last = fig.subfigures(1, 3)
left.suptitle("image")
left.subplots().imshow(ring, cmap="gray_r")
for part, title, patches in [
    (middle, "cut into patches", right),
    (last, "wrong: only reshaped", wrong),
]:
    part.suptitle(title)
    for axis, patch in zip(part.subplots(3, 3).flat, patches):
        axis.imshow(patch, cmap="gray_r", vmin=0, vmax=1)
for axis in fig.axes:
    axis.set(xticks=[], yticks=[])
plt.show()
