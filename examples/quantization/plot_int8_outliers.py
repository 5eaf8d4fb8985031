r"""
int8 with outliers: one large feature turns the others into zeros
=================================================================

After ``quantize("int8")`` some results are wrong: those of samples with an
outlier. A sample has one scale for all its features, and the largest sets it.
Beside an outlier the steps are so coarse that the other features become zero.

``Int8QuantizationConfig(activation_quantizer=None)`` leaves the input in float:
an outlier does no harm. The page "int8 quantization in Keras" has the formula.
"""

import keras
import numpy as np

# %%
# Build it
# --------
# The samples differ in their first feature, whose weights are zero. So both
# should get the same outputs. Each feature is rounded to a step of its sample:
# its largest feature, divided by 127. (int8 rounds weights, too, but not these:
# they are whole numbers, and the largest of each unit is 127.)

x = np.array([[1, 0.75, -0.4], [256, 0.75, -0.4]])  # (batch, features)
kernel = np.array([[0, 0], [127, -60], [40, 127]])  # (features, units)
right = x @ kernel  # (batch, units)


def keras_int8(**options):
    layer = keras.layers.Dense(2, use_bias=False)
    layer.build(x.shape)
    layer.set_weights([kernel])
    layer.quantize(config=keras.quantizers.Int8QuantizationConfig(**options))
    return keras.ops.convert_to_numpy(layer(x))


step = np.abs(x).max(axis=1, keepdims=True) / 127  # (batch, 1)
by_hand = np.rint(x / step) * step @ kernel
print("steps of the samples:", step.ravel().round(3))

# %%
# Check it
# --------
# The first sample is nearly right. The second loses both of its small features.

y = keras_int8()
np.testing.assert_allclose(y, by_hand, rtol=1e-4, atol=1e-4)
np.testing.assert_array_equal(y[1], [0, 0])
weights_only = keras_int8(activation_quantizer=None)
np.testing.assert_allclose(weights_only, right, rtol=1e-4)

# %%
# Break it
# --------
# Other libraries have one scale for the whole batch. Then the outlier of one
# sample spoils the others, too.

wrong = np.rint(x / step.max()) * step.max() @ kernel
print("first sample, right:", right[0], "Keras:", y[0], "wrong:", wrong[0])
assert not np.allclose(y[0], wrong[0])
