"""Dense with its default bias: hints and solutions."""

# %%
# ``np.concatenate`` joins matrices: along axis 0 it puts their rows on
# top of one another, along axis 1 their columns side by side. What is the new
# feature multiplied by?


def widen(x):
    return np.concatenate([x, np.ones((len(x), 1))], axis=1)


def stack(kernel, bias):
    return np.concatenate([kernel, [bias]], axis=0)  # (features + 1, units)


for samples, features, units in [(10, 2, 5), (7, 3, 4)]:
    inputs = rng.integers(-9, 10, size=(samples, features))
    weights = rng.integers(-9, 10, size=(features, units))
    shifts = rng.integers(-9, 10, size=units)
    product = widen(inputs) @ stack(weights, shifts)
    np.testing.assert_array_equal(product, inputs @ weights + shifts)

# %%
# All is as in "Build it", but for ``use_bias=False``. Targets of three columns
# need three units.


def learned(wide, targets):
    layer = keras.layers.Dense(targets.shape[1], use_bias=False)
    model = keras.Sequential([layer])
    model.compile(keras.optimizers.SGD(learning_rate=0.7), loss="mse")
    for _ in range(60):
        model.train_on_batch(wide, targets)
    return layer.get_weights()[0]  # its last row is the bias of the targets


for units in (5, 3):
    wide = np.column_stack([x_train, np.ones(10)])  # (batch, features + 1)
    tall = rng.integers(-5, 6, size=(3, units))  # a kernel, and a bias below it
    np.testing.assert_allclose(learned(wide, wide @ tall), tall, atol=0.2)
