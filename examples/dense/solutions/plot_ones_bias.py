"""Bias: hints and solutions."""

# %%
# The bias moves the mean of a unit as far as it moves each of its entries.


def centered_bias(x, kernel):
    return -np.mean(x @ kernel, axis=0)


for size in (3, 8):
    fresh = rng.integers(-9, 9, size=(size, 2))
    shifted = fresh @ kernel + centered_bias(fresh, kernel)
    assert shifted.shape == (size, 5)
    np.testing.assert_allclose(shifted.mean(axis=0), 0, atol=1e-9)

# %%
# Which input makes the product zero, whatever the kernel is?


def bias_of(model):
    return model.predict(np.zeros((1, 2)), verbose=0)[0]


for wanted in ([1, -2, 3, -4, 5], [7, 0, 0, 9, -1]):
    dense.set_weights([3 * kernel, np.array(wanted)])
    np.testing.assert_array_equal(bias_of(model), np.array(wanted))
