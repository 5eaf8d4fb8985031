"""Dropout: hints and solutions."""

# %%
# ``rng.random(x.shape)`` draws numbers between 0 and 1. How many of them are at
# least as large as ``rate``? What is kept is divided by how likely that is.


def drop(x, rate, rng):
    mask = rng.random(x.shape) >= rate
    return mask * x / (1 - rate)


for rate in (0.2, 0.5, 0.75):
    many = drop(3 * np.ones(40_000), rate, np.random.default_rng(1))
    np.testing.assert_allclose(np.unique(many), [0, 3 / (1 - rate)])
    np.testing.assert_allclose(np.mean(many), 3, atol=0.2)
    other = drop(3 * np.ones(40_000), rate, np.random.default_rng(2))
    assert np.any(many != other)

# %%
# In training, the next layer saw the part ``1 - rate`` of ``h`` on average. It
# must see as much when it predicts.


def predict(h, kernel, bias, rate):
    return (1 - rate) * h @ kernel + bias


for rate, part in [(0.5, 0.5), (0.75, 0.25)]:
    found = predict(np.array([[2.0, 4.0]]), np.eye(2), np.array([7, 8]), rate)
    np.testing.assert_allclose(found, [[7 + 2 * part, 8 + 4 * part]])
