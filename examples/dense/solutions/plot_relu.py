"""Dense with relu: hints and solutions."""

# %%
# ``relu`` of t rises from 0 on, for ever. Where must a second unit start to
# rise, so that taking it away makes the sum level?


def clipped(t):
    hidden = np.maximum(0, t @ np.array([[1, 1]]) + np.array([0, -2]))
    return hidden @ np.array([[1], [-1]])  # the second slope cancels the first


for fresh in (np.arange(-3.0, 9)[:, np.newaxis], rng.normal(1, 2, size=(9, 1))):
    np.testing.assert_allclose(clipped(fresh), np.clip(fresh, 0, 2), atol=1e-9)

# %%
# Let both units add the two inputs. Their sum is 0, 1 or 2, and only 1 should
# give 1. That is a graph with a bend at 1.


def xor(x):
    hidden = np.maximum(0, x @ np.array([[1, 1], [1, 1]]) + np.array([0, -1]))
    return hidden @ np.array([[1], [-2]])  # up by 1, then down by 1


for inputs in ([[0, 0], [0, 1], [1, 0], [1, 1]], [[1, 1], [0, 1], [0, 0]]):
    answers = [[0 + (a != b)] for a, b in inputs]
    np.testing.assert_array_equal(xor(np.array(inputs)), answers)
