"""Residual networks: hints and solutions."""

# %%
# Two gradients meet at ``x``: the one of the shortcut, and the one that comes
# back through ``second``, the slope of relu, and ``first``.


def x_gradient(x, first, second, y_gradient):
    slope = x @ first > 0
    return y_gradient + (y_gradient @ second.T * slope) @ first.T


rng = np.random.default_rng(7)
for units in (3, 5):  # the slope of the sum of all outputs, along a direction
    first, second = rng.normal(size=(4, units)), rng.normal(size=(units, 4))
    x_any, along = rng.normal(size=(2, 2, 4))
    found = np.sum(along * x_gradient(x_any, first, second, np.ones((2, 4))))
    ends_of = [x_any + 1e-6 * along, x_any - 1e-6 * along]
    up, down = [np.sum(x + np.maximum(0, x @ first) @ second) for x in ends_of]
    np.testing.assert_allclose(found, (up - down) / 2e-6, rtol=1e-4)
