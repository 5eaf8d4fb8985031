r"""
GPTQ and AWQ in Keras 3.15.1: the calibration data change nothing
=================================================================

You quantize a ``Dense`` layer by GPTQ or AWQ, with a dataset for calibration,
and get the same weights whatever the data are. Keras asks for the data, but
only rounds each weight to the nearest of 16 numbers. If all weights of a group
are positive, even the rounding goes wrong.

A group of features has a scale s and a zero point z for each unit. Both come
from the lowest and the highest of its weights and 0.
"""

import keras
import numpy as np
from calibrating import quantize_dense

# %%
# Build it
# --------
# ``quantize_dense`` calibrates a layer with random data, with or without the
# patch by which Keras sees them. The first unit has weights of both signs, all
# weights of the second are positive.

rng = np.random.default_rng(313)
data = rng.normal(size=(200, 4)) @ rng.normal(size=(4, 16))
kernel = np.stack([rng.normal(size=16), rng.uniform(2, 4, 16)], axis=1)

# %%
# Compute it
# ----------
low, high = np.minimum(kernel.min(axis=0), 0), kernel.max(axis=0)
s = (high - low) / 15  # (units,)
z = np.rint(-low / s)
by_hand = s * (np.clip(np.rint(kernel / s + z), 0, 15) - z)

# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:**
#    ``quantize("gptq")`` and ``quantize("awq")`` of a ``Dense`` layer ignore
#    the calibration data, and only round. (`Fixed since
#    <https://github.com/keras-team/keras/pull/23512>`__.)
#
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:**
#    ``keras.quantizers.GPTQConfig`` and ``keras.quantizers.AWQConfig`` give
#    wrong weights for a group whose weights are all positive. How wrong they
#    are depends on what the processor makes of a negative number. (`Fixed since
#    <https://github.com/keras-team/keras/pull/23512>`__.)

for Config in (keras.quantizers.GPTQConfig, keras.quantizers.AWQConfig):
    layer = quantize_dense(kernel, data, Config, patched=False)
    read = keras.ops.convert_to_numpy(layer(np.eye(16)))  # the kernel it reads
    np.testing.assert_allclose(read[:, 0], by_hand[:, 0], rtol=1e-4, atol=1e-4)
    print("right:", by_hand[:3, 1].round(2), "wrong:", read[:3, 1].round(2))
    assert np.all(np.abs(read[:, 1] - kernel[:, 1]) > 0.5)
