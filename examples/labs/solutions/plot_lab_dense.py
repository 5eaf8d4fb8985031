"""Find the bug, three Dense layers: hints and solutions."""

# %%
# Feed each function what Keras' layer was fed, not what the function before it
# returned. ``zip(functions, stages, stages[1:])`` gives you all that belongs
# together. (For the port: ``lambda x: first(x, kernel_1, bias_1)``, and so on.)


def bad(functions, stages):
    return [
        not np.array_equal(function(fed), wanted)
        for function, fed, wanted in zip(functions, stages, stages[1:])
    ]


def ported_first(x):
    return first(x, kernel_1, bias_1)


def ported_second(x):
    return second(x, kernel_2, bias_2)


def ported_third(x):
    return third(x, kernel_3, bias_3)


# The third layer is right: it only had wrong numbers to work with.
print(bad([ported_first, ported_second, ported_third], [x, h_1, h_2, y]))

for stages, wanted in [
    ([[3, -4], [3, 4], [9, 16], [9, 4]], [False, False, True]),
    ([[1, 2], [1, 3], [1, 9], [3, 9]], [True, False, True]),
    ([[2, 5], [2, 4]], [True]),
]:
    functions = [np.abs, np.square, np.sqrt][: len(wanted)]
    np.testing.assert_array_equal(bad(functions, stages), wanted)

# %%
# Change one step of ``x``. Which steps of the output change, and which should?
# Which axis of the array on its right does ``@`` add up over?


def right_first(x, kernel, bias):
    return np.maximum(0, x @ kernel + bias)  # kernel.T @ x adds up over steps


for shape in [(3, 4, 4), (2, 7, 4), (5, 4)]:
    fresh = rng.integers(-9, 10, size=shape)
    wanted = keras.ops.convert_to_numpy(layers[0](np.float32(fresh)))
    np.testing.assert_array_equal(right_first(fresh, kernel_1, bias_1), wanted)

# %%
# Feed it ``h_1``. The first mistake leaves few entries right: does the bias
# belong to a unit, or to a step? Then look where the rest is wrong. Can a layer
# that ends in relu return what is below zero?


def right_second(x, kernel, bias):
    # With the bias along the steps, nearly all is wrong. Once it is along the
    # units, what is left are the entries where one of the sums is below zero.
    return np.maximum(0, x @ kernel + bias)


for shape in [(3, 4, 4), (2, 7, 4), (5, 4)]:
    fresh = rng.integers(-9, 10, size=shape)
    wanted = keras.ops.convert_to_numpy(layers[1](np.float32(fresh)))
    np.testing.assert_array_equal(right_second(fresh, kernel_2, bias_2), wanted)
