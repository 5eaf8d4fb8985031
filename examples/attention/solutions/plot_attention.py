"""Attention: hints and solutions."""

# %%
# All scores are zero, so all keys get the same share of 1.


def same(value):
    return np.mean(value, axis=1)


for values in (value, np.arange(24.0).reshape(2, 4, 3) ** 2):
    keys = np.sin(np.arange(8 * values.shape[1])).reshape(2, -1, 4)
    of_keras = layer([np.zeros((2, 1, 4)), values, keys])
    np.testing.assert_allclose(same(values), of_keras[:, 0], 1e-4, 1e-4)

# %%
# ``np.tri`` makes the causal mask. Which earlier steps must be taken out of it?
# Its argument ``k`` moves the diagonal.


def window(steps, width):
    return np.tri(steps, dtype=bool) & ~np.tri(steps, k=-width, dtype=bool)


for steps, width in [(5, 2), (7, 3), (4, 1)]:
    for query_step, row in enumerate(window(steps, width)):
        seen_steps = list(range(max(0, query_step - width + 1), query_step + 1))
        np.testing.assert_array_equal(np.flatnonzero(row), seen_steps)
