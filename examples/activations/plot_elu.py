r"""
elu and celu: exponential below zero
====================================

``elu`` and ``celu`` leave positive numbers as they are, and bend negative ones
along an exponential curve that levels off. Below zero,

.. math::

   \text{elu}(x) &= \alpha \, (e^x - 1) \\
   \text{celu}(x) &= \alpha \, (e^{x / \alpha} - 1)

where :math:`\alpha` is 1 by default. There ``elu`` has the derivative
:math:`\alpha \, e^x`, and ``celu`` :math:`e^{x / \alpha}`. So ``elu`` has a
kink at zero unless :math:`\alpha` is 1, and ``celu`` never has one. Keras also
has ``exponential``, :math:`e^x` for every :math:`x`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from derivative import derivative_in_training

# %%
# Build it
# --------
# ``activation="elu"`` takes the default, ``alpha=1``. For another ``alpha``,
# write a function, and give it to a layer: ``Dense(4, activation=elu_of_2)``.


def elu_of_2(x):
    return keras.activations.elu(x, alpha=2)


def celu_of_2(x):
    return keras.activations.celu(x, alpha=2)


x = np.array([-4, -2, -1, -0.5, 0.5, 1, 2])
of_elu = keras.ops.convert_to_numpy(elu_of_2(x.astype("float32")))
of_celu = keras.ops.convert_to_numpy(celu_of_2(x.astype("float32")))
print("elu: ", of_elu.round(2))
print("celu:", of_celu.round(2))

# %%
# Compute it
# ----------
# ``np.expm1(x)`` is ``exp(x) - 1`` without the loss of digits near zero.
# ``np.minimum`` keeps it from overflowing where its value isn't used.

below = np.minimum(x, 0)
elu_by_hand = np.where(x > 0, x, 2 * np.expm1(below))
celu_by_hand = np.where(x > 0, x, 2 * np.expm1(below / 2))

# %%
# The whole functions take any ``alpha``. ``exponential`` is ``np.exp``.

from keras_by_hand import celu, elu, exponential

# %%
# Check it
# --------
# A row for each: Keras' function, values, derivatives. Training uses these
# derivatives. (The page "Custom activation" explains how one step of SGD shows
# them.) Only on TensorFlow does Keras compute in float64 throughout.

np.testing.assert_allclose(of_elu, elu_by_hand, rtol=1e-4, atol=1e-4)
np.testing.assert_allclose(of_celu, celu_by_hand, rtol=1e-4, atol=1e-4)

cases = [
    ("elu", elu(x), np.where(x > 0, 1, np.exp(x))),
    ("celu", celu(x), np.where(x > 0, 1, np.exp(x))),
    ("exponential", exponential(x), np.exp(x)),
    (elu_of_2, elu(x, alpha=2), np.where(x > 0, 1, 2 * np.exp(x))),
    (celu_of_2, celu(x, alpha=2), np.where(x > 0, 1, np.exp(x / 2))),
]
dtypes = ["float32"]
if keras.backend.backend() == "tensorflow":
    dtypes.append("float64")
for dtype in dtypes:
    tolerance = 1000 * np.finfo(dtype).eps
    for activation, values, derivatives in cases:
        y = keras.activations.get(activation)(x.astype(dtype))
        np.testing.assert_allclose(y, values, tolerance, tolerance)
        slopes = derivative_in_training(activation, x, dtype)
        np.testing.assert_allclose(slopes, derivatives, tolerance, tolerance)

# %%
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** On TensorFlow, the
#    derivative of ``celu`` at 0 is 2. It is 1 on either side, and at 0 on JAX
#    and PyTorch.

at_zero = derivative_in_training("celu", np.zeros(2), "float32")
slope = 2 if keras.backend.backend() == "tensorflow" else 1
np.testing.assert_array_equal(at_zero, [slope, slope])

# %%
# Break it
# --------
# Is 1 subtracted last, as in ``alpha * exp(x) - 1``? (The documentation can be
# read so.) And is ``celu`` another name for ``elu``? Only for ``alpha=1``.

subtracted_last = np.where(x > 0, x, 2 * np.exp(x) - 1)
print("subtracted last:", subtracted_last.round(2))
assert not np.allclose(of_elu, subtracted_last)
assert not np.allclose(of_elu, of_celu)
assert np.allclose(elu(x), celu(x))

# %%
# See it
# ------
# With ``alpha=2``, both level off at -2. ``elu`` has a kink at zero.

x = np.linspace(-6, 2, 161)
fig, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
axis.plot(x, elu(x, alpha=2), label="elu, alpha=2")
axis.plot(x, celu(x, alpha=2), "--", label="celu, alpha=2")
axis.plot(x, elu(x), "-.", label="elu and celu, alpha=1")
axis.plot(x, exponential(x), ":", label="exponential")
axis.set(title="Exponential below zero", xlabel="x", ylim=(-2.2, 3))
axis.legend()
plt.show()
