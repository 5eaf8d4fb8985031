"""Dense on the last axis: hints and solutions."""

# %%
# Images have two more axes than the rows of ``a``: give each a letter. A letter
# that is missing behind the arrow is summed over. And don't forget the bias.


def dense_of_images(x, kernel, bias):
    return np.einsum("brcf,fu->brcu", x, kernel) + bias


for rows, columns, features, units in [(3, 4, 5, 2), (4, 2, 3, 3)]:
    images = rng.integers(-9, 10, size=(2, rows, columns, features))
    weights = rng.integers(-9, 10, size=(features, units))
    shifts = rng.integers(-9, 10, size=units)
    wanted = images @ weights + shifts
    found = dense_of_images(images, weights, shifts)
    np.testing.assert_array_equal(found, wanted)

# %%
# A unit of the first step must not see the features of the second. What are the
# weights between them? Start from ``np.zeros``, and write the kernel into it
# once for each step.


def as_one(kernel, steps):
    features, units = kernel.shape
    large = np.zeros((steps * features, steps * units))
    for step in range(steps):
        first, unit = step * features, step * units
        large[first : first + features, unit : unit + units] = kernel
    return large  # nearly all zeros: sharing a kernel saves weights


for steps, features, units in [(20, 30, 1), (4, 3, 2), (2, 2, 5)]:
    sequences = rng.integers(-9, 10, size=(6, steps, features))
    weights = rng.integers(-9, 10, size=(features, units))
    wanted = (sequences @ weights).reshape(6, steps * units)
    found = sequences.reshape(6, -1) @ as_one(weights, steps)
    np.testing.assert_array_equal(found, wanted)
