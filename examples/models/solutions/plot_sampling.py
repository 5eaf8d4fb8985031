"""Temperature, top-k and top-p: hints and solutions."""

# %%
# Compute all probabilities first. Which of them are too small? What must happen
# to the others, once these are 0?


def min_p(logits, share):
    p = softmax(logits)
    p = np.where(p >= share * np.max(p, axis=-1, keepdims=True), p, 0)
    return p / np.sum(p, axis=-1, keepdims=True)


for share, expected in [(0.6, [0, 4, 0, 3]), (0.4, [2, 4, 0, 3])]:
    found = min_p(np.log([[2.0, 4.0, 1.0, 3.0]]), share)[0]
    np.testing.assert_allclose(found, expected / np.sum(expected), atol=1e-9)

# %%
# ``np.log(0)`` is minus infinity, and 0 times that is nan. Give the logarithm a
# 1 wherever the probability is 0.


def entropy(p):
    return -np.sum(p * np.log(np.where(p > 0, p, 1)), axis=-1)


for equal in (1, 2, 6, 30):  # as many words, all as likely
    p = np.where(np.arange(30) < equal, 1 / equal, 0)
    np.testing.assert_allclose(entropy(p), np.log(equal), atol=1e-9)
