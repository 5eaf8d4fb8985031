"""Find the bugs, attention with a mask: hints and solutions."""

# %%
# Which weight does a score of 0 get? Which score gets a weight of 0?


def right(query, value, mask):
    scores = query @ value.swapaxes(1, 2)
    scores = np.where(mask[:, np.newaxis], scores, -np.inf)
    powers = np.exp(scores)
    weights = powers / powers.sum(axis=-1, keepdims=True)
    return weights @ value, weights


for seen in (mask, mask[:, ::-1], ~mask):
    tensors = layer(inputs, mask=[None, seen], return_attention_scores=True)
    for by_hand, tensor in zip(right(query, value, seen), tensors):
        np.testing.assert_allclose(by_hand, tensor, rtol=1e-4, atol=1e-4)

# %%
# ``np.exp`` overflows for large numbers. Softmax stays the same if you subtract
# one number from all scores of a query. Which number makes the largest power 1?


def safe(query, value, mask):
    scores = query @ value.swapaxes(1, 2)
    scores = np.where(mask[:, np.newaxis], scores, -np.inf)
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = powers / powers.sum(axis=-1, keepdims=True)
    return weights @ value, weights


for size in (1, 1000, -1000):
    tensor = layer([size * query, value], mask=[None, mask])
    by_hand, _ = safe(size * query, value, mask)
    np.testing.assert_allclose(by_hand, tensor, rtol=1e-3, atol=1e-3)

# %%
# The largest score is then minus infinity, and minus infinity less minus
# infinity is nan. Multiply the powers by the mask instead, and mind the sum.


def careful(query, value, mask):
    scores = query @ value.swapaxes(1, 2)
    scores = np.where(mask[:, np.newaxis], scores, -1e9)
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    powers = powers * mask[:, np.newaxis]
    total = powers.sum(axis=-1, keepdims=True)
    weights = powers / np.where(total > 0, total, 1)
    return weights @ value, weights


for seen in (mask, np.zeros_like(mask)):
    output, found = careful(query, value, seen)
    shares = seen.any() * attention_weights
    np.testing.assert_allclose(found, shares, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(output, shares @ value, rtol=1e-4, atol=1e-4)
