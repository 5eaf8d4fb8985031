"""Embedding: hints and solutions."""

# %%
# ``one_hot`` has a 1 for each place of a text. Over which axis do you add up?

counts = one_hot.sum(axis=1)  # (batch, input_dim)
np.testing.assert_array_equal(counts @ embeddings, y.sum(1))

# %%
# The input of that ``Dense`` layer is ``one_hot``, with its ten rows in one
# matrix. The gradient of a kernel is the input, transposed, times ``g``.

g = rng.integers(-9, 10, size=(10, 3))  # (batch * steps, output_dim)
rows = one_hot.reshape(10, 6)  # (batch * steps, input_dim)
gradient = rows.T @ g  # (input_dim, output_dim)
np.testing.assert_array_equal(gradient[2], g[[0, 3, 5]].sum(0))
