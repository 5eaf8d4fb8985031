"""Learning rate: hints and solutions."""

# %%
# Start from ``second``. With one unit, how many errors does the loss average?
# Inputs ten times as large have a bound a hundred times as small.


def bound_of(x):
    second = 2 * x.T @ x / len(x)  # one error for each sample
    return 2 / np.linalg.eigvalsh(second)[-1]


for size in [(5, 2), (9, 4)]:
    fresh = np.random.default_rng().normal(size=size)
    curvature = 2 * np.linalg.norm(fresh, 2) ** 2 / len(fresh)
    assert np.isclose(bound_of(fresh) * curvature, 2)
    assert np.isclose(bound_of(10 * fresh) * 100 * curvature, 2)

# %%
# Rate number ``i`` of the rising ones is ``rate`` times ``i / warm_steps``.
# ``np.concatenate`` puts two arrays behind one another.


def warm(rate, warm_steps, steps):
    rising = rate * np.arange(warm_steps) / warm_steps
    return np.concatenate([rising, falling(rate, steps)])


for rate, warm_steps, steps in [(0.5, 4, 10), (2.0, 5, 7)]:
    of_keras = keras.optimizers.schedules.CosineDecay(
        0.0, steps, warmup_target=rate, warmup_steps=warm_steps
    )
    expected = [float(of_keras(step)) for step in range(warm_steps + steps)]
    np.testing.assert_allclose(
        warm(rate, warm_steps, steps), expected, rtol=1e-4, atol=1e-6
    )
