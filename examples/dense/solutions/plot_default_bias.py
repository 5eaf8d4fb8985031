"""Dense with its default bias: hints and solutions."""

# %%
# ``np.column_stack`` puts columns side by side, and ``np.vstack`` puts rows on
# top of one another. What is the new feature multiplied by?


def widen(x):
    return np.column_stack([x, np.ones(len(x))])  # (batch, features + 1)


def stack(kernel, bias):
    return np.vstack([kernel, bias])  # (features + 1, units)


for samples, features, units in [(10, 2, 5), (7, 3, 4)]:
    inputs = rng.integers(-9, 10, size=(samples, features))
    weights = rng.integers(-9, 10, size=(features, units))
    shifts = rng.integers(-9, 10, size=units)
    product = widen(inputs) @ stack(weights, shifts)
    np.testing.assert_array_equal(product, inputs @ weights + shifts)

# %%
# Three features go in: ``np.column_stack([x_train, np.ones(10)])``. All else is
# as in "Build it", but for ``use_bias=False``.

wide = np.column_stack([x_train, np.ones(10)])  # (batch, features + 1)
biasless = keras.layers.Dense(5, use_bias=False)
model_of_three = keras.Sequential([biasless])
rule = keras.optimizers.SGD(learning_rate=0.7)
model_of_three.compile(rule, loss="mse")
for _ in range(40):
    model_of_three.train_on_batch(wide, targets)
# The third row of its kernel has found the bias of the targets.
for rows, wanted in [([0, 1], kernel), ([2], [bias_of_targets])]:
    (found,) = biasless.get_weights()
    np.testing.assert_allclose(found[rows], wanted, atol=0.1)
