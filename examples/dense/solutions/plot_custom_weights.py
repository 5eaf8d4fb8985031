"""set_weights and get_weights: hints and solutions."""

# %%
# ``weights`` is a list of two arrays, in the order in which you must return
# them. Only one of them has to be turned round.


def mended(weights):
    return [weights[0].T, weights[1]]  # the kernel is the first of the two


for features, units in [(3, 3), (4, 2)]:
    table = rng.integers(-9, 10, size=(units, features))
    shifts = rng.integers(-9, 10, size=units)
    batch = rng.integers(-9, 10, size=(5, features)).astype("float32")
    layer = keras.layers.Dense(units)
    layer(batch)  # builds it
    layer.set_weights(mended([table, shifts]))
    output = keras.ops.convert_to_numpy(layer(batch))
    np.testing.assert_array_equal(output, batch @ table.T + shifts)

# %%
# What belongs to a unit? Both its column of the kernel and its entry of the
# bias have to move. ``kernel[:, [0, 2]]`` is a copy of two columns.


def exchanged(weights, first, second):
    new_kernel, new_bias = np.copy(weights[0]), np.copy(weights[1])
    new_kernel[:, [first, second]] = new_kernel[:, [second, first]]
    new_bias[[first, second]] = new_bias[[second, first]]
    return [new_kernel, new_bias]


for features, first, second, order in [
    (3, 0, 2, [2, 1, 0, 3, 4]),
    (6, 4, 1, [0, 4, 2, 3, 1]),
]:
    batch = rng.integers(-9, 10, size=(4, features)).astype("float32")
    layer = keras.layers.Dense(5, bias_initializer="normal")
    before = keras.ops.convert_to_numpy(layer(batch))
    layer.set_weights(exchanged(layer.get_weights(), first, second))
    after = keras.ops.convert_to_numpy(layer(batch))
    np.testing.assert_allclose(after, before[:, order], rtol=1e-4, atol=1e-4)
