r"""
LSTM remembers: what SimpleRNN forgets over forty steps
=======================================================

A layer reads forty numbers, one of them marked, and then has to say that one.
To learn it, it needs the gradient of its answer at the marked step. In each
step back, ``SimpleRNN`` shrinks the gradient. ``LSTM`` has a second way back,
along the cell state :math:`c`: its gradient :math:`\gamma` lasts if the forget
gate :math:`f` is near 1. With :math:`\delta` as the gradient at :math:`h`:

.. math:: \gamma_t = \gamma_{t+1} f_{t+1} + \delta_t o_t (1 - \tanh^2 c_t)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import LSTM, Dense, SimpleRNN

from keras_by_hand import sigmoid  # 1 / (1 + exp(-z))

# %%
# Build it
# --------
# Each step has a number, and a mark: 2 or 0. Biases near 3 hold forget gates
# open. To see what a number does to Keras' answer, move it up and down a bit.
rng, steps, units = np.random.default_rng(313), 40, 16
x = rng.uniform(-1, 1, size=(steps, 1)) * [1, 0]  # (steps, features)
x[4, 1] = 2  # step 4 is marked
model = keras.Sequential([keras.Input((steps, 2)), LSTM(units), Dense(1)])
weights = [rng.normal(0, 0.3, size=w.shape) for w in model.get_weights()]
weights[2][units : 2 * units] += 3  # the bias of i, f, g, o
model.set_weights(weights)


def slopes_of(model, x):
    change = 0.01 * np.eye(steps)[..., np.newaxis] * [1, 0]
    up, down = model(x + change), model(x - change)  # each (steps, 1)
    return keras.ops.convert_to_numpy(up - down)[:, 0] / 0.02  # (steps,)


# %%
# Compute it
# ----------
# Go forwards, and keep the gates. Then go back from delta, the gradient at the
# last h. The gradient at i, f, g or o is that of the product it is in, times
# the other factor. Its slope follows: i (1 - i) for sigmoid, 1 - g² for tanh.


def gradients(x, kernel, recurrent_kernel, bias, delta, along_c=1):
    h = c = gamma = np.zeros(units)
    kept, at_x = [], np.zeros(x.shape)
    for t in range(steps):
        z = x[t] @ kernel + h @ recurrent_kernel + bias
        z_i, z_f, z_g, z_o = np.split(z, 4)
        i, f, o, g = sigmoid(z_i), sigmoid(z_f), sigmoid(z_o), np.tanh(z_g)
        old_c, c = c, f * c + i * g
        h = o * np.tanh(c)
        kept.append([i, f, o, g, old_c, np.tanh(c)])
    for t in reversed(range(steps)):
        i, f, o, g, old_c, tanh_c = kept[t]
        gamma = gamma + delta * o * (1 - tanh_c**2)
        at_i, at_f = gamma * g * i * (1 - i), gamma * old_c * f * (1 - f)
        at_g, at_o = gamma * i * (1 - g**2), delta * tanh_c * o * (1 - o)
        at_z = np.concatenate([at_i, at_f, at_g, at_o])
        at_x[t], delta = at_z @ kernel.T, at_z @ recurrent_kernel.T
        gamma = along_c * gamma * f
    return at_x  # (steps, features)


# %%
# Check it
# --------
at_x = gradients(x, *weights[:3], weights[3][:, 0])[:, 0]  # (steps,)
np.testing.assert_allclose(at_x, slopes_of(model, x), rtol=1e-3, atol=1e-4)

# %%
# Break it
# --------
# Suppose you go back through h alone. Then nearly nothing reaches step 4.
wrong = gradients(x, *weights[:3], weights[3][:, 0], along_c=0)[:, 0]
print("right:", at_x[4], "wrong:", wrong[4])
assert not np.allclose(at_x, wrong, rtol=1e-3, atol=1e-4)

# %%
# See it
# ------
# Three seeds (more take long). Always saying 0 gives an error of 1/3, and
# ``SimpleRNN`` does no better. (``clipnorm`` shortens long gradients.)
mse = keras.losses.MeanSquaredError()
for seed in range(3):
    models, errors = [], []
    rng = np.random.default_rng(seed)
    numbers = rng.uniform(-1, 1, size=(6000, steps))  # (batch, steps)
    marked = np.eye(steps)[rng.integers(steps, size=6000)]  # one-hot
    data = np.stack([numbers, 2 * marked], axis=-1)  # (batch, steps, features)
    answers = np.sum(numbers * marked, axis=1, keepdims=True)  # (batch, 1)
    for layer in (LSTM(units), SimpleRNN(units)):
        keras.utils.set_random_seed(seed)
        model = keras.Sequential([keras.Input((steps, 2)), layer, Dense(1)])
        model.compile(keras.optimizers.Adam(0.03, clipnorm=1.0), mse)
        model.optimizer.build(model.trainable_variables)  # now, to save time
        for i in range(0, 5600, 64):
            model.train_on_batch(data[i : i + 64], answers[i : i + 64])
        errors.append(float(mse(answers[5600:], model(data[5600:]))))
        models.append(model)
    print("LSTM {:.3f}, SimpleRNN {:.3f}".format(*errors))
    assert errors[0] < 0.2 and errors[1] > 0.25
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for model, name in zip(models, ["LSTM", "SimpleRNN"]):
    axis.plot(slopes_of(model, x), "o-", label=name)
axis.set(title="Slopes: the LSTM needs step 4, the marked one", xlabel="step")
axis.legend()
plt.show()

# %%
# Try it
# ------
# 1. Write ``bias_for(part, steps)``: a forget gate with this bias alone leaves
#    that part of the cell state after so many steps.
# 2. Write ``simple_gradients``, the same for SimpleRNN, without ``along_c``.
