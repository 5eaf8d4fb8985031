r"""
Dense raises no error: seven mistakes that it accepts
=====================================================

Your ``Dense`` layer has a bias although you wanted none, or outputs of another
shape, and no error said so. Here are seven mistakes, and what to write instead.
"""

import keras
import numpy as np
from keras.layers import Dense

x = np.float32([[1, 2, 4]])  # (batch, features)
dense, to_numpy = Dense(2), keras.ops.convert_to_numpy
y = to_numpy(dense(x))  # (batch, units)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** ``Dense`` takes ``True``
#    for one unit, and any text but an empty one for ``use_bias=True``. Write
#    ``Dense(1)``, and ``use_bias=False`` without quotes.

wrong = Dense(True, use_bias="False")
wrong.build((None, 3))
print("right: an error", "wrong: one unit, bias", wrong.get_weights()[1])
np.testing.assert_equal([w.shape for w in wrong.get_weights()], [(3, 1), (1,)])

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:**
#    ``Dense(bias_initializer=None)`` draws a random bias. The default is zeros.
#
# .. warning:: **Seen in Keras 3.15.1, error:** ``Dense.enable_lora`` takes rank
#    0, and the next call fails. Take 1 or more.

wrong = Dense(2, bias_initializer=None)
wrong.build((None, 3))
print("bias, right:", dense.get_weights()[1], "wrong:", wrong.get_weights()[1])
assert np.all(wrong.get_weights()[1])
wrong.enable_lora(0)
np.testing.assert_raises(ZeroDivisionError, wrong, x)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong shape:** A ``Dense`` layer treats a
#    list of one array as an array with one more axis. A model that expects
#    (batch, features) drops an axis of length 1 at the end. Write ``dense(x)``.

of_list = to_numpy(dense([x]))
print("dense(x), right:", y.shape, "dense([x]), wrong:", of_list.shape)
model = keras.Sequential([keras.Input((3,)), dense])
of_column = to_numpy(model(x[:, :, np.newaxis]))
np.testing.assert_allclose([of_list[0], of_column], [y, y], rtol=1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** A ``Dense`` layer uses
#    an array that you assign to ``bias``, but ``get_weights`` returns the old
#    one. Write ``dense.bias.assign([7, 8])``.

dense.bias = np.float32([7, 8])
print("right: [7. 8.]", "wrong:", dense.get_weights()[1])
np.testing.assert_allclose(to_numpy(dense(x)), y + [7, 8], rtol=1e-4)
np.testing.assert_array_equal(dense.get_weights()[1], [0, 0])
