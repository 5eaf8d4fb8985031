"""Dropout: hints and solutions."""

# %%
# ``np.random.default_rng(0).random(10_000)`` draws numbers between 0 and 1.
# Which of them are below 0.25?

yours = np.random.default_rng(0).random(10_000) < 0.25
dropped = dropout(np.ones(10_000), yours, rate=0.75)
assert abs(np.mean(dropped) - 1) < 0.12 and np.max(dropped) == 4

# %%
# Keras multiplies by 1 / (1 - rate) in training. The paper does the opposite,
# later.

factor = 1 - 0.75
assert np.allclose(mask * x, factor * y)
