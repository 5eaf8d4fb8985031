"""Adam: a hint and a solution."""

# %%
# With t = 1, ``m`` is a tenth of the gradient and ``v`` a thousandth of its
# square. Put these into the formula. What is left of the gradient?


def first_step(gradient, rate):
    return -rate * np.sign(gradient)


for gradient in (-5, 0.02, 300):
    w = adam(np.zeros(1), np.array([gradient]), None, t=1, learning_rate=0.5)[0]
    np.testing.assert_allclose(first_step(gradient, 0.5), w[0], rtol=1e-3)
