"""Dense with its default bias: hints and solutions."""

# %%
# What is the output without a bias? What must be added to each of its entries?

shift = -x_train[0] @ kernel_trained  # (units,)
assert np.allclose(x_train[0] @ kernel_trained + shift, 0)

# %%
# ``np.column_stack`` puts columns side by side, and ``np.vstack`` puts rows on
# top of one another. What is the new feature multiplied by?

wide = np.column_stack([x_train, np.ones(10)])  # (batch, features + 1)
tall = np.vstack([kernel_trained, bias_trained])  # (features + 1, units)
assert np.allclose(wide @ tall, y_trained, rtol=1e-4, atol=1e-4)
