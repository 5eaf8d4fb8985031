"""Find the bug, an LSTM: hints and solutions."""

# %%
# ``np.abs(a - b) > 1e-4`` says where they differ. Which axes do not matter?


def first_difference(a, b):
    differ = np.any(np.abs(a - b) > 1e-4, axis=(0, 2))  # (steps,)
    return int(np.argmax(differ)) if np.any(differ) else None


for batch, steps, step in [(1, 5, 0), (2, 7, 3), (3, 4, None)]:
    a = rng.normal(size=(batch, steps, 2))
    b = a + 1e-6
    if step is not None:
        b[-1, step, 1] += 1
        b[0, -1] -= 1
    assert first_difference(a, b) == step

# %%
# In the first step, only z counts: does each gate use its own part of z? With
# that mended, the first step is right, and the second is not. The first step
# cannot tell the two states apart, as both are 0. The second can.


def right(x, kernel, recurrent_kernel, bias):
    h = c = np.zeros((len(x), len(recurrent_kernel)))
    outputs = []
    for t in range(x.shape[1]):
        z = x[:, t] @ kernel + h @ recurrent_kernel + bias
        z_i, z_f, z_g, z_o = np.split(z, 4, axis=-1)
        c = sigmoid(z_f) * c + sigmoid(z_i) * np.tanh(z_g)
        h = sigmoid(z_o) * np.tanh(c)
        outputs.append(h)
    return np.stack(outputs, axis=1)


for units, steps in [(2, 9), (3, 4)]:
    other = keras.layers.LSTM(units, return_sequences=True)
    fresh = rng.normal(size=(2, steps, 3)).astype("float32")
    expected = keras.ops.convert_to_numpy(other(fresh))
    found = right(fresh, *other.get_weights())
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
