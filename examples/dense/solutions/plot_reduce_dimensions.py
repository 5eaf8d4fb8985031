"""Dense on the last axis: hints and solutions."""

# %%
# A letter that is missing behind the arrow is summed over. Which one is it? And
# don't forget the bias.

yours = np.einsum("bsf,fu->bsu", x, kernel) + bias
np.testing.assert_array_equal(yours, y)

# %%
# ``image[::-1]`` has its rows from bottom to top. Does the layer know where a
# pixel is?

grey = np.array([[0.299], [0.587], [0.114]])  # (features, units)
first = image[::-1] @ grey
second = (image @ grey)[::-1]
# They are equal as the layer turns each pixel grey, wherever that pixel is.
np.testing.assert_allclose(first, second)
