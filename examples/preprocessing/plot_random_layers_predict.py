r"""
RandomCrop does not crop in predict, RandomShear does not load
==============================================================

Layers that change images at random return :math:`y = x` in ``predict``. So do
two that should act there, and ``predict`` has images of another size. Another
of them makes ``load_model`` raise a ``TypeError``.
"""

import keras
import numpy as np
from keras.layers import Equalization, RandomCrop, RandomShear

# %%
# Build it
# --------

rng = np.random.default_rng(313)
x = rng.integers(0, 256, size=(2, 40, 30, 3)).astype("float32")
model = keras.Sequential([keras.Input((40, 30, 3)), RandomCrop(20, 20)])
y = model.predict(x, verbose=0)

# %%
# Compute it
# ----------
# Leave the layers out: a model that only predicts does not need them.

without_layers = x  # (batch, height, width, channels)

# %%
# Check it
# --------

np.testing.assert_array_equal(y, without_layers, strict=True)

# %%
# Break it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** In ``predict``,
#    ``RandomCrop`` and ``Equalization`` do nothing, either, although their
#    documentation says otherwise. ``RandomCrop`` should resize and crop;
#    ``output_shape`` says so, too, but the images come out whole, and a
#    ``Dense`` layer behind them gets the wrong size (see `issue 21868
#    <https://github.com/keras-team/keras/issues/21868>`_). ``Equalization``
#    should act always.

print("right:", model.output_shape[1:], "wrong:", y.shape[1:])
np.testing.assert_equal(model.output_shape, (None, 20, 20, 3))
np.testing.assert_array_equal(Equalization()(x, training=False), x)
assert model.output_shape[1:] != y.shape[1:]

# %%
# .. warning:: **Seen in Keras 3.15.1, error:** Keras cannot load a saved model
#    with ``RandomShear(0.2)``: the layer saves the range from -0.2 to 0.2, but
#    refuses numbers below 0 (see `issue 21110
#    <https://github.com/keras-team/keras/issues/21110>`_). (0, 0.2) loads.

config = RandomShear(0.2).get_config()
np.testing.assert_raises(TypeError, RandomShear.from_config, config)
RandomShear.from_config(RandomShear((0, 0.2)).get_config())
