"""LSTM: hints and solutions."""

# %%
# Begin with the weights that count. An input of 1 must also shut the forget
# gate: then 1 takes the place of the old cell state.


def latch():
    kernel = np.array([[200, -200, 0, 0]])  # i, f, g, o
    return kernel, np.zeros((1, 4)), np.array([-100, 100, 100, 100])


for inputs in ([0, 0, 0], [0, 1, 0, 0, 1, 1], [1, 0, 0, 0, 0, 1, 0]):
    sequence = np.array(inputs).reshape(1, -1, 1)
    found = latch()
    _, state = read_sequence(sequence, *found)
    np.testing.assert_allclose(state, max(inputs), atol=1e-6)
    assert [np.shape(array) for array in found] == [(1, 4), (1, 4), (4,)]
    assert not np.any(found[1])  # the output takes no part in it

# %%
# Only the cell state still remembers the steps before. Which gate keeps it, and
# which columns of the bias belong to that gate?


def blind(bias):
    units = len(bias) // 4
    bias = np.array(bias, float)  # a copy
    bias[units : 2 * units] = -100  # i, f, g, o
    return bias


for units in (2, 3):
    w, b = rng.normal(size=(3, 4 * units)), rng.normal(size=4 * units)
    u = np.zeros((units, 4 * units))
    seen = read_sequence(x, w, u, blind(b))[0]
    other = read_sequence(x[:, -1:], w, u, b)[0]  # f times 0 at the first step
    np.testing.assert_allclose(seen, other, rtol=1e-6)
