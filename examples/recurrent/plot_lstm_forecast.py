r"""
LSTM time series forecast: its own outputs as inputs
====================================================

An ``LSTM`` that predicts the next value of a series forecasts many: each
prediction becomes the next input, and the states are carried on.

.. math::

   \hat{x}_{t+1} &= h_t W_{\text{dense}} + b_{\text{dense}} \\
   h_{t+1}, c_{t+1} &= \text{LSTM}(\hat{x}_{t+1}, h_t, c_t)

Keras trains it here. Then NumPy makes the same forecast from the weights.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

from keras_by_hand import lstm

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# The sum of two sines. With ``return_sequences``, the layer learns to predict
# the next value at each step of a window.

t = np.arange(312)
series = np.sin(2 * np.pi * t / 24) + 0.5 * np.sin(2 * np.pi * t / 7.3)
known, future = np.split(np.float32(series), [288])
windows = np.lib.stride_tricks.sliding_window_view(known, 25)[::4]
windows = windows[..., np.newaxis]  # (batch, steps, features)

model = keras.Sequential([keras.Input((None, 1))])  # (steps, features)
model.add(keras.layers.LSTM(16, return_sequences=True))
model.add(keras.layers.Dense(1))
model.compile(keras.optimizers.Adam(0.05), loss="mse")
model.fit(windows[:, :-1], windows[:, 1:], epochs=20, verbose=0)
weights = model.get_weights()


def keras_forecast(series, count, dtype="float32"):
    lstm = keras.layers.LSTM(16, return_state=True, dtype=dtype)
    dense = keras.layers.Dense(1, dtype=dtype)
    lstm.build((1, None, 1))
    dense.build((1, 16))
    lstm.set_weights(weights[:3])
    dense.set_weights(weights[3:])
    y, *states = lstm(series.reshape(1, -1, 1))  # (batch, steps, features)
    forecast = []
    for _ in range(count):
        x = dense(y)  # (batch, 1)
        forecast.append(keras.ops.convert_to_numpy(x).item())
        y, *states = lstm(x[:, np.newaxis], initial_state=states)
    return np.array(forecast)


# %%
# Compute it
# ----------


def lstm_forecast(
    series, count, kernel, recurrent_kernel, bias, dense_kernel, dense_bias
):
    """The next values of a series, by an LSTM of one feature and a Dense layer.

    series: (steps,), count: how many values; the weights as in Keras.
    """
    weights = kernel, recurrent_kernel, bias
    y, *states = lstm(series.reshape(1, -1, 1), *weights, return_state=True)
    forecast = []
    for _ in range(count):
        x = y @ dense_kernel + dense_bias  # (batch, 1)
        forecast.append(x.item())
        x = x[:, np.newaxis]  # (batch, steps, features)
        y, *states = lstm(x, *weights, initial_state=states, return_state=True)
    return np.array(forecast)


# %%
# Check it
# --------
# A rounding error is fed back, too. Does it grow? Move the last known value by
# a millionth: by how many millionths does the forecast move? If by more than
# one, the tolerance grows as much.

weights64 = [weight.astype("float64") for weight in weights]
start = known[-48:].astype("float64")
forecast = lstm_forecast(start, 24, *weights64)
moved = start.copy()
moved[-1] += 1e-6
change = np.abs(lstm_forecast(moved, 24, *weights64) - forecast)
growth = np.max(change) / 1e-6
print(f"the forecast moves by {growth:.2f} millionths")
tensorflow = keras.backend.backend() == "tensorflow"
for dtype in ["float32", "float64"] if tensorflow else ["float32"]:
    tolerance = max(1, growth) * 1000 * np.finfo(dtype).eps
    actual = keras_forecast(known[-48:], 24, dtype)
    np.testing.assert_allclose(actual, forecast, tolerance, tolerance)

# %%
# Break it
# --------
# Would you feed each prediction to the layer alone? Without ``initial_state``
# the states begin with zeros each time, and the layer knows one value only.

wrong, x = [], forecast[:1]
for _ in range(24):
    wrong.append(x.item())
    x = lstm_forecast(x, 1, *weights64)
for name, values in (("with", forecast), ("without", wrong)):
    error = np.sqrt(np.mean((values - future) ** 2))
    print(f"{name} states, the typical error is {error:.2f}")
assert not np.allclose(forecast, wrong)

# %%
# See it
# ------
# The model has not seen the future (dots).

fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.plot(t[240:288], known[-48:], color="gray", label="known")
axis.plot(t[288:], future, ".", color="gray", label="future")
axis.plot(t[288:], forecast, "C0", label="forecast")
axis.plot(t[288:], wrong, "C1--", label="without states")
axis.set(title="A forecast of 24 steps, each from the one before", xlabel="t")
axis.legend(loc="lower left")
plt.show()
