"""Gradient of a Dense layer: hints and solutions."""

# %%
# The loss is ``np.mean(error**2)``. Seen as a function of one weight it is a
# parabola. What is the slope between two points of a parabola, as far to the
# left as to the right?

move = np.zeros((3, 4))  # (features, units)
move[1, 2] = 1
above = np.mean((x @ (kernel + move) + bias - target) ** 2)
below = np.mean((x @ (kernel - move) + bias - target) ** 2)
# ((w + 1)² - (w - 1)²) / 2 is 2 w, the slope of w² at w: in the difference, the
# squares cancel.
assert (above - below) / 2 == kernel_gradient[1, 2]

# %%
# Unit ``u`` has the weights ``kernel[:, u]``: if ``x[0, f]`` grows a little,
# ``y[0, u]`` grows ``kernel[f, u]`` times as much.

first = np.zeros(3)  # (features,)
for unit in range(4):
    first += y_gradient[0, unit] * kernel[:, unit]
np.testing.assert_array_equal(first, x_gradient[0])
