"""Llama block: hints and solutions."""

# %%
# Look at the shapes of ``cache``. Each block has one of its own. Llama 3 (8B)
# has 32 blocks and 32 heads. Its 8 groups keep a quarter of what 32 would.


def cache_size(blocks, groups, size, steps):
    return 2 * blocks * groups * size * steps


assert [cache_size(1, 2, 8, 9), cache_size(32, 8, 128, 8192)] == [
    sum(kept.size for kept in cache),
    2**29,
]

# %%
# Which angle turns a point back to where it was?


def turn_back(x, steps):
    return rotate(x, -np.asarray(steps))


for steps in (np.arange(3, 8), np.arange(5)[::-1]):
    points = np.sin(np.arange(80)).reshape(2, 5, 8)
    there = rotate(points, steps)
    np.testing.assert_allclose(turn_back(there, steps), points, atol=1e-9)
