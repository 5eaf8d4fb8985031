"""Dense without a bias: hints and solutions."""

# %%
# A row and a column have the same length. Multiply the first entry by the
# first, the second by the second, and so on. What is left to do with the
# products?


def entry(x, kernel, sample, unit):
    return np.sum(x[sample] * kernel[:, unit])


for sample, unit in [(3, 4), (0, 2), (9, 0)]:
    fresh_x, fresh = rng.integers(1, 9, size=(2, 10, 10))
    product = fresh_x @ fresh
    assert entry(fresh_x, fresh, sample, unit) == product[sample, unit]
    assert entry(x, kernel, sample, unit) == y[sample, unit]

# %%
# The two layers are one formula, ``(x @ kernel) @ second``. Where else may the
# brackets stand?

second = rng.integers(-9, 9, size=(5, 3))  # (units of the first, of the second)
both = kernel @ second  # (features, units of the second)
for samples in (x, rng.integers(-9, 9, size=(4, 2))):
    np.testing.assert_array_equal(samples @ both, (samples @ kernel) @ second)
