"""MultiHeadAttention: calling it takes the mask away from its inputs

Expected: a layer leaves its inputs as they are. If layers are called on arrays, then in a
residual block, x + attention(x, x), the sum has no mask: later layers use the padding, and
no warning tells. In a functional model, Add still passes the mask on to layers that take
it as ``mask``; but a second attention, which has no such argument, uses the padding there,
too.

Related: keras#20455, a warning that this avoids.
"""

import keras
import numpy as np

attention = keras.layers.MultiHeadAttention(1, 2)
mean = keras.layers.GlobalAveragePooling1D()
x = keras.layers.Embedding(4, 3, mask_zero=True)(np.array([[2, 3, 0]]))
expected = keras.ops.convert_to_numpy(mean(x))
attention(x, x)
got = keras.ops.convert_to_numpy(mean(x))
print("got", got, "expected", expected)
np.testing.assert_allclose(got, expected, rtol=1e-4)
