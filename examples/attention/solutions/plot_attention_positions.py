"""Positional encoding: hints and solutions."""

# %%
# Each pair of features is a sine and a cosine of the same angle. What is the
# difference of the two angles? The dot product adds up all pairs.


def likeness(distance, divisors):
    return np.sum(np.cos(distance / divisors))


for distance in (1, 3, 20):
    of_table = 10000 ** (np.arange(0, 16, 2) / 16)
    products = sinusoidal_positions(40, 16) @ sinusoidal_positions(40, 16).T
    expected = likeness(distance, of_table)
    np.testing.assert_allclose(np.diag(products, distance), expected, atol=1e-4)

# %%
# The last pair turns slowest: after 3000 steps, its angle is 3, below pi. Its
# divisor is 1000.


def step_of(position):
    return np.round(np.arctan2(position[6], position[7]) * 1000)


for step in (0, 1, 7, 500, 2999):
    np.testing.assert_equal(step_of(sinusoidal_positions(3000, 8)[step]), step)
