r"""
LSTM remembers: what SimpleRNN forgets over forty steps
=======================================================

Of forty numbers, one is marked. Read all, then say the marked one. To learn it,
a layer needs the gradient of its answer at that step. ``SimpleRNN`` shrinks the
gradient at each step back. In ``LSTM``, the gradient :math:`\gamma` at the cell
state stays where the forget gate :math:`f` is near 1. With :math:`\delta` at h:

.. math:: \gamma_t = \gamma_{t+1} f_{t+1} + \delta_t o_t (1 - \tanh^2 c_t)
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import sigmoid  # 1 / (1 + exp(-z))

# %%
# Build it
# --------
# A step has a number from -1 to 1, and a 2 if it is marked, else a 0. Whoever
# says 0 has a mean squared error of 1/3. Both learn from 100 batches, on three
# seeds only, as that takes long. (``clipnorm`` shortens long gradients.)

steps, units = 40, 16


def draw(rng, batch):
    x = np.zeros((batch, steps, 2), "float32")
    x[..., 0] = rng.uniform(-1, 1, size=(batch, steps))
    marked = np.arange(batch), rng.integers(steps, size=batch)
    x[*marked, 1] = 2
    return x, x[*marked, :1]  # (batch, steps, 2), (batch, 1)


for seed in range(3):
    rng = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    lstm, simple = keras.layers.LSTM(units), keras.layers.SimpleRNN(units)
    models, errors = [], []
    for layer, rate in [(lstm, 0.05), (simple, 0.01)]:
        model = keras.Sequential([layer, keras.layers.Dense(1)])
        model.compile(keras.optimizers.Adam(rate, clipnorm=1.0), "mse")
        for _ in range(100):
            model.train_on_batch(*draw(rng, 64))
        x, y = draw(rng, 1000)  # new numbers
        models.append(model)
        errors.append(np.mean((model.predict_on_batch(x) - y) ** 2))
    print("LSTM {:.3f}, SimpleRNN {:.3f}".format(*errors))
    assert errors[0] < 0.15 and errors[1] > 0.22

# %%
# Compute it
# ----------
# Go forwards, and keep the gates. On the way back, start with delta, the
# gradient at the last h. gamma adds up two ways: through h, and along c.


def gradients(x, kernel, recurrent_kernel, bias, delta, path=1):
    h = c = gamma = np.zeros(units)
    kept, at_x = [], np.zeros(x.shape)
    for t in range(steps):
        z = x[t] @ kernel + h @ recurrent_kernel + bias
        z_i, z_f, z_g, z_o = np.split(z, 4)
        i, f, o, g = sigmoid(z_i), sigmoid(z_f), sigmoid(z_o), np.tanh(z_g)
        before, c = c, f * c + i * g
        kept.append([i, f, o, g, before, np.tanh(c)])
        h = o * np.tanh(c)
    for t in reversed(range(steps)):
        i, f, o, g, before, tanh_c = kept[t]
        gamma = gamma + delta * o * (1 - tanh_c**2)
        at_i, at_f = gamma * g * i * (1 - i), gamma * before * f * (1 - f)
        at_g, at_o = gamma * i * (1 - g**2), delta * tanh_c * o * (1 - o)
        at_z = np.concatenate([at_i, at_f, at_g, at_o])
        at_x[t], delta = at_z @ kernel.T, at_z @ recurrent_kernel.T
        gamma = path * gamma * f
    return at_x  # (steps, features)


# %%
# Check it
# --------
# Measure the slope of Keras' answers at each number. Step 4 is marked.

x = rng.uniform(-1, 1, size=(steps, 1)) * [1, 0]  # (steps, features)
x[4, 1] = 2
change = 0.01 * np.eye(steps)[..., np.newaxis] * [1, 0]
up = [model.predict_on_batch(x + change) for model in models]
down = [model.predict_on_batch(x - change) for model in models]
slopes = (np.array(up) - np.array(down))[..., 0] / 0.02  # (models, steps)
*weights, dense_kernel, _ = models[0].get_weights()
at_x = gradients(x, *weights, dense_kernel[:, 0])
np.testing.assert_allclose(at_x[:, 0], slopes[0], rtol=0.01, atol=0.01)

# %%
# Break it
# --------
# Suppose you take only the way through h. Then nearly nothing reaches step 4.

wrong = gradients(x, *weights, dense_kernel[:, 0], path=0)
print("right:", at_x[4, 0], "wrong:", wrong[4, 0])
assert not np.allclose(at_x, wrong, rtol=0.01, atol=0.01)

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(slopes.T, "o-", label=["LSTM", "SimpleRNN"])
axis.set(title="Slopes: the LSTM needs step 4, the marked one", xlabel="step")
axis.legend()
plt.show()

# %%
# Try it
# ------
# 1. Write ``bias_for(part, steps)``: a forget gate that has only a bias leaves
#    that part of the cell state after so many steps.
# 2. Write ``simple_gradients``, the same for ``SimpleRNN`` (``slopes[1]``).
