r"""
float8 Dense: e4m3 inputs, e5m2 gradients, and scales that come late
====================================================================

Today's GPUs multiply float8 (fp8) matrices fast. ``model.quantize("float8")``
lets each ``Dense`` layer round its input and its kernel to e4m3 and, in
training, the gradient at its output to e5m2. (See the page "float8 in Keras".)

.. math::

   \hat{x} &= s_x \, \text{e4m3}\left(\frac{x}{s_x}\right), \quad
   \hat{W} = s_W \, \text{e4m3}\left(\frac{W}{s_W}\right) \\
   y &= \hat{x} \hat{W} + \text{bfloat16}(b) \\
   \frac{\partial L}{\partial W} &= \hat{x}^T \,
   \text{e5m2}\left(\frac{\partial L}{\partial y}\right)

:math:`W` is the kernel, :math:`b` the bias, :math:`L` the loss. The scales
:math:`s_x` and :math:`s_W` begin as 1. Then each is the largest number of past
steps (``amax_history_length`` of them, here 2) divided by 448, where e4m3 ends:
*delayed scaling*. The gradient has such a scale, too, which also begins as 1.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand.precision import bfloat16
from keras_by_hand.quantization import quantize_and_dequantize

# %%
# Build it
# --------
kernel = np.array([[3, -1.25], [-2, 7], [1, 2]])  # (features, units)
bias = np.array([1 + 2**-8, -3])  # (units,)
x = np.random.default_rng(313).integers(-28, 28, size=(32, 3)) / 4  # up to 7
Policy = keras.dtype_policies.QuantizedFloat8DTypePolicy
print("amax_history_length by default:", Policy("float8").amax_history_length)
dense = keras.layers.Dense(2, dtype=Policy("float8", amax_history_length=2))
model = keras.Sequential([keras.Input(shape=(3,)), dense])
dense.kernel.assign(kernel)
dense.bias.assign(bias)
model.compile(keras.optimizers.SGD(1.0), "mse")
y = model.predict(x, verbose=0)  # (batch, units)
model.train_on_batch(x, np.zeros_like(y))  # the targets are 0

# %%
# Compute it
# ----------
# Round the input and the kernel to e4m3, and the gradient to e5m2.
x_hat = quantize_and_dequantize(x, 1)  # s_x is 1 at first
kernel_hat = quantize_and_dequantize(kernel, 1)  # (features, units)
by_hand = x_hat @ kernel_hat + bfloat16(bias)  # (batch, units)
gradient = 2 * by_hand / by_hand.size  # of the mean squared error
g = quantize_and_dequantize(gradient, 1, "float8_e5m2")
kernel_by_hand = kernel - x_hat.T @ g
bias_by_hand = bias - bfloat16(gradient.sum(axis=0))

# %%
# Each step uses the scale that it finds. Then it computes the scale of the next
# step, from the two steps before it. It notes its own largest input last.
largest_inputs = [7, 7, 28, 7, 7, 7, 7]  # of seven steps
s_x, seen, scales = 1.0, [0], []
for largest in largest_inputs:
    scales.append(s_x)
    s_x = max(seen[-2:]) / 448 if max(seen[-2:]) > 0 else s_x
    seen.append(largest)

from keras_by_hand.quantization import float8_dense  # with any scales

# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.15.1, wrong numbers:** A ``Dense`` layer in
#    float8 rounds its float32 bias to bfloat16, and the gradient of the bias,
#    too. A bias of 1 + 2**-8 counts as 1.
#
# Six more steps change only the scales, as the learning rate is 0.
np.testing.assert_array_equal(y, np.float32(by_hand), strict=True)
np.testing.assert_array_equal(y, float8_dense(x, kernel, bias))
np.testing.assert_array_equal(dense.kernel.numpy(), kernel_by_hand)
np.testing.assert_array_equal(dense.bias.numpy(), bias_by_hand)
model.optimizer.learning_rate = 0.0
of_keras = [1.0]
for largest in largest_inputs[1:]:
    of_keras.append(dense.inputs_scale.numpy())
    model.train_on_batch(x * largest / 7, np.zeros_like(y))
np.testing.assert_array_equal(of_keras, scales)

# %%
# Break it
# --------
# Suppose you scale by the input itself. Then 28 stays, but Keras clips it to 7.
right, wrong = [quantize_and_dequantize(28, s) for s in (scales[2], 28 / 448)]
print("28 in step 3, right:", right, "wrong:", wrong)
assert right != wrong

# %%
# See it
# ------
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.semilogy(range(1, 8), 448 * np.array(scales), "C1", drawstyle="steps-mid")
axis.plot(range(1, 8), largest_inputs, "oC0")
axis.set(title="Step 3 brings 28 (dot), but can read up to 7 (line)")
axis.set(xlabel="step", ylabel="largest input")
plt.show()
