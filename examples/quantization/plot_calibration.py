r"""
GPTQ and AWQ in Keras 3.15.1: the calibration data change nothing
=================================================================

You quantize a ``Dense`` layer by GPTQ or AWQ, with calibration data, and get
the same weights whatever the data are: each is rounded to the nearest of 16
numbers. Keras listens at ``call``, but the layer runs ``quantized_call``. Patch
each layer before you quantize (AWQ has ``is_awq_calibrated``), and write
``del layer.quantized_call`` afterwards::

    def patch(layer):
        run = layer.quantized_call
        layer.quantized_call = lambda x, **_: (
            run(x) if layer.is_gptq_calibrated else layer.call(x)
        )

A group without a weight below 0 still comes out far off. Choose a larger
``group_size`` that brings one in, or take ``quantize("int8")``.
"""

import keras
import numpy as np
from calibrating import quantize_dense

# %%
# Build it
# --------
# Unit 1 has weights of both signs, unit 2 only positive ones. Plain rounding
# takes 15 steps from a unit's lowest weight, or 0, to its highest.
rng = np.random.default_rng(313)
data = rng.normal(size=(200, 4)) @ rng.normal(size=(4, 16))
kernel = np.stack([rng.normal(size=16), rng.uniform(2, 4, 16)], axis=1)
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
#    wrong weights for a group whose weights are all positive. (`Fixed since
#    <https://github.com/keras-team/keras/pull/23512>`__.)
to_numpy = keras.ops.convert_to_numpy
for Config in (keras.quantizers.GPTQConfig, keras.quantizers.AWQConfig):
    layer = quantize_dense(kernel, data, Config, patched=False)
    read = to_numpy(layer(np.eye(16)))  # the kernel it reads
    np.testing.assert_allclose(read[:, 0], by_hand[:, 0], rtol=1e-4, atol=1e-4)
    patched = to_numpy(quantize_dense(kernel, data, Config)(np.eye(16)))
    print(Config.__name__)
    print("unit 1, patched:", patched[9:12, 0], "wrong:", read[9:12, 0])
    assert np.max(np.abs(patched[:, 0] - read[:, 0])) > 0.1
    print("unit 2, right:", by_hand[:3, 1], "wrong:", read[:3, 1])
    assert np.all(np.abs(read[:, 1] - kernel[:, 1]) > 0.5)
