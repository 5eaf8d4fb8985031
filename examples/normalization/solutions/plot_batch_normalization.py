"""BatchNormalization: hints and solutions."""

# %%
# Multiply out the brackets in the equation. What stands before ``x``, and what
# is left? (So a convolution before this layer can do its work: its kernel takes
# the factor, and its bias the shift.)

factor = gamma / deviation  # (channels,)
shift = beta - factor * mean
assert np.allclose(factor * x + shift, y, rtol=1e-4, atol=1e-4)

# %%
# Before gamma and beta, there is ``(x - mean) / deviation``. What turns it back
# into ``x``? (So the layer can do nothing at all, if that is best.)

layer.set_weights([deviation, mean, mean, variance])
np.testing.assert_allclose(model.predict(x), x, rtol=1e-4, atol=1e-4)
