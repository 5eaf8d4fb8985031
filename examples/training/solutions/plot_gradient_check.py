"""Gradient checking: hints and solutions."""

# %%
# Compute the quotient as for a single weight, but move by ``h * direction``.
# (By the chain rule, the answer is the sum of gradient times direction: one
# number to compare, for all weights.)


def slope_along(function, array, direction, h=1e-4):
    up = function(array + h * direction)
    down = function(array - h * direction)
    return (up - down) / (2 * h)


for shape in [(4,), (2, 3)]:
    fresh, direction = rng.uniform(1, 2, size=(2, *shape))
    found = slope_along(lambda a: np.sum(a**3), fresh, direction)
    np.testing.assert_allclose(found, np.sum(3 * fresh**2 * direction), 1e-5)
