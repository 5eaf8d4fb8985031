r"""
LSTM time series forecast: its own outputs as inputs
====================================================

An ``LSTM`` that predicts the next value of a time series can forecast a whole
day: each prediction becomes the next input.

.. math::

   h_t, c_t &= \text{LSTM}(x_t, h_{t-1}, c_{t-1}) \\
   x_{t+1} &= h_t W + b

x is the value at hour t. Up to the last known hour, it is the series itself. h,
the output, and c, the cell state, carry what the LSTM has read. W and b are the
kernel and the bias of a ``Dense`` layer.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import lstm_cell  # one step: x, [h, c] to y, [h, c]

# %%
# Build it
# --------
# The sum of two sines. The model learns the next value at each of 24 hours.

keras.utils.set_random_seed(313)
t = np.arange(312)
series = np.sin(2 * np.pi * t / 24) + 0.5 * np.sin(2 * np.pi * t / 7.3)
known, future = np.split(np.float32(series), [288])
windows = np.lib.stride_tricks.sliding_window_view(known, 25)[::4]
windows = windows[..., np.newaxis]  # (batch, steps, features)
recurrent = keras.layers.LSTM(16, return_sequences=True)
model = keras.Sequential([recurrent, keras.layers.Dense(1)])
model.compile(keras.optimizers.Adam(0.05), loss="mse")
model.fit(windows[:, :-1], windows[:, 1:], epochs=20, verbose=0)

values = known[-24:].reshape(1, 24, 1)  # Keras reads all again each time
for _ in range(24):
    y = model(values)[:, -1:]  # (batch, 1, features)
    values = keras.ops.concatenate([values, y], axis=1)
by_keras = keras.ops.convert_to_numpy(values)[0, 24:, 0]

# %%
# Compute it
# ----------
# With the states carried on, each value is read once: first those that are
# known, then the predictions.

*lstm_weights, dense_kernel, dense_bias = model.get_weights()


def forecast(known, count):
    states = [np.zeros((1, 16)), np.zeros((1, 16))]  # h and c: (batch, units)
    values = list(known)
    for hour in range(len(known) + count - 1):
        x = np.reshape(values[hour], (1, 1))  # (batch, features)
        h, states = lstm_cell(x, states, *lstm_weights)
        if hour >= len(known) - 1:
            values.append((h @ dense_kernel + dense_bias).item())
    return np.array(values[len(known) :])


by_hand = forecast(known[-24:], 24)

# %%
# Check it
# --------
# Rounding errors are fed back, too. So change the last known value a little and
# see how much this error grows: the tolerance grows with it.

moved = known[-24:].astype("float64")
moved[-1] += 1e-6
change = forecast(moved, 24) - forecast(known[-24:], 24)
growth = np.max(np.abs(change)) / 1e-6
tolerance = max(1, growth) * 1e-4
np.testing.assert_allclose(by_keras, by_hand, tolerance, tolerance)

# %%
# Break it
# --------
# Suppose you give it the last prediction alone, without the states. Then it
# knows one value only. In Keras, give it all values, as above.

wrong = [by_hand[0]]
for _ in range(23):
    wrong.extend(forecast(wrong[-1:], 1))
errors = [np.sqrt(np.mean((y - future) ** 2)) for y in (by_hand, wrong)]
print(f"typical error: right {errors[0]:.2f}, wrong {errors[1]:.2f}")
assert 3 * errors[0] < errors[1]

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(t[264:288], known[-24:], color="gray", label="known")
axis.plot(t[288:], future, ".", color="gray", label="future, not seen")
axis.plot(t[288:], by_hand, "C0", label="forecast")
axis.plot(t[288:], wrong, "C1--", label="without states")
axis.set(title="Each forecast is made from the one before", xlabel="hour")
axis.legend(loc="lower left")
plt.show()
