"""Softmax and cross-entropy: hints and solutions."""

# %%
# Begin with zeros, (batch, classes). Which entry of each row becomes 1?


def one_hot(labels, classes):
    rows = np.zeros((len(labels), classes))
    rows[np.arange(len(labels)), labels] = 1
    return rows


for labels, classes in [([2, 0], 3), ([1, 1, 3], 5)]:
    found = one_hot(labels, classes)
    np.testing.assert_array_equal(found, np.eye(classes)[labels])

# %%
# Each probability is ``1 / classes``. Only that of the right class counts.


def guess_loss(classes):
    return np.log(classes)


for classes in (2, 10, 1000):
    np.testing.assert_allclose(np.exp(-guess_loss(classes)), 1 / classes)
