"""LSTM: hints and solutions."""

# %%
# Solve 1 / (1 + exp(-b)) = 0.99 for b.

b = np.log(0.99 / 0.01)
assert np.isclose(sigmoid(b), 0.99)

# %%
# Only the cell state still remembers the steps before. Which gate keeps it, and
# which columns of the bias belong to that gate?

U = 0 * recurrent_kernel
blind = bias.copy()  # i, i, f, f, g, g, o, o
blind[2:4] = -100
one = read_sequence(x[:, -1:], kernel, U, blind)[0]
every = read_sequence(x, kernel, U, blind)[0]
assert np.allclose(every, one) and not np.allclose(one, 0)
