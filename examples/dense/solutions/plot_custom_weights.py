"""set_weights and get_weights: hints and solutions."""

# %%
# Take both arrays out of the layer, turn one of them around, and put both back
# in the same order.

held_kernel, held_bias = dense.get_weights()
dense.set_weights([held_kernel.T, held_bias])
np.testing.assert_array_equal(model.predict(x, verbose=0), y)

# %%
# Which matrix changes no row? ``np.eye`` makes it.

same = np.eye(3)
nothing = np.zeros(3)
dense.set_weights([same, nothing])
np.testing.assert_array_equal(model.predict(x, verbose=0), x)
