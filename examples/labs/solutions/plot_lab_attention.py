"""Find the bug, attention with a mask: hints and solutions."""

# %%
# What does softmax make of a score of 0? Which score would it make 0 of?


def right(query, value, mask):
    scores = query @ value.swapaxes(1, 2)
    scores = np.where(mask[:, np.newaxis], scores, -np.inf)
    powers = np.exp(scores)
    weights = powers / powers.sum(axis=-1, keepdims=True)
    return weights @ value, weights


np.testing.assert_allclose(right(query, value, mask)[0], y, 1e-4, 1e-4)

# %%
# ``np.exp`` overflows. Softmax stays the same if you subtract one number from
# all scores of a query. Which number makes the largest power 1?


def safe(query, value, mask):
    scores = query @ value.swapaxes(1, 2)
    scores = np.where(mask[:, np.newaxis], scores, -np.inf)
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = powers / powers.sum(axis=-1, keepdims=True)
    return weights @ value, weights


large = 100 * query
assert np.all(np.isfinite(safe(large, value, mask)[0]))
