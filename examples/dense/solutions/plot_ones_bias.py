"""Bias: hints and solutions."""

# %%
# The mean of a sum is the sum of the means. What is the mean of each unit
# without a bias? Mind the axis.


def centered(x, kernel):
    return -np.mean(x @ kernel, axis=0)  # (units,)


for samples, features, units in [(10, 2, 5), (4, 3, 4), (6, 6, 6)]:
    inputs = rng.normal(3, 2, size=(samples, features))
    weights = rng.normal(size=(features, units))
    outputs = inputs @ weights + centered(inputs, weights)
    assert outputs.shape == (samples, units)
    np.testing.assert_allclose(np.mean(outputs, axis=0), 0, atol=1e-9)

# %%
# What does the model answer to zeros? And what to [1, 0], once you have taken
# the bias away?


def weights_of(model):
    bias = model.predict(np.zeros((1, 2)), verbose=0)[0]  # (units,)
    kernel = model.predict(np.eye(2), verbose=0) - bias  # (features, units)
    return kernel, bias


for units in (3, 2):
    inputs = keras.Input(shape=(2,))
    layer = keras.layers.Dense(units, bias_initializer="normal")
    unknown = keras.Model(inputs, layer(inputs))
    found_kernel, found_bias = weights_of(unknown)
    held_kernel, held_bias = layer.get_weights()
    np.testing.assert_allclose(found_kernel, held_kernel, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(found_bias, held_bias, rtol=1e-4, atol=1e-4)
