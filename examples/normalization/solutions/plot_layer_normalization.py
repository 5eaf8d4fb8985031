"""LayerNormalization: hints and solutions."""

# %%
# gamma has to bring back what the layer divides by, beta what it subtracts.

word = x[0, 2]
gamma_x = np.sqrt(np.var(word) + 1e-5)
beta_x = np.mean(word)
np.testing.assert_allclose(normalize(x[0, 2], gamma_x, beta_x), x[0, 2], 1e-4)
