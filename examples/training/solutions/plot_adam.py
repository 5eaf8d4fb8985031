"""Adam: hints and solutions."""

# %%
# An average that forgets everything at once is the last number itself. What is
# a number divided by the root of its square?

beta = 0.0
last = keras_adam(gradients, beta_1=beta, beta_2=beta)[-1]
assert np.allclose(last, [-0.006, -0.006, 0], atol=1e-6)

# %%
# In the first step ``v`` is ``0.001 * small**2``. The step is halved where the
# root of it is as large as epsilon.

small = 1e-7 / np.sqrt(0.001)
assert np.isclose(keras_adam([[small] * 3])[0, 0], -0.0005, rtol=1e-3)
