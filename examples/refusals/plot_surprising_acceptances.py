r"""
Dense raises no error: seven mistakes that it accepts
=====================================================

Your ``Dense`` layer has a bias although you said no, or one unit, or outputs of
another shape, and no error said so. These are the mistakes to look for.
"""

import keras
import numpy as np


# %%
# Build it
# --------
def built(units=2, **arguments):
    layer = keras.layers.Dense(units, **arguments)
    layer.build((None, 3))
    return layer


to_numpy = keras.ops.convert_to_numpy
x, dense = np.arange(12).reshape(4, 3), built()  # x: (batch, features)
y = x @ dense.get_weights()[0]  # (batch, units); the bias is zero

# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``Dense`` takes ``True``
#    for one unit, and any text but an empty one for ``use_bias=True``.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:**
#    ``Dense(bias_initializer=None)`` draws a random bias. The default is zeros.
#
# .. warning:: **Seen in Keras 3.15.1, wrong shape:** A ``Dense`` layer treats a
#    list of one array as an array with one more axis. A model that expects
#    (batch, features) drops an axis of length 1 at the end.
#
# .. warning:: **Seen in Keras 3.15.1, error:** ``Dense.enable_lora`` takes rank
#    0, and the next call fails.
#
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** A ``Dense`` layer uses
#    an array that you assign to ``bias``, but ``get_weights`` returns the old
#    one. Call ``bias.assign``.

of_text = built(True, use_bias="False").get_weights()
np.testing.assert_equal([w.shape for w in of_text], [(3, 1), (1,)])
random_bias = built(64, bias_initializer=None).get_weights()[1]
np.testing.assert_equal(np.all(random_bias), True)
np.testing.assert_allclose(to_numpy(dense([x])), [y], rtol=1e-4, atol=1e-4)
model = keras.Sequential([keras.Input(shape=(3,)), dense])
of_column = model.predict(x[:, :, np.newaxis], verbose=0)
np.testing.assert_allclose(of_column, y, rtol=1e-4, atol=1e-4)
adapted = built()
adapted.enable_lora(0)
np.testing.assert_raises(ZeroDivisionError, adapted, x)
dense.bias = right = np.float32([7, 8])
np.testing.assert_allclose(to_numpy(dense(x)), y + right, 1e-4, 1e-4)
np.testing.assert_array_equal(dense.get_weights()[1], [0, 0])
print("bias, right:", right, "wrong:", dense.get_weights()[1])
