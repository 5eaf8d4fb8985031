"""MaxPooling1D, MaxPooling2D, MaxPooling3D: hints and solutions."""

# %%
# Which of some numbers is the smallest, if all of them change their sign?


def smallest(x):
    return -max_pooling2d(-x)


for seed in range(2):
    many = np.random.default_rng(seed).normal(size=(2, 4, 6, 1))
    found = np.min(many.reshape(2, 2, 2, 3, 2, 1), axis=(2, 4))
    np.testing.assert_array_equal(smallest(many), found)
