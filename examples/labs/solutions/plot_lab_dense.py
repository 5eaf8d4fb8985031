"""Find the bug, two Dense layers: hints and solutions."""

# %%
# A square kernel fits both ways. In which order does Keras keep its axes? Then
# look at the samples in which the output is still wrong: are there negative
# numbers, which ``relu`` should have removed?


def right_first(x, kernel, bias):
    return np.maximum(0, x @ kernel + bias)


for samples in (x, -x, x[::-1] + 1):
    right = first_layer.predict(samples, verbose=0)
    np.testing.assert_array_equal(right_first(samples, kernel_1, bias_1), right)

# %%
# Outputs are wrong where the product is negative. Does this layer have an
# activation?


def right_second(h, kernel, bias):
    return h @ kernel + bias


for samples in (x, -x, x[::-1] + 1):
    hidden_1 = first_layer.predict(samples, verbose=0)
    right = model.predict(samples, verbose=0)
    np.testing.assert_array_equal(
        right_second(hidden_1, kernel_2, bias_2), right
    )

# %%
# ``enumerate(zip(ported, right))`` gives each index with its two arrays.
# ``np.array_equal`` says whether they are equal.


def first_wrong(ported, right):
    for index, (ours, theirs) in enumerate(zip(ported, right)):
        if not np.array_equal(ours, theirs):
            return index
    return None


for place in (0, 1, 2, None):
    right = [rng.normal(size=(3, 2)) for _ in range(3)]
    ours = [array + (index == place) for index, array in enumerate(right)]
    assert first_wrong(ours, right) == place
