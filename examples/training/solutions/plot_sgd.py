"""SGD: hints and solutions."""

# %%
# A step multiplies ``w[1]`` by 1 minus 16 times the learning rate. Which factor
# only turns the sign?

bound = 2 / 16
assert np.all(keras_sgd([bound] * 2)[:, 1] == [-2, 2])

# %%
# At the end the velocity no longer changes: put the same letter on both sides
# of its equation.

limit = -1 / (1 - 0.9)  # steps are ten times as long
velocity = 0
for _ in range(500):
    velocity = 0.9 * velocity - 1
assert np.isclose(velocity, limit)
