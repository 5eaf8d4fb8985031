"""Initializers: a hint and a solution."""

# %%
# The fan is the mean of features and units, so the variance is
# ``2 / (features + units)``. Which ``a`` has that as its ``a**2 / 3``?


def glorot(features, units, rng):
    a = np.sqrt(6 / (features + units))
    return rng.uniform(-a, a, (features, units))


for features, units in [(100, 300), (400, 200)]:
    found = glorot(features, units, np.random.default_rng(1))
    assert found.shape == (features, units) and abs(found.mean()) < 0.005
    a = np.sqrt(6 / (features + units))
    np.testing.assert_allclose(np.max(np.abs(found)), a, rtol=0.01)
    np.testing.assert_allclose(found.var(), a**2 / 3, rtol=0.05)
