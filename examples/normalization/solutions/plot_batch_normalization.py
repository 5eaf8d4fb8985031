"""BatchNormalization: hints and solutions."""

# %%
# Multiply out the brackets in the equation. What stands before ``x``, and what
# is left? (So a convolution before this layer can do its work: its kernel takes
# the factor, and its bias the shift.)


def folded(gamma, beta, mean, variance):
    factor = gamma / np.sqrt(variance + epsilon)
    return factor, beta - factor * mean


for numbers in np.random.default_rng(1).uniform(0.5, 2, size=(3, 4, 5)):
    g, b, m, v = numbers
    factor, shift = folded(g, b, m, v)
    wanted = g * (3 - m) / np.sqrt(v + epsilon) + b
    np.testing.assert_allclose(3 * factor + shift, wanted)
