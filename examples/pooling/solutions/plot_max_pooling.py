"""MaxPooling1D, MaxPooling2D, MaxPooling3D: hints and solutions."""

# %%
# Which of some numbers is the smallest, if all of them change their sign?

smallest = -max_pooling2d(-x)
np.testing.assert_array_equal(smallest, windows.min(axis=(2, 4)))

# %%
# An output of the second pooling sees three windows in a row. Each of them is 3
# long, and begins two pixels after the one before. How long are they together?
# How many pixels further does its neighbour begin?

big = rng.normal(size=(1, 19, 23, 1))
twice = big
for _ in range(2):
    twice = max_pooling2d(twice, pool_size=3, strides=2)
once = max_pooling2d(big, pool_size=3 + 2 * 2, strides=2 * 2)
np.testing.assert_array_equal(once, twice)
