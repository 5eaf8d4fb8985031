"""gelu: hints and solutions."""

# %%
# gelu is a product of x and Phi. Its derivative has two terms.


def slope(x):
    probability = (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2
    return probability + x * np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)


for points in (np.linspace(-3, 3, 7), np.array([0.1, 5.0])):
    measured = (gelu(points + 1e-5) - gelu(points - 1e-5)) / 2e-5
    np.testing.assert_allclose(slope(points), measured, atol=1e-6)

# %%
# Compute gelu of many numbers, close together. Or find where ``slope`` is 0.

fine = np.linspace(-2, 0, 200_001)
lowest = fine[np.argmin(gelu(fine))]
for distance in (-0.002, 0.002):
    assert gelu(lowest) < gelu(lowest + distance)
