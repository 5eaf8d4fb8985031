"""Find the bug, an LSTM: hints and solutions."""

# %%
# The first output is 0. Which factor of it is 0 in the first step? The output
# must show the new cell state.


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


np.testing.assert_allclose(right(x, *weights), y, 1e-4, 1e-4)
