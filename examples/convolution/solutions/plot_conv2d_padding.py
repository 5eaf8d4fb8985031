"""Conv2D padding: hints and solutions."""

# %%
# Keras has to need two zeros, one for each side. With s = 2 and k = 3 that is
# 2 m + 1 - n = 2, where m is n / 2, rounded up.

agree = [n for n in range(1, 21) if same_padding(n, 3, 2) == (1, 1)]
sizes = np.arange(1, 21, 2)  # the odd numbers
np.testing.assert_array_equal(sizes, agree)

# %%
# No pixel is left over where 227 - k is 54 steps of 4.

k = 227 - 54 * 4
assert (227 - k) // 4 + 1 == 55 and (227 - k) % 4 == 0
