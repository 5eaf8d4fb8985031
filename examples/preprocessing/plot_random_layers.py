r"""
RandomFlip, RandomRotation, MixUp, ...: unchanged in model.predict
==================================================================

Layers that augment images at random, such as ``RandomFlip``, act in training
only. In ``model.predict`` they return their input: a copy of the model that
only predicts can leave them out.

.. math::

   y = x
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import layers
from sklearn.datasets import load_sample_image

# %%
# Build it
# --------
# A model of all these layers. The images are a photograph and its mirror image.

flower = load_sample_image("flower.jpg")[129:309, 216:396]
photograph = flower.reshape(45, 4, 45, 4, 3).mean(axis=(1, 3)).round()
x = np.float32([photograph, photograph[:, ::-1]])  # (batch, 45, 45, 3)

inputs = keras.Input(x.shape[1:])
augment = [layers.AugMix(), layers.CutMix(), layers.MixUp()]
augment += [layers.RandAugment(), layers.RandomBrightness(0.5)]
augment += [layers.RandomColorDegeneration(0.5), layers.RandomContrast(0.5)]
augment += [layers.RandomColorJitter(hue_factor=0.5)]
augment += [layers.RandomElasticTransform()]
augment += [layers.RandomErasing(), layers.RandomFlip()]
augment += [layers.RandomGaussianBlur(), layers.RandomGrayscale()]
augment += [layers.RandomHue(0.5), layers.RandomInvert()]
augment += [layers.RandomPerspective(), layers.RandomPosterization(4)]
augment += [layers.RandomRotation(0.2), layers.RandomSaturation(0.5)]
augment += [layers.RandomSharpness(0.5), layers.RandomShear(0.5, 0.5)]
augment += [layers.RandomTranslation(0.5, 0.5), layers.RandomZoom(0.5)]
y = keras.Sequential([inputs, *augment]).predict(x, verbose=0)

# %%
# Compute it
# ----------
# There is nothing to compute: leave the layers out, and keep the images.

without_layers = x  # (batch, height, width, channels)

# %%
# The library has a function for each of these layers, such as ``random_flip``.
# They only check their arguments, and return what ``unchanged`` returns.

from keras_by_hand.layers.augmentation import unchanged

# %%
# Check it
# --------
# Equal to the bit, also behind 23 of these layers.

np.testing.assert_equal(len(augment), 23)
np.testing.assert_array_equal(y, without_layers, strict=True)
np.testing.assert_array_equal(y, unchanged(x), strict=True)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** In ``predict``,
#    ``RandomCrop`` and ``Equalization`` do nothing, either, although their
#    documentation says otherwise. ``RandomCrop`` should resize and crop;
#    ``output_shape`` says so, too, but the images come out whole, and a
#    ``Dense`` layer behind them gets the wrong size (see `issue 21868
#    <https://github.com/keras-team/keras/issues/21868>`_). ``Equalization``
#    should act always.

crop = keras.Sequential([inputs, layers.RandomCrop(20, 20)])
np.testing.assert_equal(crop.output_shape, (None, 20, 20, 3))
for layer in (layers.RandomCrop(20, 20), layers.Equalization()):
    y = keras.ops.convert_to_numpy(layer(x, training=False))
    np.testing.assert_array_equal(y, x)

# %%
# .. warning:: **Seen in Keras 3.15.1, error:** Keras cannot load a saved model
#    with ``RandomShear(0.2)``: the layer saves the range from -0.2 to 0.2, but
#    refuses numbers below 0 (see `issue 21110
#    <https://github.com/keras-team/keras/issues/21110>`_). (0, 0.2) loads.

refused = layers.RandomShear(0.2).get_config()
np.testing.assert_raises(TypeError, layers.RandomShear.from_config, refused)
layers.RandomShear.from_config(layers.RandomShear((0, 0.2)).get_config())

# %%
# Break it
# --------
# Would you call ``model(x)`` or ``layer(x)`` instead of ``predict``?
# ``Dropout`` does nothing then, but these layers act as in training, unless you
# pass ``training=False``. Here a brightness of exactly 1 makes pixels white.

brightness = layers.RandomBrightness([1, 1])
white = keras.Sequential([inputs, brightness, layers.Dropout(0.5)])
for act in (brightness, white):
    by_call = keras.ops.convert_to_numpy(act(x))
    as_predicted = keras.ops.convert_to_numpy(act(x, training=False))
    assert np.all(by_call == 255)
    assert np.all(as_predicted == x)

# %%
# See it
# ------

rotate, zoom = layers.RandomRotation(0.2), layers.RandomZoom(0.5)
erase, hue = layers.RandomErasing(), layers.RandomHue(1)
fig, axes = plt.subplots(1, 5, figsize=(6, 1.9), layout="constrained")
fig.suptitle("Random layers change an image only in training")
panels = [("predict", photograph)]
for layer in (rotate, zoom, hue, erase):
    y = keras.ops.convert_to_numpy(layer(x[:1], training=True))
    panels.append((type(layer).__name__.removeprefix("Random"), y[0]))
for axis, (title, image) in zip(axes, panels):
    axis.imshow(np.clip(image, 0, 255).astype("uint8"), interpolation="none")
    axis.set(title=title, xticks=[], yticks=[])
plt.show()
