r"""
elu and celu: exponential below zero
====================================

Where ``relu`` is 0, a unit does not learn. ``elu``, the exponential linear
unit, has a gradient there, and it levels off: very negative numbers all become
about -alpha. If alpha is not 1, ``elu`` has a kink at 0; ``celu`` has none.
Both keep positive numbers. Below 0,

.. math::

   \text{elu}(x) &= \alpha \, (e^x - 1) \\
   \text{celu}(x) &= \alpha \, (e^{x / \alpha} - 1)

where :math:`\alpha` is 1 by default. Their slopes, :math:`\alpha \, e^x` and
:math:`e^{x / \alpha}`, are :math:`\alpha` and 1 at 0.
"""

from functools import partial

import keras
import matplotlib.pyplot as plt
import numpy as np
from derivative import derivative_in_training

# %%
# Build it
# --------
# Both with an alpha of 2. (``activation="elu"`` has the default, 1.)

x = np.array([-4, -2, -1, -0.5, 0.5, 1, 2], dtype="float32")
of_elu = keras.ops.convert_to_numpy(keras.activations.elu(x, alpha=2))
of_celu = keras.ops.convert_to_numpy(keras.activations.celu(x, alpha=2))

# %%
# Compute it
# ----------
# ``np.expm1(x)`` is ``exp(x) - 1``. ``np.minimum`` keeps it from overflowing.

below = np.minimum(x, 0)
elu_by_hand = np.where(x > 0, x, 2 * np.expm1(below))
celu_by_hand = np.where(x > 0, x, 2 * np.expm1(below / 2))

# %%
# Check it
# --------
# Numbers of about 1 agree to four digits.

np.testing.assert_allclose(of_elu, elu_by_hand, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(of_celu, celu_by_hand, rtol=1e-4, atol=1e-4)

# %%
# In full
# -------
# The functions take any ``alpha``. ``elu_layer`` is the layer ``ELU``.

from keras_by_hand import celu, elu, elu_layer, exponential

of_layer = keras.layers.ELU(alpha=3)(x)
np.testing.assert_allclose(of_layer, elu_layer(x, alpha=3), 1e-4, 1e-4)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On TensorFlow, the
#    derivative of ``celu`` at 0 is 2. It is 1 on either side, and at 0 on JAX
#    and PyTorch.
#
# (The page "Custom activation" shows how training finds a derivative.)

at_zero = derivative_in_training("celu", np.zeros(2), "float32")
slope = 2 if keras.backend.backend() == "tensorflow" else 1
np.testing.assert_array_equal(at_zero, [slope, slope])

# %%
# .. warning:: **Seen in Keras 3.15.1, error:** ``Dense`` takes a
#    ``functools.partial`` as its activation, but a model with it can't be
#    saved. For another ``alpha``, add a layer ``ELU(alpha=2)`` after it.

layer = keras.layers.Dense(1, partial(keras.activations.elu, alpha=2))
model = keras.Sequential([keras.Input((1,)), layer])
np.testing.assert_raises(TypeError, model.to_json)  # which saving calls

# %%
# Break it
# --------
# ``elu`` subtracts 1 before it multiplies by alpha, not after.

subtracted_last = np.where(x > 0, x, 2 * np.exp(x) - 1)
print("right:", of_elu.round(2))
print("wrong:", subtracted_last.round(2))
assert not np.allclose(of_elu, subtracted_last)

# %%
# See it
# ------
# With ``alpha=2``, both level off at -2. (``exponential`` is ``np.exp``.)

x = np.linspace(-6, 2, 161)
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.plot(x, elu(x, alpha=2), label="elu, alpha=2")
axis.plot(x, celu(x, alpha=2), "--", label="celu, alpha=2")
axis.plot(x, elu(x), "-.", label="both, alpha=1")
axis.plot(x, exponential(x), ":", label="exponential")
axis.set(title="Exponential below zero", xlabel="x", ylim=(-2.2, 3))
axis.legend()
plt.show()
