"""Find the bug, two Dense layers: hints and solutions."""

# %%
# A square kernel fits both ways. In which order does Keras keep its axes?


def right_first(x, kernel, bias):
    return np.maximum(0, x @ kernel + bias)


np.testing.assert_array_equal(right_first(x, kernel_1, bias_1), h)

# %%
# Only outputs below zero are wrong. Does this layer have an activation?


def right_second(h, kernel, bias):
    return h @ kernel + bias


np.testing.assert_array_equal(right_second(h, kernel_2, bias_2), y)
