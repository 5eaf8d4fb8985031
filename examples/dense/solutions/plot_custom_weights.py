"""set_weights and get_weights: hints and solutions."""

# %%
# ``get_weights`` returns a kernel and a bias. Which of them has to change
# before you set both?


def mend(layer):
    wrong_kernel, its_bias = layer.get_weights()
    layer.set_weights([wrong_kernel.T, its_bias])


for factor in (1, 2):
    dense.set_weights([factor * kernel.T, factor * bias])
    assert mend(dense) is None
    np.testing.assert_array_equal(model.predict(x, verbose=0), factor * y)

# %%
# Each unit has to take one feature once, and no other. Which matrix does that?


def copying(features):
    return [np.eye(features), np.zeros(features)]


for features in (2, 5):
    copies = keras.layers.Dense(features)
    fresh = rng.integers(-9, 10, size=(4, features))
    copies.build((None, features))
    copies.set_weights(copying(features))
    answer = keras.ops.convert_to_numpy(copies(fresh))
    np.testing.assert_array_equal(answer, fresh)
