r"""
RandomCrop does not crop in predict, RandomShear does not load
==============================================================

Augmentation stops at inference: in ``predict``, all random layers return images
as they were, :math:`y = x`. After ``RandomCrop``, a ``Dense`` layer gets the
wrong size. So put ``Resizing`` between them. In training it changes nothing. In
``predict`` it cuts out the largest part in the middle that has the right
proportions, and resizes it. ``RandomShear`` fails when a saved model is loaded.
"""

import keras
import numpy as np
from keras.layers import Equalization, RandomCrop, RandomShear, Resizing

from keras_by_hand import resizing

# %%
# Build it
# --------
# Images of 40 by 30 pixels are to be cropped to 20 by 20.
x = np.random.default_rng(313).normal(size=(2, 40, 30, 3)).astype("float32")
wrong = keras.Sequential([RandomCrop(20, 20)]).predict(x, verbose=0)
fixed = [RandomCrop(20, 20), Resizing(20, 20, crop_to_aspect_ratio=True)]
right = keras.Sequential(fixed).predict(x, verbose=0)

# %%
# Check it
# --------
# The largest square in the middle of 40 rows has 30: from row 5 on.

expected = resizing(x[:, 5:35], height=20, width=20)
np.testing.assert_allclose(right, expected, rtol=1e-4, atol=1e-4)
np.testing.assert_array_equal(wrong, x)

# %%
# Break it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** In ``predict``,
#    ``RandomCrop`` and ``Equalization`` do nothing. By their documentation,
#    ``RandomCrop`` should resize and crop (see `issue 21868
#    <https://github.com/keras-team/keras/issues/21868>`_). Equalize images
#    before ``predict``, by ``Equalization()(images)``.

print("right:", right.shape, "wrong:", wrong.shape)
np.testing.assert_array_equal(Equalization()(x, training=False), x)
assert right.shape != wrong.shape

# %%
# .. warning:: **Seen in Keras 3.15.1, error:** Keras cannot load a saved model
#    with ``RandomShear(0.2)``: the layer saves the range from -0.2 to 0.2, but
#    refuses numbers below 0 (see `issue 21110
#    <https://github.com/keras-team/keras/issues/21110>`_). Write (0, 0.2): this
#    loads, and shears to both sides, too. For a file that does not load, build
#    the model again with (0, 0.2), and call ``model.load_weights`` on the file.

config = RandomShear(0.2).get_config()
np.testing.assert_raises(TypeError, RandomShear.from_config, config)
loaded = RandomShear.from_config(RandomShear((0, 0.2)).get_config())
print("right:", loaded.get_config()["x_factor"], "wrong:", config["x_factor"])
