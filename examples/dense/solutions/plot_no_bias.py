"""Dense without a bias: hints and solutions."""

# %%
# Row ``sample`` of ``x`` and column ``unit`` of the kernel are equally long. Go
# through both at once, and keep a sum.


def entry(x, kernel, sample, unit):
    total = 0
    for feature in range(len(kernel)):
        total += x[sample, feature] * kernel[feature, unit]
    return total


for shape in [(4, 3), (2, 6)]:
    inputs = rng.integers(-99, 100, size=(5, shape[0]))
    weights = rng.integers(-99, 100, size=shape)
    for sample, unit in [(0, 1), (3, 0)]:
        wanted = (inputs @ weights)[sample, unit]
        assert entry(inputs, weights, sample, unit) == wanted

# %%
# The two layers are one formula, ``(x @ first) @ second``. Where else may the
# brackets stand?


def joined(first, second):
    return first @ second  # (features, units of the second)


for features, hidden, units in [(2, 5, 3), (4, 3, 3), (3, 3, 1)]:
    first = rng.integers(-9, 10, size=(features, hidden))
    second = rng.integers(-9, 10, size=(hidden, units))
    inputs = rng.integers(-9, 10, size=(6, features))
    wanted = inputs @ first @ second
    np.testing.assert_array_equal(inputs @ joined(first, second), wanted)

# %%
# What must the first sample be, so that the first row of the kernel counts
# once, and the second one not at all?

probe = np.array([[1, 0], [0, 1]])  # (batch, features)
for weights in (kernel, rng.normal(size=(2, 3)), rng.normal(size=(2, 2))):
    np.testing.assert_array_equal(probe @ weights, weights)
