"""Dense on the last axis: hints and solutions."""

# %%
# Use the letters b, s, f and u. Which of them must be missing on the right
# side, as it is summed over?


def by_einsum(x, kernel, bias):
    return np.einsum("bsf,fu->bsu", x, kernel) + bias


for steps, units in [(4, 3), (2, 5)]:
    fresh, matrix = rng.normal(size=(6, steps, 7)), rng.normal(size=(7, units))
    shift = rng.normal(size=units)
    found = by_einsum(fresh, matrix, shift)
    np.testing.assert_allclose(found, fresh @ matrix + shift)

# %%
# Loop over the steps, as in "Compute it". Or give the second array of einsum
# one letter more: it stands on the right side, too, so it is not summed over.


def own_kernels(x, kernels):
    return np.einsum("bsf,sfu->bsu", x, kernels)


for steps, units in [(4, 3), (2, 5)]:
    fresh = rng.normal(size=(6, steps, 7))
    matrices = rng.normal(size=(steps, 7, units))
    found = own_kernels(fresh, matrices)
    for step in range(steps):
        by_hand = fresh[:, step] @ matrices[step]
        np.testing.assert_allclose(found[:, step], by_hand)
