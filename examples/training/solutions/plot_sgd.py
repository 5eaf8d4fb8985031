"""SGD: hints and solutions."""

# %%
# At the end the velocity no longer changes: put the same letter on both sides
# of its equation.


def velocity_after(steps, rate, momentum):
    velocity = 0
    for _ in range(steps):
        velocity = momentum * velocity - rate
    return velocity  # comes to -rate / (1 - momentum)


for rate, momentum in [(1, 0.9), (0.5, 0.75), (2, 0.25)]:
    assert velocity_after(2, rate, momentum) == -rate * (1 + momentum)
    at_last = velocity_after(500, rate, momentum)
    assert np.isclose(at_last, -rate / (1 - momentum))

# %%
# Put the numbers in random order first. A slice may reach beyond the end of an
# array.


def random_batches(count, size, rng):
    order = rng.permutation(count)
    return [order[first : first + size] for first in range(0, count, size)]


for count, size in [(80, 12), (60, 15)]:
    rngs = map(np.random.default_rng, range(2))
    one, other = [random_batches(count, size, rng) for rng in rngs]
    lengths = [min(size, count - first) for first in range(0, count, size)]
    assert [len(batch) for batch in one] == lengths
    together = np.concatenate(one)
    np.testing.assert_array_equal(np.sort(together), np.arange(count))
    assert np.any(together != np.concatenate(other))  # random
    assert np.ptp(one[0]) > size  # not a slice of the numbers in order
