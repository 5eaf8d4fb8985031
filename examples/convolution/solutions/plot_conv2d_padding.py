"""Conv2D padding: hints and solutions."""

# %%
# The formulas for m stand at the top. ``//`` rounds down, ``np.ceil`` up.


def size_of(n, k, s, padding):
    return int(np.ceil(n / s)) if padding == "same" else (n - k) // s + 1


for n, k, s in [(7, 3, 2), (9, 4, 3), (10, 2, 1), (5, 5, 4)]:
    for padding in ("same", "valid"):
        image = np.ones((1, n, n, 1))
        made = conv2d(image, np.ones((k, k, 1, 1)), strides=s, padding=padding)
        assert size_of(n, k, s, padding) == made.shape[1]

# %%
# If no pixel is left over, the last patch ends with the image. It begins m - 1
# strides after the first.


def kernel_of(n, m, s):
    return n - (m - 1) * s


for n, m, s in [(227, 55, 4), (9, 4, 2), (12, 3, 5)]:
    k = kernel_of(n, m, s)
    assert (n - k) // s + 1 == m and (n - k) % s == 0
